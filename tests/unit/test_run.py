"""One run, from its start to its result, with times that are handed in."""

import pytest

from locust_ext.config.plan import Plan
from locust_ext.gates.figures import Snapshot
from locust_ext.gates.outcomes import Status
from locust_ext.gates.policy import Policy
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.load.profiles import Smoke
from locust_ext.load.quota_state import QuotaState
from locust_ext.load.schedule import Phase
from locust_ext.load.stress import Stress
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.reports import compared as comparing
from locust_ext.run import conclusion
from locust_ext.run.conclusion import Ending
from locust_ext.run.context import RunContext
from locust_ext.run.run import Run
from locust_ext.safety.redaction import Redaction

BEGAN = 1000.0


def threshold(selector, text, **options):
    """Return a threshold on a built-in metric."""
    chosen = parse_selector(selector)
    return Threshold(chosen, parse_assertion(text), BUILT_IN[chosen.metric].kind, **options)


def rows(metric, values, **tags):
    """Return rows of a trend."""
    store = Store()
    for value in values:
        store.leaf(metric, tags_of(tags), Kind.TREND).record(value)
    return store.take()


def run(*thresholds, profile=None):
    """Return a run that has just begun."""
    return Run(
        Plan("feed", thresholds=thresholds, profile=profile), {"git_sha": "x"}, "2026-11-23T00:00:00", BEGAN, "r1"
    )


def report(under_way, sequence, found, at, worker="w", of="r1"):
    """Hand a worker's report to the run."""
    under_way.receive(worker, {"run": of, "sequence": sequence, "rows": found}, BEGAN + at)


P95 = threshold("http_req_duration", "p(95)<400")
GOOD, BAD = rows("http_req_duration", [10.0] * 20), rows("http_req_duration", [900.0] * 20)


def ended(under_way, at=60):
    """End the run, its worker in time, and return its result."""
    under_way.ended = BEGAN + at
    under_way.ledger.finish("w", BEGAN + at)
    return under_way.result(BEGAN + at + 5, Ending())


def test_a_good_run():
    """With all reports and good figures the run passes, complete, with its tags and its length."""
    under_way = run(P95)
    report(under_way, 1, GOOD, 3)
    result = ended(under_way)
    assert (result.verdict.word, result.complete, result.duration, result.workers) == ("passed", True, 60, 1)
    assert result.tags == {"git_sha": "x"}
    assert result.series[0].count == 20


RECEIVED = [
    ("once", [(1, "r1")], 20),
    ("the same again", [(1, "r1"), (1, "r1")], 20),
    ("the next", [(1, "r1"), (2, "r1")], 40),
    ("of another run", [(1, "r1"), (2, "r0")], 20),
]


@pytest.mark.parametrize("reports, count", [row[1:] for row in RECEIVED], ids=[row[0] for row in RECEIVED])
def test_receive(reports, count):
    """A report counts once, and only in its own run."""
    under_way = run(P95)
    for sequence, of in reports:
        report(under_way, sequence, GOOD, 3, of=of)
    assert count == under_way.outcomes(BEGAN + 10)[0].count


INCOMPLETE = [
    ("a lost worker", lambda r: r.ledger.enrol(["w2"]), "worker w2 was lost"),
    ("a mute worker", lambda r: r.receive("w2", None, BEGAN), "worker w2 sent no measurements"),
    ("a gap", lambda r: report(r, 4, GOOD, 5), "2 of its reports are missing"),
    ("a lagging generator", lambda r: report(r, 2, rows("generator_lag", [500.0]), 5), "could not keep up"),
]


@pytest.mark.parametrize("happens, reason", [row[1:] for row in INCOMPLETE], ids=[row[0] for row in INCOMPLETE])
def test_what_proves_nothing(happens, reason):
    """A run with holes, or whose generator lagged, is inconclusive, and says why in verdict and warnings."""
    under_way = run(P95)
    report(under_way, 1, GOOD, 3)
    happens(under_way)
    result = ended(under_way)
    assert (result.verdict.exit_code, result.outcomes[0].status) == (111, Status.INCONCLUSIVE)
    assert reason in result.verdict.reason
    assert any(reason in warning for warning in result.warnings)


def test_a_bad_run_with_holes_fails():
    """What is incomplete can fail."""
    under_way = run(P95)
    report(under_way, 1, BAD, 3)
    under_way.ledger.enrol(["w2"])
    result = ended(under_way)
    assert (result.verdict.exit_code, result.complete) == (99, False)


