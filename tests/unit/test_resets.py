"""Reset stats: the figures of a run start again here and on every worker, and its verdict gets no better by it."""

from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locust_ext.config.plan import Plan
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import CLEARED, KEY, Cleared, Final, Report
from locust_ext.measure.reporting import Reports, Reset
from locust_ext.measure.sinks import Kind
from locust_ext.run.conclusion import Ending
from locust_ext.run.context import RunContext
from locust_ext.run.resets import tell_of_resets
from locust_ext.run.run import Run
from tests.unit.judging import judging


def threshold(selector, text, kind, **more):
    """Return a threshold."""
    return Threshold(parse_selector(selector), parse_assertion(text), kind, **more)


FAST = threshold("http_req_duration", "p(50)<100", Kind.TREND)
FEW = threshold("http_reqs", "count<50", Kind.COUNTER)
RATE = threshold("http_reqs", "rate>5", Kind.COUNTER)


class Measuring:
    """A run that is measured: 20 requests at a time."""

    def __init__(self, *thresholds, **plan):
        self.recorder, self.now = Recorder(), 0.0
        self.run = Run(Plan("feed", thresholds=thresholds, **plan), {}, "2026-11-28T10:00:00+00:00", 0.0)

    def send(self, milliseconds, until, count=20):
        """Measure so many requests, told ``until`` seconds into the run."""
        for _ in range(count):
            self.recorder.on_request("GET", "/feed", milliseconds)
        self.now = until
        self.run.take(self.recorder.take(), until, 1.0)

    def reset(self):
        self.run.reset(self.now)

    def result(self):
        self.run.ended = self.now
        return self.run.result(self.now, Ending())


COURSES = [
    ("it was fast all the time", FAST, [10, "reset", 10], "passed", 0),
    ("it was slow before", FAST, [500, 500, "reset", 10], "inconclusive", 111),
    ("it was slow before, twice reset", FAST, [500, 500, 500, "reset", 10, "reset", 10], "inconclusive", 111),
    ("it was slow after", FAST, [10, 10, 10, "reset", 500], "failed", 99),
    ("nothing came after", FAST, [10, 10, "reset"], "inconclusive", 111),
    ("what is counted is counted over all of it", FEW, [10, 10, "reset", 10], "inconclusive", 111),
    ("a rate is one of the time since", RATE, [10, "reset", 10], "passed", 0),
]


@pytest.mark.parametrize("judged, course, word, code", [row[1:] for row in COURSES], ids=[row[0] for row in COURSES])
def test_the_verdict(judged, course, word, code):
    """Evidence that was cleared away from the page still counts against the run."""
    one = Measuring(judged)
    for step in course:
        if step == "reset":
            one.reset()
        else:
            one.send(step, one.now + 2)
    assert (one.result().verdict.word, one.result().verdict.exit_code) == (word, code)


@given(st.lists(st.one_of(st.just("reset"), st.integers(1, 200)), max_size=12))
@example([150, 150, "reset", 50])
@example([50, 150, 150, "reset", "reset", 50, 50])
@example(["reset"])
def test_no_reset_makes_a_run_green(course):
    """Whenever and how often somebody presses: it passes only where it would have passed without."""
    pressed, left_alone = Measuring(FAST), Measuring(FAST)
    for step in course:
        if step == "reset":
            pressed.reset()
        else:
            for one in (pressed, left_alone):
                one.send(step, one.now + 2)
    codes = [one.result().verdict.exit_code for one in (pressed, left_alone)]
    assert codes[0] or not codes[1], codes


SLOW, FINE, RESET = ("surge", 500), ("surge", 10), ("reset", 0)
LATER = ("plateau", 10)
PHASED = [
    pytest.param([FINE, LATER, RESET, LATER], 0, id="it held in its phase"),
    pytest.param([SLOW, LATER, RESET, LATER], 99, id="it failed in its phase"),
    pytest.param([SLOW, SLOW, RESET, FINE, LATER], 111, id="the reset came within its phase"),
    pytest.param([SLOW, LATER, RESET, LATER, RESET, LATER], 99, id="two resets"),
]


@pytest.mark.parametrize("course, code", PHASED)
def test_a_threshold_of_a_phase_that_was_over(course, code):
    """Stays as it was: all of it was measured before the reset, and nothing comes after."""
    one = Measuring(threshold("http_req_duration{phase:surge}", "p(50)<100", Kind.TREND))
    for phase, milliseconds in course:
        if phase == "reset":
            one.reset()
            continue
        if one.run.phase != phase:
            one.run.enter_phase(phase, one.now)
        for _ in range(20):
            one.recorder.add("http_req_duration", Kind.TREND, milliseconds, {"phase": phase})
        one.send(10, one.now + 2)
    assert one.result().verdict.exit_code == code


