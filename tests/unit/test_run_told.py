"""What a run is told while it goes on and at its end: by workers, by their user code, and by whoever ends it."""

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.config.plan import Plan
from locust_ext.measure.metrics import ZERO_IS_MEASURED
from locust_ext.measure.report import Final, Raised, Report, Told
from locust_ext.process.wire import Message
from locust_ext.run import controller as module
from locust_ext.run.context import RunContext
from tests.unit.judging import judging


@pytest.fixture
def judge(monkeypatch):
    """Return what judges the runs of an environment, and looks at nothing by itself."""
    with judging(monkeypatch, 60.0) as found:
        yield found


def started(judge, **changes):
    """Begin a run without users."""
    return judge.start(Plan(**{"name": "feed", **changes}), {}, RunContext())


def errors(judge):
    """Return how many exceptions of user code the run knows of, and the first of them."""
    return judge._user_code.count, judge._user_code.first


def last(run, sequence):
    """Return a worker's last report."""
    return Final(run=run.id, sequence=sequence, rows=[], counted=1.0)


RAISED = Raised(count=2, first="ValueError: odd")


def test_what_user_code_did_on_a_worker_comes_with_its_reports(judge):
    """Once: a report that comes twice is not counted twice; and nothing of a run that is not there."""
    report = Report(run="r", sequence=1, rows=[], user_code=RAISED)
    judge.receive("w1", report)
    assert errors(judge) == (0, "")
    run = started(judge)
    report = Report(run=run.id, sequence=1, rows=[], user_code=RAISED)
    judge.receive("w1", None)
    for _ in range(2):
        judge.receive("w1", report)
    assert errors(judge) == (2, "ValueError: odd on worker w1")


def test_what_user_code_did_after_the_last_report(judge):
    """Counts in its own run."""
    judge.receive_user_code("w1", Told(run="r", count=1, first="a"))
    run = started(judge)
    judge.receive_user_code("w1", Told(run="another", count=1, first="b"))
    assert errors(judge) == (0, "")
    judge.receive_user_code("w1", Told(run=run.id, count=3, first="c"))
    assert errors(judge) == (3, "c on worker w1")


def test_a_last_report_of_no_run(judge):
    """Finishes nothing."""
    judge.receive_final("w1", Final(run="r", sequence=1, rows=[], counted=7.5))
    assert judge.run is None


def test_a_report_that_comes_after_the_verdict(judge):
    """The run is judged again where that takes its wholeness, and not where it changes nothing of that."""
    run = started(judge)
    judge.enrol("w1")
    judge.receive_final("w1", last(run, 1))
    judge.stopping()
    judge.conclude()
    assert (len(judge.saved), judge.result.complete) == (1, True)
    judge.receive("w2", Report(run="another", sequence=1, rows=[]))
    assert len(judge.saved) == 1
    judge.receive("w1", Report(run=run.id, sequence=2, rows=[], refused=("a message was refused",), user_code=RAISED))
    assert (len(judge.saved), judge.result.complete, errors(judge)) == (2, False, (0, ""))
    judge.receive("w1", Report(run=run.id, sequence=3, rows=[], refused=("another one",)))
    assert len(judge.saved) == 2


def test_a_report_before_the_verdict_judges_nothing(judge):
    """Whatever it makes of the run."""
    run = started(judge)
    judge.enrol("w1")
    judge.receive("w1", Report(run=run.id, sequence=3, rows=[]))
    judge.receive_final("w1", last(run, 4))
    assert (judge.saved, judge.result) == ([], None)