BREACHES = [
    ("a bad figure that aborts", threshold("http_req_duration", "p(95)<400", abort_on_fail=True), BAD, 5, True),
    ("a bad figure that does not", P95, BAD, 5, False),
    ("a good one", threshold("http_req_duration", "p(95)<400", abort_on_fail=True), GOOD, 5, False),
    ("too early", threshold("http_req_duration", "p(95)<400", abort_on_fail=True, delay_abort=10.0), BAD, 9.9, False),
    ("late enough", threshold("http_req_duration", "p(95)<400", abort_on_fail=True, delay_abort=10.0), BAD, 10, True),
]


@pytest.mark.parametrize("rule, measured, at, breaks", [row[1:] for row in BREACHES], ids=[row[0] for row in BREACHES])
def test_breach(rule, measured, at, breaks):
    """A threshold ends the run when it has failed, may, and its delay is over."""
    under_way = run(rule)
    report(under_way, 1, measured, 1)
    reason = under_way.breach(under_way.outcomes(BEGAN + at), BEGAN + at)
    assert breaks == bool(reason)
    assert not breaks or "p(95)<400 was 900" in reason


STRESS = Stress(start_users=10, step_users=10, step=60.0, max_users=30)


def test_a_level_that_breaks_begins_the_search():
    """A level's failure counts once the level has settled; the cliff is a finding and a failed outcome."""
    under_way = run(P95, profile=STRESS)
    under_way.enter_phase("level-10", BEGAN)
    report(under_way, 1, rows("http_req_duration", [10.0] * 2000, phase="level-10"), 50)
    assert under_way.seek(50, BEGAN + 50) is None
    under_way.enter_phase("level-20", BEGAN + 60)
    report(under_way, 2, rows("http_req_duration", [900.0] * 20, phase="level-20"), 61)
    assert under_way.seek(71, BEGAN + 71) is None
    schedule = under_way.seek(72, BEGAN + 72)
    assert [phase.name for phase in schedule.phases[:4]] == ["level-10", "level-20", "rest-1", "level-15"]
    assert under_way.seek(73, BEGAN + 73) is None, "a break changes the schedule once"
    result = ended(under_way, 72)
    assert result.verdict.exit_code == 99
    assert result.findings[0].figures["last_good"] == "level-10"
    assert result.findings[0].figures["first_bad"] == "level-20"


def test_only_the_threshold_that_broke_a_level_has_failed_there():
    """Others keep what they were: one of the same words elsewhere, and one of other words in the same place."""
    elsewhere = threshold("http_req_duration{name:/a}", "p(95)<400")
    other = threshold("http_req_duration", "p(95)<5000")
    under_way = run(P95, elsewhere, other, profile=STRESS)
    under_way.enter_phase("level-10", BEGAN)
    report(under_way, 1, rows("http_req_duration", [10.0] * 2000, phase="level-10", name="/a"), 50)
    under_way.enter_phase("level-20", BEGAN + 60)
    report(under_way, 2, rows("http_req_duration", [900.0] * 20, phase="level-20", name="/b"), 61)
    under_way.seek(72, BEGAN + 72)
    found = {str(outcome.threshold): outcome for outcome in ended(under_way, 72).outcomes}
    assert {name: (one.status, one.reason) for name, one in found.items()} == {
        str(P95): (Status.FAILED, "at level-20"),
        str(elsewhere): (Status.PASSED, ""),
        str(other): (Status.PASSED, ""),
    }


def test_phases():
    """Phases follow one another, the last one as long as it has lasted; before any there is none."""
    under_way = run()
    assert (under_way.phase, under_way.phases(BEGAN + 5)) == ("", ())
    under_way.enter_phase("warmup", BEGAN)
    assert under_way.phase == "warmup"
    under_way.enter_phase("surge", BEGAN + 30)
    assert under_way.phase == "surge"
    assert under_way.phases(BEGAN + 45) == (Phase("warmup", 0, 30), Phase("surge", 30, 45))


def test_a_phase_that_comes_twice_has_the_time_of_both():
    """A counter's rate in a phase is over all the time that the run was in it."""
    under_way = run(threshold("http_reqs{phase:a}", "rate>0"))
    for name, at in (("a", 0), ("b", 10), ("a", 20)):
        under_way.enter_phase(name, BEGAN + at)
    store = Store()
    store.leaf("http_reqs", tags_of({"phase": "a"}), Kind.COUNTER).add(40)
    report(under_way, 1, store.take(), 25)
    assert under_way.outcomes(BEGAN + 30)[0].value == 2