def test_what_is_told():
    """Series, outcomes and rates are those since the reset; the run is as long as it was, and compared with no other."""
    one = Measuring(FAST)
    one.send(90, 8, count=40)
    one.reset()
    one.send(10, 10)
    result = one.result()
    (duration,) = [row for row in result.series if row.metric == "http_req_duration"]
    assert (duration.count, duration.figures["max"]) == (20, 10)
    assert [(each.count, each.value) for each in result.outcomes] == [(20, 10)]
    assert (result.duration, result.reset_at, result.counted) == (10, 8, 2)
    assert result.fingerprint["figures"] == "since 8s"
    assert sum(result.timeline.tracks[0].requests) == 60, "what was before it is still to be seen"
    assert "the statistics were reset 8s after the start" in " ".join(result.warnings)


def test_a_run_without_a_reset_says_nothing_of_one():
    """And carries nothing of it."""
    one = Measuring(FAST)
    one.send(10, 10)
    result = one.result()
    assert (result.reset_at, result.counted, "figures" in result.fingerprint) == (None, 10, False)
    assert not [warning for warning in result.warnings if "reset" in warning]


def test_a_window_over_the_reset_is_judged():
    """What a window of the whole run has found is not lost: half of it before the reset, half after."""
    windowed = threshold("http_req_duration", "p(50)<100", Kind.TREND, window=4.0)
    one = Measuring(windowed)
    one.send(10, 4, count=10)
    one.run.outcomes(4)
    one.send(500, 6, count=40)
    one.reset()
    one.send(10, 7)
    one.run.outcomes(7)
    for second in (8, 9, 10, 11, 12, 13):
        one.send(10, second)
        one.run.outcomes(second)
    assert one.result().verdict.exit_code == 111


class Wire:
    """A worker's runner, which writes down what is sent."""

    state = "running"

    def __init__(self):
        self.sent = []

    def send_message(self, kind, data):
        self.sent.append((kind, data))


@pytest.fixture
def worker():
    """Return the reports of a worker in a run, and its wire."""
    wire = Wire()
    reports = Reports(wire, Recorder())
    reports.begin("r1")
    return reports, wire


def measured(reports, count):
    """Measure so many requests on a worker."""
    for _ in range(count):
        reports._recorder.on_request("GET", "/feed", 10.0)


def attached(reports):
    """Return the next report."""
    data = {}
    reports.attach(data)
    return data[KEY]


def test_a_worker_that_hears_of_it(worker):
    """What it has not reported yet goes out at once, as of before; what follows says that it is of after."""
    reports, wire = worker
    measured(reports, 3)
    reports.reset(Reset(run="r1", number=1))
    measured(reports, 2)
    later = attached(reports)
    ((kind, before),) = wire.sent
    run = Run(Plan("feed"), {}, "", 0.0, id="r1")
    run.reset(1.0)
    assert kind == CLEARED
    assert (before["sequence"], before.get("resets", 0), later["sequence"], later["resets"]) == (1, 0, 2, 1)
    for kind, data in ((Cleared, before), (Report, later)):
        assert run.receive("w1", kind.of(data), 2.0)
    assert run.judge.store.counted("http_reqs") == 5
    assert run.resets.shown.store.counted("http_reqs") == 2
    assert run.problems(2.0) == ["worker w1 was lost: its last measurements are missing"]


ORDERS = [
    ("of another run", Reset(run="r2", number=1), 0),
    ("once more", Reset(run="r1", number=1), 1),
    ("an older one that comes late", Reset(run="r1", number=2), 1),
]


