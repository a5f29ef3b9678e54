"""The run of a process from its start to its verdict: who ends it, what puts it in doubt, and when it is saved."""

from types import SimpleNamespace

import gevent
import pytest
from locust import log as locust_log

from locust_ext.config.plan import Plan
from locust_ext.measure.report import Final
from locust_ext.measure.user_code import Departure, UserCode
from locust_ext.run import controller as module
from locust_ext.run.context import RunContext
from locust_ext.run.exit_code import ExitCode
from tests.unit.judging import judging


@pytest.fixture
def judge(monkeypatch):
    """Return what judges the runs of an environment, and looks often."""
    with judging(monkeypatch, 0.005, {"iteration_errors": ["count<1"]}) as found:
        yield found


def started(judge, **changes):
    """Begin a run without users."""
    return judge.start(Plan(**{"name": "feed", "thresholds": judge.plan.thresholds, **changes}), {}, RunContext())


def test_nothing_is_known_before_a_run(judge):
    """Nobody has ended it, nothing is printed, and what was to be ended is nobody's."""
    assert (judge.halted, judge.is_broken_off, judge.is_judged, judge.elapsed()) == ("", False, True, 0.0)
    for call in (judge.stop, judge.stopping, judge.spawned, judge.conclude):
        call()
    judge.halt("a reason")
    judge.put_out("w1", "a reason")
    judge.give_up("a reason")
    judge.mention("a sentence")
    judge.enrol("w1")
    assert judge.print_result() is None
    assert (judge.run, judge.result, judge.ended, judge.over, judge.saved) == (None, None, [], [], [])


def test_a_run_is_halted_once(judge):
    """The first reason stays, no user starts any more, and the run ends."""
    started(judge)
    judge.halt("the first")
    judge.halt("the second")
    assert (judge.halted, judge.is_broken_off, judge.ended, judge.over) == ("the first", True, [True], [True])
    assert judge._told_to_end()


def test_a_run_that_ends_already_is_halted_too(judge):
    """Its verdict says why; it is not ended twice, and not when it was judged."""
    started(judge)
    judge.stopping()
    assert judge.over == [True]
    judge.halt("late")
    assert (judge.halted, judge.ended) == ("late", [])
    judge.conclude()
    assert judge.result.verdict.exit_code == 108
    started(judge)
    judge.stopping()
    judge.conclude()
    judge.halt("too late")
    assert judge.halted == ""


GIVEN_UP = [
    pytest.param(lambda judge: None, True, id="one that is under way"),
    pytest.param(lambda judge: judge.halt("before"), False, id="one that was halted"),
    pytest.param(lambda judge: judge.stopping(), False, id="one that has ended"),
]


@pytest.mark.parametrize("before, is_ended", GIVEN_UP)
def test_a_run_that_can_have_no_users(judge, before, is_ended):
    """It is cut short and in doubt, unless it has an end already."""
    run = started(judge)
    before(judge)
    judge.ended.clear()
    judge.give_up("no worker follows the run")
    assert (judge.ended == [True]) is is_ended
    assert (run.cut_short == "no worker follows the run") is is_ended
    assert any("no worker follows the run" in one for one in run.problems(run.began)) is is_ended


PUT_OUT = [
    pytest.param("w1", False, (False, False), id="a worker gets no users"),
    pytest.param("w1", True, (True, True), id="with locks the run ends"),
    pytest.param("", False, (False, True), id="this process: nobody has any"),
    pytest.param("", True, (True, True), id="this process, with locks"),
]


@pytest.mark.parametrize("worker, locks, ends", PUT_OUT)
def test_who_does_not_follow(judge, caplog, worker, locks, ends):
    """It is put out, and what that does to the run depends on what it has to keep."""
    run = started(judge)
    run.locks = locks
    judge.put_out(worker, "it cannot read its orders")
    assert (bool(judge.halted), bool(judge.ended)) == ends
    assert ("it gets no users: it cannot read its orders" in caplog.text) is (ends == (False, False))


def test_a_threshold_that_aborts(judge):
    """Ends the run once, with no user more, and the run was told to end."""
    run = started(judge)
    run.breach = lambda outcomes, now: "p(95) is over its bound"
    with gevent.Timeout(5):
        while not judge.ended:
            gevent.sleep(0.005)
        gevent.sleep(0.02)
    assert (run.abort, judge.ended, judge.over) == ("p(95) is over its bound", [True], [True])
    assert judge.is_broken_off
    assert judge._told_to_end()