def test_time_stands_still_after_the_end():
    """However late the result is asked for, the run was as long as it was, and never shorter than nothing."""
    under_way = run()
    assert under_way.at(BEGAN - 5) == 0
    under_way.ended = BEGAN + 60
    assert under_way.at(BEGAN + 500) == 60


def test_an_abort_is_a_finding():
    """A run that a threshold has ended says so."""
    under_way = run(P95)
    under_way.abort = "because"
    assert [(f.kind, f.text) for f in ended(under_way).findings] == [("aborted", "because")]


def test_what_the_outside_says():
    """Signals, user errors and failed requests reach the verdict."""
    endings = [Ending(signal="SIGTERM"), Ending(user_errors=1), Ending(failed_requests=1, stock_exit_code=3), Ending()]
    assert [run().result(BEGAN, ending).verdict.exit_code for ending in endings] == [105, 107, 3, 0]


EASIER = "thresholds were taken away in the web UI"


@pytest.mark.parametrize("ending, reserved", [(Ending(), True), (Ending(user_errors=1), False)], ids=["passed", "not"])
def test_a_pass_with_a_reservation(ending, reserved):
    """It says it in its one sentence, which stands everywhere."""
    plan = Plan("feed")
    under_way = Run(plan, {}, "2026-11-23T00:00:00", BEGAN, "r1", RunContext(reservation=EASIER))
    under_way.ended = BEGAN + 60
    verdict = under_way.result(BEGAN + 65, ending).verdict
    assert (EASIER in verdict.reason) is reserved


BEFORE = [
    Snapshot(f"b{number}", f"2026-11-22T0{number}", {"workers": "1"}, 60.0, (), Store()) for number in range(1, 4)
]
for _before in BEFORE:
    _leaf = _before.store.leaf("http_req_duration", tags_of({"name": "/feed?token=***", "method": "GET"}), Kind.TREND)
    _leaf.record_all([10.0 + number * 0.01 for number in range(1200)])


def compared(factor, *, lag=(), ending=None, optional=False, before=BEFORE):
    """Return the result of a run whose requests took so many times 10 ms, beside three runs before it."""
    plan = Plan("feed", thresholds=(P95,), baseline="runs", policy=Policy(optional=optional))
    around = RunContext(before=before, unreadable=["x: it was cut off"], warnings=["mind"], redaction=Redaction())
    under_way = Run(plan, {}, "2026-11-23T00:00:00", BEGAN, "r1", around)
    values = [(10.0 + number * 0.01) * factor for number in range(1200)]
    report(under_way, 1, rows("http_req_duration", values, name="/feed?token=abcdefg", method="GET"), 3)
    report(under_way, 2, rows("generator_lag", lag), 6)
    under_way.look(10, 50, BEGAN + 6)
    under_way.ended = BEGAN + 60
    under_way.ledger.finish("w", BEGAN + 60)
    return under_way.result(BEGAN + 65, ending or Ending())


COMPARED = [
    ("as before", {"factor": 1.0}, 0, "1 threshold passed", Status.PASSED),
    ("slower", {"factor": 2.0}, 99, "2 regressions: http_req_duration", Status.FAILED),
    ("a generator in doubt shows no regression", {"factor": 2.0, "lag": [500.0] * 99}, 111, "", Status.INCONCLUSIVE),
    ("no earlier run", {"factor": 2.0, "before": []}, 111, "baseline: 0 runs to compare with", Status.INCONCLUSIVE),
    ("no earlier run, and that is allowed", {"factor": 2.0, "before": [], "optional": True}, 0, "", Status.PASSED),
    ("a signal ends it uncompared", {"factor": 2.0, "ending": Ending(signal="SIGTERM")}, 105, "", None),
]


@pytest.mark.parametrize("given, code, reason, status", [row[1:] for row in COMPARED], ids=[row[0] for row in COMPARED])
def test_a_run_beside_those_before(given, code, reason, status):
    """A regression fails, too little to compare with is inconclusive, and endpoints are compared without secrets."""
    result = compared(**given)
    assert result.verdict.exit_code == code
    assert result.verdict.reason.startswith(reason) or code == 0
    assert (result.comparison.status if result.comparison else None) is status
    assert "abcdefg" not in str(result)


