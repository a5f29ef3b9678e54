"""Safety in one process: its doors open with a run that it can follow whole, and close with it."""

from __future__ import annotations

import signal
import time
from types import SimpleNamespace

import gevent
import pytest
from gevent import GreenletExit
from locust import User
from locust.env import Environment

from locust_ext.clients.doors import DOORS
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.safety import agent as module
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.cap import Ask
from locust_ext.safety.messages import SafetyTold
from locust_ext.safety.options import SafetyOptions, TenantOptions

HOST = "http://127.0.0.1:9"
TENANT = {"header": "X-Load-Test"}


class Reader(User):
    """Reads on this machine."""

    abstract = True
    host = HOST


class Runner:
    """Keeps what is sent."""

    state = "running"

    def __init__(self):
        self.sent = []

    def send_message(self, kind, data=None, client_id=None):
        """Keep it."""
        self.sent.append((kind, data, client_id))


@pytest.fixture
def ended():
    """Why the run was ended."""
    return []


@pytest.fixture
def made(ended):
    """Return the agent of a process that judges."""
    environment = Environment(user_classes=[Reader], host=HOST)
    environment.runner = Runner()
    one = SafetyAgent(environment, Recorder(), ended.append, DOORS)
    yield one
    one.let_go()


NOTHING = {
    "tenant": None,
    "signed": False,
    "acks": False,
    "safety": {},
    "named": (),
    "production": (),
    "secret_variables": (),
}


def follow(agent, run="run-1", **parts):
    """Let the process follow the rules of a run."""
    agent.follow(SafetyTold.model_validate({**NOTHING, **parts}), run)


def is_open(agent):
    """Tell whether a request passes."""
    try:
        agent.admission.turn()
    except GreenletExit:
        return False
    return True


def test_doors_are_open_while_a_run_lasts(made):
    """Closed before it, open within it, closed after it; also in the next one."""
    for _ in range(2):
        assert not is_open(made)
        follow(made)
        assert is_open(made)
        assert made._interceptors.guard is not None
        made.leave()
        assert not is_open(made)
        assert (made._interceptors.guard, made._interceptors.mark) == (None, None)
        assert made._interceptors._open == []


def test_nothing_of_a_run_is_left_for_the_next(made):
    """A mark of one run, and what it counted, is not borne by another."""
    follow(made, tenant=TENANT)
    assert made._interceptors.mark is not None
    assert made._marked == [HOST]
    follow(made, run="run-2")
    assert made._interceptors.mark is None
    assert made.admission.closed == ""


def test_orders_that_cannot_be_followed_leave_the_doors_closed(made):
    """Whatever is wrong with them."""
    with pytest.raises(ValueError, match="rate_cap"):
        follow(made, safety={"rate_cap": "many"})
    assert not is_open(made)
    assert made._run == ""
    with pytest.raises(ValueError, match=r"it has no key in \$LOCUST_EXT"):
        follow(made, signed=True, tenant={**TENANT, "key_env": "LOCUST_EXT_TEST_NO_SUCH_KEY"})
    assert not is_open(made)
    with pytest.raises(ValueError, match="it was told no rules of safety"):
        made.follow(None, "run-1")
    assert not is_open(made)


STOPS = [
    ("while a run is under way", True, "Stopped: because"),
    ("between two runs", False, "No test is running."),
]


@pytest.mark.parametrize("runs, said", [row[1:] for row in STOPS], ids=[row[0] for row in STOPS])
def test_who_stops_a_run_is_told(made, ended, runs, said):
    """A run that is under way ends for good, and its doors close."""
    if runs:
        follow(made)
    assert made.stop_now("because") == said
    assert ended == ["because"] * runs
    assert not is_open(made)


def test_a_run_that_has_not_begun_never_begins(made, ended):
    """Its first reason stays, and anyone who waits for it is called."""
    called = []
    made.is_expected, made.on_killed = lambda: True, lambda: called.append(True)
    assert made.stop_now("first") == "Stopped: first"
    assert made.stop_now("second") == "Stopped: first"
    assert (made.killed, ended, called) == ("first", [], [True, True])


KILLS = [
    ("of this run, by a process", {"run": "run-1", "reason": "x"}, ["x"], 0),
    ("of another run", {"run": "run-0", "reason": "x"}, [], 0),
    ("of whatever runs, by a person", {"run": "", "reason": "x"}, ["x"], 1),
    ("by a worker that was killed before it began", {"run": "", "reason": "x", "by": "w1"}, ["x"], 0),
    ("without a reason", {"run": "run-1", "reason": ""}, ["it was killed"], 0),
    ("with a book", {"run": "run-1", "reason": "x" * 1000}, ["x" * 300], 0),
]