@pytest.mark.parametrize("order, sent", [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_orders_that_change_nothing(worker, order, sent):
    """A message that comes twice, late or for another run."""
    reports, wire = worker
    if sent:
        reports.reset(Reset(run="r1", number=2))
    reports.reset(order)
    assert len(wire.sent) == sent


def test_after_the_last_report_there_is_nothing_to_reset(worker):
    """Nor is the reset of one run heard in the next."""
    reports, wire = worker
    reports.reset(Reset(run="r1", number=1))
    reports.begin("r2")
    assert "resets" not in attached(reports)
    reports.finish()
    sent = len(wire.sent)
    reports.reset(Reset(run="r2", number=1))
    assert len(wire.sent) == sent


def test_a_worker_that_never_hears_of_it():
    """What it measured since is in the whole alone, and the run is in doubt; one that hears late is not."""
    run = Run(Plan("feed"), {}, "", 0.0, id="r1")
    run.reset(1.0)
    recorder = Recorder()

    def report(kind, sequence, **more):
        recorder.on_request("GET", "/feed", 10.0)
        return kind.of({"run": "r1", "sequence": sequence, "rows": recorder.take(), **more})

    run.receive("w1", report(Report, 1), 2.0)
    assert any("not every worker heard of it (w1)" in problem for problem in run.problems(9.0))
    run.receive("w1", report(Report, 2, resets=1), 3.0)
    assert not any("heard" in problem for problem in run.problems(9.0))
    run.reset(4.0)
    run.receive("w1", report(Final, 3, resets=1, counted=5.0), 5.0)
    assert any("not every worker heard of it (w1)" in problem for problem in run.problems(9.0))
    assert run.judge.store.counted("http_reqs") == 3
    assert run.resets.shown.store.counted("http_reqs") == 0


@pytest.fixture
def judge(monkeypatch):
    """Return what judges the runs of an environment, and looks often."""
    with judging(monkeypatch, 0.005, {"http_req_failed": ["rate<0.5"], "iteration_errors": ["count<1"]}) as found:
        yield found


def test_the_button(judge, monkeypatch):
    """Begins the figures again, tells the workers, and measures as 0 what is measured as 0 from the start."""
    told = []
    monkeypatch.setattr(Reset, "send", lambda order, *to: told.append((order.number, to[1:])))
    judge.reset()
    assert told == [], "there is no run"
    run = judge.start(judge.plan, {}, RunContext())
    monkeypatch.setattr(judge, "_live", lambda: ["w1"])
    judge._recorder.on_request("GET", "/feed", 10.0)
    judge._environment.events.reset_stats.fire()
    judge._environment.events.reset_stats.fire()
    assert told == [(1, ("w1",)), (2, ("w1",))]
    assert run.judge.store.counted("http_reqs") == 1
    assert run.resets.shown.store.counted("http_reqs") == 0
    judge._collect()
    assert "iteration_errors" in {metric for metric, _, _ in run.resets.shown.store}
    judge.stopping()
    judge._environment.events.reset_stats.fire()
    assert run.resets.count == 2, "a run that has ended keeps its figures"


def test_without_workers_nobody_is_told(judge, monkeypatch):
    """A local runner sends to itself, and would warn of a message that nobody takes."""
    told = []
    monkeypatch.setattr(Reset, "send", lambda *_: told.append("told"))
    judge.start(judge.plan, {}, RunContext())
    judge.reset()
    assert told == []


def test_the_option(judge):
    """``--reset-stats``: when all users are there, as Locust does."""
    run = judge.start(judge.plan, {}, RunContext())
    judge.spawned()
    assert run.resets.count == 0
    judge._environment.reset_stats = True
    judge._runner.exceptions[1] = {"count": 2, "msg": "", "traceback": "", "nodes": set()}
    judge.spawned()
    judge.spawned()
    assert (run.resets.count, judge._ending().user_errors) == (2, 2)
    judge._runner.exceptions = {}


def test_a_worker_that_comes_later_is_told(judge, monkeypatch):
    """By the first report that does not know of it; what went out before it is no reason to say it again."""
    told = []
    monkeypatch.setattr(Reset, "send", lambda order, *to: told.append(to[1:]))
    run = judge.start(judge.plan, {}, RunContext())
    judge.reset()
    for sequence, kind, resets in ((1, Cleared, 0), (2, Report, 0), (3, Report, 1)):
        judge.receive("w1", kind.of({"run": run.id, "sequence": sequence, "rows": [], "resets": resets}))
    assert told == [("w1",)]


def test_a_worker_that_joins_a_run_that_was_reset():
    """Is told as soon as it follows, before it has users: what it measures is all of after."""
    told = []
    run = Run(Plan("feed"), {}, "", 0.0, id="r1")
    runner = SimpleNamespace(send_message=lambda kind, data, client_id: told.append((data["number"], client_id)))
    tell_of_resets(None, runner, ["w2"])
    tell_of_resets(run, runner, ["w2"])
    assert told == []
    run.reset(1.0)
    run.reset(2.0)
    tell_of_resets(run, runner, ["w2"])
    assert told == [(2, "w2")]


@pytest.mark.parametrize("ends", [False, True], ids=["under way", "that has ended"])
def test_what_went_wrong_before_is_not_forgotten(judge, ends):
    """Locust forgets it; a run in which user code raised or requests failed stays one, also when it is judged again."""
    judge.start(judge.plan, {}, RunContext())
    runner = judge._runner
    if ends:
        judge.stopping()
    for _ in range(2):
        runner.exceptions = {1: {"count": 2, "msg": "", "traceback": "", "nodes": set()}}
        runner.stats.log_error("GET", "/feed", "no")
        judge._environment.events.reset_stats.fire()
        runner.stats.reset_all()
        runner.exceptions = {}
    runner.stats.log_error("GET", "/feed", "no")
    assert (judge._ending().user_errors, judge._ending().failed_requests) == (4, 3)


def test_a_red_run_without_thresholds_is_red_after_a_reset(monkeypatch):
    """The process ends with the verdict that the run had."""
    with judging(monkeypatch, 0.005) as judge:
        judge.start(judge.plan, {}, RunContext())
        judge._runner.stats.log_error("GET", "/feed", "no")
        judge.stop()
        judge._environment.events.reset_stats.fire()
        judge._runner.stats.reset_all()
        judge.quitting()
        assert [one.verdict.exit_code for one in judge.saved] == [1]
        assert (judge.result.verdict.word, judge._environment.process_exit_code) == ("failed", 1)