def test_a_compared_run_is_judged_once_and_redacted_once(monkeypatch):
    """It is compared before it is judged; nothing is judged, or hidden, a second time for it."""
    calls = []
    for module, name in ((comparing, "conclude"), (conclusion, "redacted"), (conclusion, "redacted_comparison")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, o=original, n=name: (calls.append(n), o(*given))[1])
    assert compared(2.0).verdict.exit_code == 99
    assert calls == ["redacted", "redacted_comparison", "conclude"]


def test_a_regression_hides_no_failed_requests():
    """Where the verdict speaks of the regression, a warning says which failures no threshold looks at."""
    result = compared(2.0, ending=Ending(failed_requests=3))
    assert result.verdict.reason.startswith("2 regressions")
    (unseen,) = [warning for warning in result.warnings if warning.startswith("3 requests failed")]
    alone = compared(1.0, ending=Ending(failed_requests=3))
    assert (alone.verdict.exit_code, alone.verdict.reason) == (1, unseen)
    assert unseen not in alone.warnings


def test_a_result_knows_how_it_was_made():
    """Its id, its fingerprint with the workers, its course, and what every report must say."""
    result = compared(1.0)
    assert (result.id, result.fingerprint, result.warnings) == ("r1", {"workers": "1"}, ("mind",))
    assert (result.timeline.width, result.timeline.users, sum(result.timeline.tracks[0].requests)) == (
        4,
        (None, 10),
        1200,
    )
    assert "x: it was cut off" in result.comparison.notes


def test_a_rate_divides_by_the_time_over_which_was_counted():
    """Workers that count on after the end here make no rate too high, in the last phase neither."""
    under_way = run(
        threshold("http_reqs", "rate>0"),
        threshold("http_reqs{phase:b}", "rate>0"),
        threshold("http_reqs{phase:a}", "rate>0"),
    )
    for name, at in (("a", 0), ("b", 4)):
        under_way.enter_phase(name, BEGAN + at)
        store = Store()
        store.leaf("http_reqs", tags_of({"phase": name}), Kind.COUNTER).add(80)
        report(under_way, at + 1, store.take(), at)
    under_way.ended = BEGAN + 9
    under_way.count_until(16.0)
    assert [one.value for one in under_way.outcomes(BEGAN + 20)] == [160 / 16, 80 / 12, 80 / 4]
    assert under_way.result(BEGAN + 20, Ending()).duration == 16


def test_a_run_that_was_cut_short_proves_nothing():
    """It can fail, it cannot pass."""
    under_way = run(P95)
    report(under_way, 1, GOOD, 3)
    under_way.cut_short = "the run ended after 3s of 30s, and its last worker was gone"
    result = ended(under_way, 3)
    assert (result.verdict.exit_code, result.verdict.reason) == (111, under_way.cut_short)


def still(*values):
    """Return a row of requests that are open, so old."""
    ages = Histogram()
    ages.record_all(values)
    return [["", [], "open", [["http_req_duration", [["name", "/a"]], ages.to_row()]]]]


AVG = threshold("http_req_duration", "avg<1000")
OVERDUE = [
    ("nothing is open", [P95], [], ""),
    ("younger than any bound", [P95, AVG], still(900), ""),
    ("as old as the largest bound", [P95, AVG], still(1000), ""),
    ("older", [P95, AVG], still(31_000, 900, 2_000), "2 requests open, the longest for 31 s"),
    ("older than a small bound", [P95], still(650), "1 request open, the longest for 650 ms"),
    ("a number of samples is not a bound of time", [threshold("http_req_duration", "count>5")], still(31_000), ""),
    ("nobody judges durations", [threshold("http_req_failed", "rate<0.1")], still(31_000), ""),
]


@pytest.mark.parametrize("thresholds, found, said", [row[1:] for row in OVERDUE], ids=[row[0] for row in OVERDUE])
def test_what_is_open_for_longer_than_any_threshold_allows(thresholds, found, said):
    """The progress line says how many, and for how long."""
    under_way = run(*thresholds)
    report(under_way, 1, found, 3)
    assert under_way.overdue() == said