def test_workers_are_told_that_the_run_is_over(judge, monkeypatch):
    """Those whose last report has not come, by the name of the run, and all that this process made is in the result."""
    told = []
    monkeypatch.setattr(judge.farewell, "take", lambda run, awaited: told.append((run, awaited())))
    run = started(judge)
    clients = {name: SimpleNamespace(id=name, state="ready", cpu_usage=1) for name in ("w1", "w2")}
    judge._runner.clients = clients
    judge.enrol("w1")
    judge.enrol("w2")
    judge.receive_final("w2", last(run, 1))
    judge._environment.events.request.fire(
        request_type="GET", name="a", response_time=1.0, response_length=0, exception=None, context={}
    )
    judge.stop()
    judge._runner.__dict__.pop("clients")
    assert told == [(run.id, {"w1"})]
    assert sum(row.count for row in judge.result.series if row.metric == "http_reqs") == 1
    judge.stop()
    assert len(told) == 1


def test_a_run_that_is_stopped_has_begun_to_stop(judge):
    """From then on no user starts, its time stands still, and no departure of a worker counts."""
    over = []
    judge.on_over = lambda: over.append(True)
    run = started(judge)
    judge.stop()
    assert over == [True]
    assert run.ended is not None
    assert judge.result.duration == pytest.approx(run.ended - run.began, abs=0.01)
    judge.stop()
    assert over == [True]


def test_a_halt_is_told_to_the_workers(judge, monkeypatch):
    """With the run and the reason."""
    sent = []
    monkeypatch.setattr(Message, "send", lambda one, runner, *_: sent.append(one))
    run = started(judge)
    judge.halt("the guard closed")
    judge.halt("again")
    assert [(one.run, one.reason) for one in sent] == [(run.id, "the guard closed")]
    assert isinstance(sent[0], module.Kill)


def test_the_signal_that_ended_a_run(judge):
    """It is the one of its end: one that comes later, to end the web UI, is none of it."""
    started(judge)
    judge._interruption.signal = "SIGTERM"
    judge.stopping()
    judge._interruption.signal = "SIGINT"
    judge.stopping()
    judge.conclude()
    assert judge._ending().signal == "SIGTERM"
    assert judge._told_to_end()


def test_what_began_no_run(judge):
    """Is said to whoever asks what the process would end with."""
    judge.miss("no run began")
    assert judge._ending().no_run == "no run began"


@pytest.mark.parametrize("code, given", [(None, None), (7, 7)])
def test_a_process_without_a_run_keeps_what_it_was_to_end_with(judge, monkeypatch, code, given):
    """Whoever chose it, and nothing where nobody did."""
    monkeypatch.setattr(judge.exit_code, "theirs", lambda no_run: (code, "somebody"))
    monkeypatch.setattr(judge._environment, "process_exit_code", None)
    judge.quitting()
    assert judge._environment.process_exit_code == given
    assert judge.is_judged
    assert judge.saved == []


def test_quitting_ends_a_run_that_goes_on(judge):
    """Its runner stops, nothing of it goes on, it is judged for the last time, and the process gets its code."""
    run, told = started(judge), []
    judge.farewell.take = lambda run, awaited: told.append(run)
    works = list(judge._greenlets)
    assert not judge.is_judged
    judge.quitting()
    assert told == [run.id]
    gevent.joinall(works, timeout=5)
    assert all(work.dead for work in works)
    assert run.ended is not None
    assert judge.is_judged
    assert judge._runner.state == "stopped"
    assert judge._environment.process_exit_code == judge.result.verdict.exit_code


def test_the_progress_line(judge, monkeypatch):
    """Says the phase, the time of all that there will be, the users and how the thresholds stand."""
    shown = []
    run = started(judge)
    run.at, run.overdue = lambda now: 12.5, lambda: "w1"
    monkeypatch.setattr(judge._progress, "show", lambda *given: shown.append(given))
    judge._environment.parsed_options.run_time = 90
    judge._show_progress(run, ["outcome"])
    shape = SimpleNamespace(current=SimpleNamespace(duration=60.0))
    monkeypatch.setattr(type(judge), "_schedule_shape", lambda _: shape)
    judge._show_progress(run, [])
    assert shown == [(run.phase, 12.5, 90, 0, ["outcome"], "w1"), (run.phase, 12.5, 60.0, 0, [], "w1")]


