"""From measurements to outcomes, and from outcomes to one exit code."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.outcomes import Outcome, Status, judge, measure
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import conclude, downgrade
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import SINKS, CounterSink, GaugeSink, Kind, RateSink


def threshold(text, kind=Kind.TREND, **options):
    """Return a threshold on ``m``."""
    return Threshold(parse_selector("m"), parse_assertion(text), kind, **options)


def trend(*values):
    """Return a histogram of the values."""
    found = Histogram()
    for value in values:
        found.record(value)
    return found


def gauge(value):
    """Return a gauge that was read once."""
    found = GaugeSink()
    found.set(1.0, value)
    return found


MEASURES = [
    ("a percentile", "p(50)<1", trend(1, 2, 3, 4), 0, (2, 4)),
    ("the median", "med<1", trend(1, 2, 3), 0, (2, 3)),
    ("the mean", "avg<1", trend(1, 2, 6), 0, (3, 3)),
    ("the minimum", "min<1", trend(1, 2), 0, (1, 2)),
    ("the maximum", "max<1", trend(1, 2), 0, (2, 2)),
    ("how many", "count<1", trend(1, 2), 0, (2, 2)),
    ("a trend of nothing", "avg<1", trend(), 0, (None, 0)),
    ("no count of nothing", "count<1", trend(), 0, (None, 0)),
    ("a rate", "rate<1", RateSink(1, 4), 0, (0.25, 4)),
    ("a rate of nothing", "rate<1", RateSink(), 0, (None, 0)),
    ("a counter's sum", "count<1", CounterSink(30, 3), 10, (30, 3)),
    ("a counter's rate is over its own time", "rate<1", CounterSink(30, 3), 10, (3, 3)),
    ("a counter that says 0", "count<1", CounterSink(0, 1), 10, (0, 1)),
    ("a counter that was listened to, and never stepped", "count<1", CounterSink(seen=True), 10, (0, 1)),
    ("an untouched counter", "count<1", CounterSink(), 10, (None, 0)),
    ("a rate over no time", "rate<1", CounterSink(30, 3), 0, (None, 3)),
    ("a gauge", "value<1", gauge(-3), 0, (-3, 1)),
    ("a gauge that was never read", "value<1", GaugeSink(), 0, (None, 0)),
]


@pytest.mark.parametrize("text, sink, seconds, expected", [r[1:] for r in MEASURES], ids=[r[0] for r in MEASURES])
def test_measure(text, sink, seconds, expected):
    """A measurement is the value that the assertion is about, and the samples behind it."""
    assert expected == pytest.approx(measure(parse_assertion(text), sink, seconds))


OPERATORS = [
    ("<", (True, False, False)),
    ("<=", (True, True, False)),
    (">", (False, False, True)),
    (">=", (False, True, True)),
    ("==", (False, True, False)),
    ("===", (False, True, False)),
    ("!=", (True, False, True)),
]


@pytest.mark.parametrize("operator, below_at_above", OPERATORS, ids=[row[0] for row in OPERATORS])
def test_operators(operator, below_at_above):
    """Each operator compares the value with the bound, and nothing is rounded in between."""
    found = [judge(threshold(f"value{operator}5", Kind.GAUGE), gauge(v), 0).status for v in (4.999, 5, 5.001)]
    assert [Status.PASSED if holds else Status.FAILED for holds in below_at_above] == found


HUNDRED = trend(*range(1, 101))
JUDGED = [
    ("enough and good", threshold("p(99)<200"), HUNDRED, False, Status.PASSED, ""),
    ("enough and bad", threshold("p(99)<50"), HUNDRED, False, Status.FAILED, ""),
    ("no samples", threshold("p(99)<200"), trend(), False, Status.INCONCLUSIVE, "no samples"),
    (
        "too few for the quantile",
        threshold("p(99)<200"),
        trend(1),
        False,
        Status.INCONCLUSIVE,
        "only 1 sample; needs 100",
    ),
    ("too few and bad", threshold("p(99)<200"), trend(999), False, Status.INCONCLUSIVE, "only 1 sample; needs 100"),
    ("p99.9 of 100", threshold("p(99.9)<200"), HUNDRED, False, Status.INCONCLUSIVE, "only 100 samples; needs 1000"),
    ("fewer than asked", threshold("avg<200", min_samples=101), HUNDRED, False, Status.INCONCLUSIVE, "needs 101"),
    ("lumped and good", threshold("p(99)<200"), HUNDRED, True, Status.INCONCLUSIVE, "too many different tags"),
    ("lumped and bad", threshold("p(99)<50"), HUNDRED, True, Status.FAILED, ""),
    ("optional and absent", threshold("p(99)<200", optional=True), trend(), False, Status.PASSED, "no samples"),
    ("optional but too few", threshold("p(99)<200", optional=True), trend(1), False, Status.INCONCLUSIVE, "needs 100"),
    ("optional and bad", threshold("p(99)<50", optional=True), HUNDRED, False, Status.FAILED, ""),
    ("optional and lumped", threshold("p(99)<200", optional=True), HUNDRED, True, Status.INCONCLUSIVE, "too many"),
    (
        "optional, there, but without time for a rate",
        threshold("rate>1", Kind.COUNTER, optional=True),
        CounterSink(5, 5),
        False,
        Status.INCONCLUSIVE,
        "no time",
    ),
]


@pytest.mark.parametrize("rule, sink, blind, status, reason", [r[1:] for r in JUDGED], ids=[r[0] for r in JUDGED])
def test_judge(rule, sink, blind, status, reason):
    """Only evidence passes; what is not plainly passed or failed says why."""
    outcome = judge(rule, sink, 0, blind=blind)
    assert status is outcome.status
    assert reason in outcome.reason
    assert bool(reason) == bool(outcome.reason)


@given(
    st.sampled_from(
        [("p(95)<5", Kind.TREND), ("rate<0.5", Kind.RATE), ("count>=0", Kind.COUNTER), ("value<5", Kind.GAUGE)]
    ),
    st.booleans(),
)
def test_no_samples_never_pass(rule, blind):
    """Whatever the metric and the bound, an empty series is inconclusive unless it is optional."""
    text, kind = rule
    assert judge(threshold(text, kind), SINKS[kind](), 10, blind=blind).status is Status.INCONCLUSIVE
    assert judge(threshold(text, kind, optional=True), SINKS[kind](), 10, blind=blind).status is Status.PASSED


def outcome(status, reason=""):
    """Return an outcome."""
    return Outcome(threshold("p(95)<400"), Status(status), 1.0, 100, reason)


STATUSES = [chosen for size in range(3) for chosen in itertools.combinations_with_replacement(Status, size)]
CIRCUMSTANCES = {
    "configuration_errors": (0, 1),
    "safety_stop": ("", "the kill switch"),
    "user_errors": (0, 1),
    "incomplete": ((), ("worker w was lost",)),
    "lag": (None, 100.0, 100.1),
    "signal": ("", "SIGTERM"),
    "failed_requests": (0, 1),
    "stock_exit_code": (0, 1, 7),
}
DRIFTS = {
    "drifting": ((), ("it rises",)),
    "unwatched": ((), ("too few samples",)),
    "undrifted": (0, 2),
}


def table(outcomes, found):
    """Return the first applicable row of the design's table, said a second time in plain words."""
    statuses = {each.status for each in outcomes}
    judged = bool(outcomes or found.drifting or found.unwatched or found.undrifted)
    stock = found.stock_exit_code if found.failed_requests and not judged else 0
    lagging = judged and (found.lag or 0) > 100
    rows = [
        (104, "error", found.configuration_errors > 0),
        (108, "aborted", found.safety_stop != ""),
        (99, "failed", Status.FAILED in statuses or found.drifting != ()),
        (107, "error", found.user_errors > 0),
        (111, "inconclusive", found.incomplete != () or lagging or Status.INCONCLUSIVE in statuses),
        (111, "inconclusive", found.unwatched != ()),
        (105, "aborted", found.signal != ""),
        (stock, "failed", stock != 0),
        (0, "passed", True),
    ]
    return next((code, word) for code, word, applies in rows if applies)