def test_harm_ends_a_run(judge):
    """As a reason of safety, whatever its thresholds say."""
    run = started(judge)
    run.harm = lambda now: "too many requests fail"
    with gevent.Timeout(5):
        while not judge.ended:
            gevent.sleep(0.005)
        gevent.sleep(0.02)
    assert (judge.halted, run.abort, judge.ended) == ("too many requests fail", "", [True])


def test_a_result_is_saved_when_it_changes(judge):
    """Judging it again with nothing new writes nothing."""
    run = started(judge)
    judge.stopping()
    judge.conclude()
    assert judge.saved == [judge.result]
    judge.doubt("a part of ours failed", "a part")
    assert judge.saved[1:] == [judge.result]
    assert run.problems(run.ended)
    judge.doubt("a part of ours failed", "a part")
    assert len(judge.saved) == 2


def test_what_failed_before_a_run_is_of_the_first(judge):
    """Only where it is known what it is about."""
    judge.doubt("nobody knows")
    judge.doubt("it did not start", "a part")
    first, second = started(judge), started(judge)
    assert any("it did not start" in one for one in first.problems(first.began))
    assert not any("nobody knows" in one for one in first.problems(first.began))
    assert not any("it did not start" in one for one in second.problems(second.began))


def test_what_is_mentioned(judge):
    """Each sentence once, and no more than there is room for."""
    run = started(judge)
    for number in range(20 + 3):
        for _ in range(2):
            judge.mention(f"sentence {number}")
    assert run.blemishes == [f"sentence {number}" for number in range(20)]


def test_a_worker_that_comes_when_the_run_is_over(judge):
    """Is not expected to report."""
    run = started(judge)
    judge.enrol("w1")
    judge.stopping()
    judge.enrol("w2")
    assert run.ledger.awaited(["w1", "w2"]) == {"w1"}


def test_requests_after_the_last_judging(judge):
    """Users of this process went on: the run is late."""
    run = started(judge)
    judge.stop()
    judge.quitting()
    assert not run.late
    judge._environment.events.request.fire(
        request_type="GET", name="a", response_time=1.0, response_length=0, exception=None, context={}
    )
    judge.quitting()
    assert run.late


CODES = [
    pytest.param({}, (None, ""), id="nobody chose one"),
    pytest.param({"set_to": 7}, (7, "a listener set that"), id="a listener did"),
    pytest.param({"departure": Departure(3, "sys.exit(3)")}, (3, "sys.exit(3)"), id="user code did"),
    pytest.param({"departure": Departure(None, "Ctrl-C")}, (0, "Ctrl-C"), id="user code left it to Locust"),
    pytest.param({"departure": Departure(None, "x"), "errors": {1: 1}}, (5, "x"), id="a request failed"),
    pytest.param({"departure": Departure(None, "x"), "exceptions": {1: 1}}, (5, "x"), id="a task raised"),
    pytest.param({"departure": Departure(None, "x"), "flagged": True}, (2, "x"), id="Locust remembers one"),
    pytest.param({"no_run": "no run began"}, (0, "no run began"), id="no run began"),
    pytest.param({"chosen": (4, "it died")}, (4, "it died"), id="it was noted before"),
]


@pytest.mark.parametrize("how, found", CODES)
def test_what_the_process_would_end_with(monkeypatch, how, found):
    """Without us, where that is not Locust's own choice."""
    runner = SimpleNamespace(errors=how.get("errors", {}), exceptions=how.get("exceptions", {}))
    environment = SimpleNamespace(
        process_exit_code=how.get("set_to"), runner=runner, parsed_options=SimpleNamespace(exit_code_on_error=5)
    )
    monkeypatch.setattr(locust_log, "unhandled_greenlet_exception", how.get("flagged", False))
    code = UserCode()
    code.departure = how.get("departure")
    one = ExitCode(environment, code)
    if "chosen" in how:
        one.choose(*how["chosen"])
    told, by = one.theirs(how.get("no_run", ""))
    assert told == found[0]
    assert by == found[1] or "set_to" in how