@pytest.mark.parametrize("kill, why, answers", [row[1:] for row in KILLS], ids=[row[0] for row in KILLS])
def test_a_message_that_kills(made, ended, kill, why, answers):
    """It ends the run that it means, and a person is told what became of it."""
    follow(made)
    made.on_kill("asker", SimpleNamespace(**{"by": "", **kill}))
    assert ended == why
    answered = [data["told"] for kind, data, to in made._runner.sent if kind == module.KILLED and to == "asker"]
    assert answered == ["Stopped: x"] * answers


def test_a_worker_tells_its_master(ended):
    """It may not end a run: it says why it should end, and where that was found."""
    environment = Environment(user_classes=[Reader], host=HOST)
    environment.runner = Runner()
    worker = SafetyAgent(environment, Recorder(), None, DOORS)
    follow(worker)
    worker.stop_now("because")
    ((kind, data, _),) = worker._runner.sent
    assert kind == "locust_ext.kill"
    assert data["run"] == "run-1"
    assert data["reason"].startswith("because (on ")
    worker.let_go()


def test_hosts_that_users_show_are_marked_up_to_a_number(made):
    """Then no more."""
    follow(made, tenant=TENANT)
    for number in range(99):
        assert made._interceptors.mark_too(f"http://h{number}.local") is not None
    assert made._interceptors.mark_too("http://one-more.local") is None
    assert len(made._marked) == 100


def test_a_host_that_only_this_process_calls_production(made, ended):
    """It stops the run, unless it has the go-ahead."""
    made._environment.host = "https://shop.example.com"
    follow(made, production=("https://shop.example.com",))
    assert ended == []
    follow(made)
    assert ended == [
        (
            "the guard: if this host is not production, add it to safety.production.staging: [shop.example.com];"
            " https://shop.example.com counts as production and has no go-ahead"
        )
    ]


def test_what_the_guard_blocks_is_counted(made, ended):
    """By origin; where it is the user's own host, nobody could have known it before, and the run ends."""
    user = Reader(made._environment)
    follow(made)
    greenlet = SimpleNamespace(args=(user,))
    made._interceptors.user_greenlet = lambda: greenlet
    made._count_blocked("https://pay.example.com")
    assert ended == []
    user.host = "https://pay.example.com/api"
    made._count_blocked("https://pay.example.com")
    assert ended == [
        (
            "the guard: if this host is not production, add it to safety.production.staging: [pay.example.com];"
            " Reader goes to https://pay.example.com, which counts as production and has no go-ahead"
        )
    ]
    store = Store()
    store.merge(made._recorder.take())
    assert store.counted("blocked_requests", origin="https://pay.example.com") == 2


def test_the_window_and_the_alarm_end_the_run(made, ended, monkeypatch):
    """When the window is over, and at the first alarm; what is well is looked at again."""
    clock, readings = (
        SimpleNamespace(now=100.0),
        [SimpleNamespace(allowed=True), SimpleNamespace(allowed=False, why="it burns")],
    )

    def sleep(seconds):
        clock.now += seconds
        gevent.sleep(0)

    monkeypatch.setattr(module, "monotonic", lambda: clock.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep, getcurrent=gevent.getcurrent))
    monkeypatch.setattr(module, "alarm_of", lambda alarm: SimpleNamespace(read=lambda _: readings.pop(0)))
    follow(made)
    made.watch(SimpleNamespace(every=5.0), 0.0)
    assert len(made._greenlets) == 1
    for _ in range(5):
        gevent.sleep(0)
    assert (ended, readings, clock.now) == (["abort rule: it burns"], [], 105.0)
    follow(made, run="run-2")
    made.watch(None, 30.0)
    for _ in range(5):
        gevent.sleep(0)
    assert ended[1:] == ["the guard: the window is over"]
    assert clock.now == 135.0


def test_the_window_is_not_over_before_its_end(made, ended, monkeypatch):
    """Whoever wakes up early sleeps again, however short the rest is."""
    clock = SimpleNamespace(now=100.0, slept=[])

    def sleep(seconds):
        clock.slept.append(seconds)
        clock.now += min(seconds, max(29.5, seconds / 2))
        gevent.sleep(0)
        assert not ended

    monkeypatch.setattr(module, "monotonic", lambda: clock.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep, getcurrent=gevent.getcurrent))
    follow(made)
    made.watch(None, 30.0)
    for _ in range(5):
        gevent.sleep(0)
    assert clock.slept == [30.0, 0.5]
    assert ended == ["the guard: the window is over"]


LEAVES = [
    pytest.param(lambda agent: agent.leave(), id="it leaves"),
    pytest.param(lambda agent: follow(agent, run="run-2"), id="it follows another run"),
    pytest.param(lambda agent: agent.let_go(), id="it lets the process go"),
]