@pytest.mark.parametrize("statuses", STATUSES, ids=lambda statuses: " and ".join(statuses) or "no thresholds")
def test_the_first_applicable_row_wins(statuses):
    """With every combination of circumstances, the verdict is the first row of the table that applies."""
    outcomes = [outcome(status) for status in statuses]
    for values in itertools.product(*CIRCUMSTANCES.values()):
        found = RunHealth(**dict(zip(CIRCUMSTANCES, values, strict=True)))
        verdict = conclude(outcomes, found)
        assert table(outcomes, found) == (verdict.exit_code, verdict.word), found
        assert verdict.reason


@pytest.mark.parametrize("statuses", [(), *((status,) for status in Status)], ids=str)
@pytest.mark.parametrize("drifts", list(itertools.product(*DRIFTS.values())), ids=str)
def test_drifts_have_their_place_in_the_table(statuses, drifts):
    """What drifts fails before all that is in doubt; what could not be judged is never a pass."""
    outcomes = [outcome(status) for status in statuses]
    for values in itertools.product(*CIRCUMSTANCES.values()):
        given_ = dict(zip(CIRCUMSTANCES, values, strict=True)) | dict(zip(DRIFTS, drifts, strict=True))
        verdict = conclude(outcomes, RunHealth(**given_))
        assert table(outcomes, RunHealth(**given_)) == (verdict.exit_code, verdict.word), given_
        assert verdict.reason