def test_a_verdict_is_printed_once(judge, monkeypatch):
    """And again where it has changed since."""
    shown, told = [], []
    monkeypatch.setattr(module, "show", lambda result, plan, *, hints: shown.append(result))
    monkeypatch.setattr(module, "tell", lambda result, plan: told.append((result, plan)))
    run = started(judge)
    assert judge.print_result() is None
    judge.stop()
    first = judge.result
    assert judge.print_result() is first
    assert judge.print_result() is None
    assert (shown, told) == ([first], [(first, run.plan)])
    judge.run.doubt("something is missing")
    judge.conclude()
    assert judge.print_result() is judge.result
    assert [one.verdict.exit_code for one in shown] == [first.verdict.exit_code, 111]


def test_counters_that_are_there_from_the_beginning(judge):
    """Those of ours that mean trouble are measured as 0, so that a threshold on them can pass."""
    started(judge)
    judge.stop()
    found = {row.metric: row for row in judge.result.series}
    assert {name for name in ZERO_IS_MEASURED if name in found} == set(ZERO_IS_MEASURED)
    assert "vus" in found
    assert "reconnect_peak_1s" not in found


def test_what_is_done_each_second(judge, monkeypatch):
    """Workers are looked at and the progress is shown, as long as the run lasts."""
    monkeypatch.setattr(module, "EVALUATE_EVERY", 0.002)
    looked, shown = [], []
    judge.on_second = lambda: looked.append(True)
    monkeypatch.setattr(judge, "_show_progress", lambda run, outcomes: shown.append((run, outcomes)))
    run = started(judge)
    with gevent.Timeout(5):
        while len(looked) < 3 or len(shown) < 3:
            gevent.sleep(0.002)
    assert shown[0] == (run, judge.outcomes)
    judge.stopping()
    gevent.sleep(0.01)
    before = len(looked), len(shown)
    gevent.sleep(0.01)
    assert (len(looked), len(shown)) == before


def test_a_search_leads_its_shape(judge, monkeypatch):
    """To the level that it chooses next, a moment ahead; where nothing is searched nobody is led."""
    schedules, asked, followed, slept = [None, "up", None, "down"], [], [], []
    monkeypatch.setattr(module, "EVALUATE_EVERY", 1.0)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=slept.append))
    run = SimpleNamespace(searches=True, ended=None)

    def seek(at, now):
        asked.append(at)
        if len(schedules) == 1:
            run.ended = now
        return schedules.pop(0)

    run.seek = seek
    shape = SimpleNamespace(get_run_time=lambda: 30.0, follow=followed.append)
    monkeypatch.setattr(type(judge), "_schedule_shape", lambda _: shape)
    judge._seek_every_second(run)
    assert asked == [30.0 + module.LEAD] * 4
    assert (followed, slept) == (["up", "down"], [1.0] * 4)
    judge._seek_every_second(SimpleNamespace(searches=False, ended=None))
    monkeypatch.setattr(type(judge), "_schedule_shape", lambda _: None)
    judge._seek_every_second(SimpleNamespace(searches=True, ended=None))
    assert len(asked) == 4


def test_the_peaks_of_a_storm_are_measured(judge, monkeypatch):
    """In both lengths, as soon as somebody has come back."""
    run = started(judge)
    monkeypatch.setattr(module, "peaks_of", lambda store: (7, 40) if store is run.judge.store else None)
    judge.stop()
    found = {row.metric: row.sink.value for row in judge.result.series if row.metric.startswith("reconnect_peak")}
    assert found == {"reconnect_peak_100ms": 7, "reconnect_peak_1s": 40}


def test_what_puts_a_run_in_doubt(judge):
    """Each sentence counts; of several about the same part the last one."""
    run = started(judge)
    for why, about in (("one", ""), ("two", ""), ("a first", "a part"), ("a last", "a part"), ("one", "")):
        judge.doubt(why, about)
    assert [one for one in run.problems(run.began) if one in ("one", "two", "a first", "a last")] == [
        "one", "two", "a last",
    ]  # fmt: skip