@pytest.mark.parametrize("leave", LEAVES)
def test_who_leaves_a_run_watches_it_no_more(made, ended, monkeypatch, leave):
    """Its alarm is not asked again, its flag is not read, no lease is asked for, and its window ends nothing."""
    asked = []
    alarm = SimpleNamespace(read=lambda _: asked.append(True) or SimpleNamespace(allowed=True))
    monkeypatch.setattr(module, "alarm_of", lambda _: alarm)
    monkeypatch.setattr(
        module, "gevent", SimpleNamespace(sleep=lambda _: gevent.sleep(0), getcurrent=gevent.getcurrent)
    )
    follow(made, safety={"rate_cap": 5.0, "kill_switch": {"file": __file__}})
    made.watch(SimpleNamespace(every=5.0), 3600.0)
    works = [*made._greenlets, made._borrowing._greenlet, made.switch._greenlet]
    assert len(works) == 4
    gevent.sleep(0)
    assert asked
    leave(made)
    assert made._greenlets == []
    gevent.sleep(0)
    assert [work.ready() for work in works] == [True] * 4
    asked.clear()
    for _ in range(5):
        gevent.sleep(0)
    assert (asked, ended) == ([], [])


def test_a_signature_is_renewed_within_its_lifetime(made, monkeypatch):
    """Three times; it is signed for the run, and for each host that is marked by then."""
    slept, marks = [], []

    def sleep(seconds):
        slept.append(seconds)
        marks.append(made._interceptors.mark)
        made._mark_too(f"http://h{len(slept)}.local", TenantOptions(), SimpleNamespace(now=time.time))
        gevent.sleep(0 if len(slept) < 3 else 60)

    monkeypatch.setenv("LOAD_TEST_KEY", "2026-01:a secret of sixteen")
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep, getcurrent=gevent.getcurrent))
    follow(made, tenant={"lifetime": 90.0}, signed=True, named=(HOST,))
    for _ in range(10):
        gevent.sleep(0)
    assert slept == [30.0] * 3
    assert [len(mark.signed) for mark in marks] == [1, 2, 3]
    assert len({id(mark) for mark in marks}) == 3
    assert "run-1" in marks[0].value


AT_FIRST = SafetyAgent._listening
LISTENERS = [
    pytest.param(AT_FIRST, True, False, id="the locustfile's own"),
    pytest.param(0, False, True, id="nobody's"),
    pytest.param(1, True, True, id="ours already"),
]


@pytest.mark.parametrize("listening, caught, heard", LISTENERS)
def test_whose_signal_it_is(made, ended, monkeypatch, listening, caught, heard):
    """A handler of the locustfile stays; ours stops the run, notes what became of it, and goes with its process."""
    handlers, noted, cancelled = [], [], []

    def signal_handler(*told):
        handlers.append(told)
        return SimpleNamespace(cancel=lambda: cancelled.append(True))

    monkeypatch.setattr(SafetyAgent, "_listening", listening)
    monkeypatch.setattr(module, "is_caught", lambda _: caught)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(signal_handler=signal_handler, getcurrent=gevent.getcurrent))
    assert made.listen(noted.append) is heard
    assert len(handlers) == heard
    assert SafetyAgent._listening == listening + heard
    follow(made)
    for number, handler, note in handlers:
        handler(note)
        assert number == signal.SIGUSR1
        assert noted[0].startswith("Stopped: SIGUSR1 came to ")
    assert len(ended) == len(noted) == heard
    made.let_go()
    made.let_go()
    assert len(cancelled) == heard
    assert SafetyAgent._listening == listening


def test_who_listens(made, monkeypatch):
    """A worker does at once; where runs are judged somebody else says when."""
    listened = []

    def listen(agent):
        listened.append(agent)

    monkeypatch.setattr(SafetyAgent, "listen", listen)
    made.install()
    assert not listened
    environment = Environment(user_classes=[Reader], host=HOST)
    environment.runner = Runner()
    worker = SafetyAgent(environment, Recorder(), None, DOORS)
    worker.install()
    assert listened == [worker]
    worker.let_go()


def test_the_master_lends_the_cap_of_its_run(made):
    """Who asks for a lease of it is answered; of another run nobody is."""
    made.lend(SafetyOptions(rate_cap=5.0), "run-1")
    for run in ("run-0", "run-1"):
        made._lending.answer("worker", Ask(run=run, asked=1.0, holds=0, demand=9.0))
    ((_, lease, to),) = made._runner.sent
    assert (lease["run"], lease["quota"], to) == ("run-1", 5, "worker")