def test_an_exception_that_locust_remembers(monkeypatch):
    """It is of the first run, and of none after it; what we gave the process is nobody's choice."""
    environment = SimpleNamespace(process_exit_code=None, parsed_options=SimpleNamespace(), runner=None)
    one = ExitCode(environment, UserCode())
    assert one.on_error == 1
    monkeypatch.setattr(locust_log, "unhandled_greenlet_exception", True)
    assert one.is_flagged
    one.begin(again=False)
    assert one.is_flagged
    one.begin(again=True)
    assert not one.is_flagged
    one.give(99)
    assert (environment.process_exit_code, one.theirs("")) == (99, (None, ""))
    one.begin(again=True)
    assert environment.process_exit_code is None
    environment.process_exit_code = 7
    one.begin(again=True)
    assert environment.process_exit_code == 7


@pytest.mark.parametrize(
    "workers, own, seen",
    [
        pytest.param([], 40, 40, id="a local run is its own"),
        pytest.param([20, 70], 40, 70, id="the busiest worker"),
        pytest.param([0, 0], 40, None, id="nobody has looked yet"),
    ],
)
def test_how_busy_a_run_is(judge, workers, own, seen):
    """As busy as the process of it that is the busiest."""
    run, found = started(judge), []
    run.look = lambda users, cpu, now: found.append(cpu)
    judge._runner.current_cpu_usage = own
    if workers:
        judge._runner.clients = {number: SimpleNamespace(cpu_usage=cpu) for number, cpu in enumerate(workers)}
    judge._collect()
    judge._runner.__dict__.pop("clients", None)
    assert found == [seen]


@pytest.mark.parametrize("of, counted", [("ours", [7.5]), ("another", [])])
def test_a_worker_s_last_report(judge, of, counted):
    """Says until when its load was counted, and that it has finished; one of another run says nothing."""
    run, found = started(judge), []
    judge.enrol("w1")
    run.count_until = found.append
    report = Final(run=run.id if of == "ours" else "r0", sequence=1, rows=[], counted=7.5)
    judge.receive_final("w1", report)
    assert found == counted
    assert run.ledger.awaited(["w1"]) == (set() if counted else {"w1"})


def test_how_long_a_run_has_gone_on(judge, monkeypatch):
    """As its shape counts it, where it has one, and else as the clock does."""
    run = started(judge)
    run.at = lambda now: 12.5
    assert judge.elapsed() == 12.5
    monkeypatch.setattr(type(judge), "_schedule_shape", lambda _: SimpleNamespace(get_run_time=lambda: 7))
    assert judge.elapsed() == 7.0


ENDS = [
    pytest.param({"headless": True}, False, "quit", id="headless: the process ends"),
    pytest.param({"headless": False}, False, "stop", id="a web UI goes on"),
    pytest.param({"headless": False}, True, "quit", id="a script without a web UI"),
]


@pytest.mark.parametrize("options, attached, done", ENDS)
def test_how_a_run_is_ended(judge, monkeypatch, options, attached, done):
    """As Locust would: never from the greenlet that wants it."""
    calls, environment = [], judge._environment
    environment.locust_ext_attached = attached
    environment.parsed_options.headless = options["headless"]
    monkeypatch.setattr(module, "ENDING", SimpleNamespace(start=lambda function: calls.append(function.__name__)))
    type(judge)._end_run(judge)
    environment.locust_ext_attached = True
    assert calls == [done]


def test_which_workers_are_expected(judge):
    """Those that are there when the run begins, and not those that are lost."""
    states = {"w1": "ready", "w2": "missing", "w3": "running"}
    judge._runner.clients = {name: SimpleNamespace(id=name, state=state, cpu_usage=1) for name, state in states.items()}
    run = started(judge)
    judge._runner.__dict__.pop("clients")
    assert run.ledger.awaited(states) == {"w1", "w3"}


def test_a_ramp_that_outlives_its_run(judge, monkeypatch):
    """Begins no other one: the runner stays stopped; one within its run is a ramp as any."""
    stayed = []
    monkeypatch.setattr(module, "stay_stopped", stayed.append)
    monkeypatch.setattr(module, "end_ramp", lambda runner: stayed.append("ended"))
    started(judge)
    judge.spawned()
    assert stayed == []
    judge.stopping()
    judge.stopping()
    judge.spawned()
    assert stayed == ["ended", judge._runner]


def test_a_run_that_cannot_be_judged(judge):
    """Leaves no pass behind: it is undecided, or was stopped for safety."""
    started(judge)
    judge.fail_to_judge()
    assert judge._environment.process_exit_code == 111
    judge.halt("the guard")
    judge.fail_to_judge()
    assert judge._environment.process_exit_code == 108