NEVER = [
    ("incomplete", {"incomplete": ("worker w was lost",)}, "worker w was lost"),
    ("a generator that could not keep up", {"lag": 100.1}, "could not keep up"),
    ("a generator that smeared the storm", {"storm_lag": 100.1}, "smeared the storm"),
]


@pytest.mark.parametrize("given_, reason", [row[1:] for row in NEVER], ids=[row[0] for row in NEVER])
def test_never_a_pass(given_, reason):
    """A run that proves nothing makes every pass inconclusive, and leaves a failure a failure."""
    reasons = doubts(RunHealth(**given_))
    passed, failed = downgrade([outcome("passed"), outcome("failed")], reasons)
    assert (passed.status, failed.status) == (Status.INCONCLUSIVE, Status.FAILED)
    assert "in doubt" in passed.reason
    verdict = conclude([passed], RunHealth(**given_))
    assert verdict.exit_code == 111
    assert reason in verdict.reason
    assert conclude([failed], RunHealth(**given_)).exit_code == 99


NOT_JUDGED = [
    ("incomplete", {"incomplete": ("worker w was lost",)}, 111),
    ("a lag", {"lag": 100.1}, 0),
]


@pytest.mark.parametrize("given_, code", [row[1:] for row in NOT_JUDGED], ids=[row[0] for row in NOT_JUDGED])
def test_without_thresholds(given_, code):
    """Where nothing is judged, a lagging generator spoils no verdict; a run with holes is still inconclusive."""
    assert code == conclude([], RunHealth(**given_)).exit_code


@pytest.mark.parametrize("lag", [None, 0.0, 100.0], ids=str)
def test_a_lag_up_to_the_limit_is_no_doubt(lag):
    """100 ms is still good, and no lag at all is none."""
    assert doubts(RunHealth(lag=lag)) == []
    assert downgrade([outcome("passed")], []) == [outcome("passed")]


REASONS = [
    ("all passed", [outcome("passed")] * 2, {}, "2 thresholds passed"),
    ("no thresholds", [], {}, "nothing was judged"),
    ("one failed", [outcome("passed"), outcome("failed")], {}, "1 of 2 thresholds failed: m: p(95)<400 (1, limit 400)"),
    (
        "all that failed are named",
        [outcome("failed"), outcome("passed"), outcome("failed", "at level-2")],
        {},
        "2 of 3 thresholds failed: m: p(95)<400 (1, limit 400); m: p(95)<400 (1, limit 400; at level-2)",
    ),
    ("of very many the others are counted", [outcome("failed")] * 47, {}, "(1, limit 400); and 37 more"),
    ("of many that are unclear, too", [outcome("inconclusive", "why")] * 5, {}, "(1, limit 400; why); and 2 more"),
    (
        "unclear",
        [outcome("inconclusive", "no samples")],
        {},
        "1 of 1 threshold inconclusive: m: p(95)<400 (1, limit 400; no samples)",
    ),
    ("a drift", [], {"drifting": ("a: rises", "b: rises")}, "2 drifts: a: rises"),
    ("a drift beside a threshold", [outcome("failed")], {"drifting": ("a: rises",)}, "; 1 drift: a: rises"),
    ("no drift", [], {"undrifted": 2}, "2 figures without drift"),
    ("no drift, and a threshold", [outcome("passed")], {"undrifted": 1}, "1 threshold passed, 1 figure without drift"),
    ("not to be judged", [], {"unwatched": ("a: too few", "b"), "undrifted": 1}, "drift: a: too few"),
    ("a signal", [], {"signal": "SIGINT"}, "stopped by SIGINT before its end"),
    ("failed requests", [], {"failed_requests": 3}, "3 requests failed"),
    ("user code", [outcome("passed")], {"user_errors": 2}, "user code raised 2 exceptions"),
]


@pytest.mark.parametrize("outcomes, found, reason", [row[1:] for row in REASONS], ids=[row[0] for row in REASONS])
def test_reasons(outcomes, found, reason):
    """The verdict explains itself in one sentence that names the first culprit."""
    assert reason in conclude(outcomes, RunHealth(**found)).reason