def test_a_threshold_finds_what_processes_have_hidden():
    """A secret in a name is hidden before it is sent; a threshold that names it judges it all the same."""
    secret = Redaction(("s3cr3t-token",))
    named = threshold("http_req_duration{name:/users/s3cr3t-token,of:s3cr3t-token}", "p(95)<400")
    under_way = Run(
        Plan("feed", thresholds=(named,)), {"of": "s3cr3t-token"}, "", BEGAN, "r1", RunContext(redaction=secret)
    )
    report(under_way, 1, rows("http_req_duration", [10.0] * 20, name="/users/***"), 10)
    result = ended(under_way)
    assert (result.verdict.word, str(result.outcomes[0].threshold.selector)) == (
        "passed",
        "http_req_duration{name:/users/***,of:***}",
    )


def test_a_phase_that_iterations_did_not_need():
    """Its threshold is inconclusive, since nothing was measured; the reason is that they ended before."""
    late = threshold("http_req_duration{phase:steady}", "p(95)<400")
    under_way = run(late, profile=Smoke(users=2, duration=60.0, ramp=5.0))
    under_way.enter_phase("warmup", BEGAN)
    report(under_way, 1, rows("http_req_duration", [1.0], phase="warmup"), 2)
    under_way.ended, under_way.quotas = BEGAN + 3, (QuotaState("", 9, 9, 9),)
    (outcome,) = under_way.result(BEGAN + 3, Ending()).outcomes
    assert outcome.status is Status.INCONCLUSIVE
    assert outcome.reason == "no samples: the iterations ended before the phase steady began"


MISSING = QuotaState("", 9, 5, 5)
MISSED = "4 of 9 iterations were not begun"


@pytest.mark.parametrize(
    "ending, code", [(Ending(), 111), (Ending(signal="SIGTERM"), 105)], ids=["any end", "a signal"]
)
def test_iterations_that_are_missing(ending, code):
    """They prove nothing, unless a signal ended the run: then that is all there is to say."""
    under_way = run(threshold("http_req_failed", "rate<0.5", optional=True))
    under_way.ended, under_way.quotas = BEGAN + 60, (MISSING,)
    verdict = under_way.result(BEGAN + 60, ending).verdict
    assert verdict.exit_code == code
    assert (MISSED in verdict.reason) == (code == 111)


ERROR = {
    "metric": "http_req_failed",
    "name": "/a",
    "method": "GET",
    "what": "503",
    "count": 2,
    "first": 2.0,
    "last": 0.0,
}

TAKEN = [
    ("once", [(1, "r1", 3)], 2),
    ("the same again", [(1, "r1", 3), (1, "r1", 4)], 2),
    ("the next", [(1, "r1", 3), (2, "r1", 6)], 4),
    ("an older one, late", [(2, "r1", 6), (1, "r1", 6)], 2),
    ("of another run", [(1, "r1", 3), (2, "r0", 6)], 2),
]


@pytest.mark.parametrize("reports, count", [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_errors_come_as_reports_do(reports, count):
    """Once each, whatever becomes of the reports on their way; they stand in the run as it is, and in its result."""
    under_way = run()
    for sequence, of, at in reports:
        payload = {"run": of, "sequence": sequence, "rows": [], "errors": [ERROR]}
        under_way.receive("w", payload, BEGAN + at)
    (kind,) = under_way.errors()
    assert (kind.count, kind.first) == (count, reports[0][2] - 2.0)
    assert ended(under_way).errors == under_way.errors()


def test_errors_after_the_last_report_are_none():
    """What a worker did after it is in no figure."""
    under_way = run()
    under_way.ended = BEGAN + 5
    under_way.ledger.finish("w", BEGAN + 5)
    under_way.receive("w", {"run": "r1", "sequence": 1, "rows": [], "errors": [ERROR]}, BEGAN + 6)
    assert under_way.errors() == ()


def test_errors_are_told_without_secrets():
    """While the run lasts, too: what shows them need not think of it."""
    under_way = run()
    under_way.context = RunContext(redaction=Redaction(("hunter2",)))
    under_way.take_errors([{**ERROR, "name": "/a?token=abcdef1", "message": "hunter2"}], BEGAN + 3)
    (kind,) = under_way.errors()
    assert (kind.name, kind.message) == ("/a?token=***", "***")


def test_errors_of_this_process_that_cannot_be_read_put_the_run_in_doubt():
    """A fault of ours is said, and the run goes on."""
    under_way = run()
    under_way.take_errors([{**ERROR, "count": -1}], BEGAN + 3)
    assert under_way.errors() == ()
    assert "errors" in under_way.problems(BEGAN + 3)[0]