BY = "a listener of the locustfile set that"
THEIRS = [
    (
        "theirs is red, ours green",
        ["passed"],
        {"theirs": 1},
        ("passed", 1),
        f"1 threshold passed, but the process ends with 1: {BY}",
    ),
    ("both green", ["passed"], {"theirs": 0}, ("passed", 0), "1 threshold passed"),
    ("ours is red", ["failed"], {"theirs": 0}, ("failed", 99), "1 of 1 threshold failed"),
    ("both red: ours", ["failed"], {"theirs": 1}, ("failed", 99), "1 of 1 threshold failed"),
    (
        "a baseline judges, theirs is red",
        [],
        {"theirs": 3, "compared": 2},
        ("passed", 3),
        "2 figures no worse than before, but the process ends with 3",
    ),
    (
        "nothing judges: theirs, red",
        [],
        {"theirs": 4},
        ("failed", 4),
        f"there are no thresholds: nothing was judged; the process ends with 4: {BY}",
    ),
    (
        "nothing judges: theirs, green, although requests failed",
        [],
        {"theirs": 0, "failed_requests": 9},
        ("passed", 0),
        "there are no thresholds",
    ),
    (
        "nothing judges, and a safety stop: ours",
        [],
        {"theirs": 0, "safety_stop": "the kill switch"},
        ("aborted", 108),
        "the kill switch",
    ),
    (
        "user code ended the process",
        ["passed"],
        {"ended_by": "sys.exit(0) (a.py:3)", "theirs": 0},
        ("error", 107),
        "user code ended the process: sys.exit(0) (a.py:3)",
    ),
    ("a failure wins over that", ["failed"], {"ended_by": "sys.exit(0)", "theirs": 0}, ("failed", 99), "1 of 1"),
    (
        "nothing judges, user code ended it",
        [],
        {"ended_by": "sys.exit(3)", "theirs": 3, "theirs_by": "sys.exit(3)"},
        ("failed", 3),
        "there are no",
    ),
    (
        "an exception that Locust never sees",
        ["passed"],
        {"user_errors": 1, "unseen_errors": 1, "first_error": "KeyError: 1"},
        ("error", 107),
        "user code raised 1 exception: KeyError: 1",
    ),
    (
        "many",
        ["passed"],
        {"user_errors": 2, "first_error": "KeyError: 1"},
        ("error", 107),
        "user code raised 2 exceptions, the first: KeyError: 1",
    ),
    (
        "nothing judges, and Locust never sees it",
        [],
        {"user_errors": 1, "unseen_errors": 1},
        ("passed", 0),
        "there are no thresholds",
    ),
    ("no run began", ["passed"], {"no_run": "no run began"}, ("inconclusive", 111), "no run began"),
    ("nothing judges, and no run began", [], {"no_run": "no run began"}, ("passed", 0), "there are no thresholds"),
]


@pytest.mark.parametrize(
    "statuses, given_, verdict, reason", [row[1:] for row in THEIRS], ids=[row[0] for row in THEIRS]
)
def test_whose_exit_code_it_is(statuses, given_, verdict, reason):
    """Ours where it is not 0, else theirs, else Locust's; and the reason says whose it was."""
    found = conclude([outcome(status) for status in statuses], RunHealth(**given_))
    assert (found.word, found.exit_code) == verdict
    assert found.reason.startswith(reason)


def test_every_pair_of_statuses():
    """A failure outweighs what is unclear, which outweighs a pass, in any order."""
    weight = {Status.PASSED: 0, Status.INCONCLUSIVE: 111, Status.FAILED: 99}
    order = [Status.PASSED, Status.INCONCLUSIVE, Status.FAILED]
    for one, other in itertools.product(order, repeat=2):
        worst = max(one, other, key=order.index)
        assert weight[worst] == conclude([outcome(one), outcome(other)], RunHealth()).exit_code


BESIDE = [
    ("a regression", [], {"regressions": ("p99 1.5 times",), "compared": 7}, 99, "1 regression: p99 1.5 times"),
    (
        "a threshold and regressions",
        ["failed"],
        {"regressions": ("the worst", "another")},
        99,
        "1 of 1 threshold failed: m: p(95)<400 (1, limit 400); 2 regressions: the worst",
    ),
    ("nothing to compare with", [], {"uncompared": ("0 runs",)}, 111, "baseline: 0 runs"),
    ("a failure wins over nothing to compare with", ["failed"], {"uncompared": ("0 runs",)}, 99, "1 of 1 threshold"),
    ("a lag puts a comparison in doubt", [], {"compared": 3, "lag": 100.1}, 111, "the load generator could not"),
    ("figures no worse", [], {"compared": 3}, 0, "3 figures no worse than before"),
    ("both", ["passed"], {"compared": 1}, 0, "1 threshold passed, 1 figure no worse than before"),
]


@pytest.mark.parametrize("statuses, given_, code, reason", [row[1:] for row in BESIDE], ids=[row[0] for row in BESIDE])
def test_beside_the_runs_before(statuses, given_, code, reason):
    """A regression fails like a threshold, and a missing comparison is inconclusive."""
    verdict = conclude([outcome(status) for status in statuses], RunHealth(**given_))
    assert verdict.exit_code == code
    assert verdict.reason.startswith(reason)
