"""How a run begins where it is judged: its steps in their order, and what keeps it from beginning."""

import logging
from types import SimpleNamespace

import gevent
import pytest
from locust import User, constant, task
from locust.env import Environment
from locust.event import Events

from locust_ext.plugin import attach
from locust_ext.process.wire import Item
from locust_ext.run import controller as module
from locust_ext.run.following import RUN_OPTION
from locust_ext.run.start import RunStart
from locust_ext.run.survey import DEMO_WARNING
from locust_ext.safety.coordinator import SafetyCoordinator


class Idle(User):
    """Does nothing."""

    wait_time = constant(0.01)

    @task
    def nothing(self):
        """Do nothing."""


class Told(Item):
    """What a part is told."""

    number: int = 7


class Others:
    """The parts, the gate and the orders of a process, which write down what they are asked for."""

    def __init__(self):
        self.log, self.objection, self.has_followers, self.fails = [], "", True, ""
        self.sent, self.obeyed, self.beginning = None, None, None

    def note(self, what):
        """Write it down, or fail."""
        self.log.append(what)
        if what == self.fails:
            raise self.error

    error = ValueError("no such thing")

    def orders(self, beginning):
        """Return what parts are told."""
        self.beginning = beginning
        self.note("orders")
        return {"a part": Told()}

    def obey(self, told):
        """Follow, or not."""
        self.obeyed = told
        self.note("obey")
        return self.objection

    def begins(self, beginning, run):
        """Write it down."""
        self.note("begins")

    def give(self, run, orders):
        """Write down what is sent."""
        self.sent = (run, orders())
        self.note("give")

    def started(self, beginning, run):
        """Write it down."""
        self.note("started")


@pytest.fixture
def made(monkeypatch):
    """Return what begins runs, its controller, and the others."""
    monkeypatch.setattr(module, "EVALUATE_EVERY", 60.0)
    monkeypatch.setattr(module, "save", lambda result, plan: None)
    environment = Environment(user_classes=[Idle], events=Events(), host="http://127.0.0.1:1")
    environment.create_local_runner()
    part = attach(environment)._run
    others, ended = Others(), []
    part.controller._end_run = lambda: ended.append(True)
    start = RunStart(part.controller, part.preparation, others, others, others)
    start.on_begin = lambda: others.note("on_begin")
    start.on_stopped = lambda: others.note("on_stopped")
    yield SimpleNamespace(start=start, controller=part.controller, others=others, ended=ended, part=part)
    del part.controller._end_run
    part.let_go()
    environment.runner.quit()


STEPS = ["orders", "on_begin", "obey", "begins", "give", "started"]


def test_the_steps_of_a_beginning(made):
    """Nobody is told before it is known what, and nothing goes on before all have followed."""
    made.start.begin()
    run, others = made.controller.run, made.others
    assert others.log == STEPS
    assert (run.halted, run.cut_short, run.locks, made.ended) == ("", "", False, [])
    assert others.obeyed == {"id": run.id, "host": "http://127.0.0.1:1", "parts": {"a part": Told()}}
    assert others.sent == (run.id, {"id": run.id, "host": "http://127.0.0.1:1", "parts": {"a part": {"number": 7}}})
    assert getattr(made.part.environment.parsed_options, RUN_OPTION) == {"id": run.id}
    beginning = others.beginning
    assert (beginning.hosts, beginning.named) == (("http://127.0.0.1:1",), ("http://127.0.0.1:1",))
    assert beginning.plan == made.part.preparation.plan
    assert beginning.git_sha == run.tags.get("git_sha", "")
    assert (beginning.has_arrivals, beginning.stops_by_itself) == (False, False)


def test_what_a_beginning_is_made_of(made, monkeypatch):
    """The load's kind, Locust's own word for users that stop, and the commit."""
    preparation = made.part.preparation
    monkeypatch.setattr(type(preparation._arrivals), "is_asked", True)
    monkeypatch.setenv("CI_COMMIT_SHA", "c0ffee")
    made.part.environment.stop_timeout = made.part.environment.parsed_options.stop_timeout = 5.0
    made.start.begin()
    beginning = made.others.beginning
    assert (beginning.has_arrivals, beginning.stops_by_itself) == (True, True)
    assert beginning.git_sha == made.controller.run.tags["git_sha"]


@pytest.mark.parametrize("demo", [None, object()])
def test_a_run_of_the_demo_target_says_so(made, demo):
    """It proves nothing of anybody's service."""
    made.part.preparation.demo = demo
    made.start.begin()
    made.part.preparation.demo = None
    assert made.controller.run.context.warnings == ((DEMO_WARNING,) if demo else ())


@pytest.mark.parametrize("locks", [True, False])
def test_whether_a_run_has_something_to_keep(made, monkeypatch, locks):
    """It is known before anybody could fail to follow."""
    monkeypatch.setattr(SafetyCoordinator, "locks", staticmethod(lambda intent: locks))
    made.others.objection = "cannot follow"
    made.start.begin()
    assert made.controller.run.locks is locks
    assert bool(made.controller.halted) is locks


def test_a_process_that_was_killed_before(made):
    """Has a run that was stopped for safety, and nobody is told anything."""
    made.start.killed = lambda: "somebody called kill"
    made.start.begin()
    assert made.controller.halted == "somebody called kill"
    assert made.others.log == []


def test_a_process_that_does_not_follow_itself(made):
    """Has no users, and no other one is asked."""
    made.others.objection = "cannot follow the run's orders: no"
    made.start.begin()
    assert made.others.log == ["orders", "on_begin", "obey"]
    assert made.controller.run.cut_short.endswith(" cannot follow the run's orders: no")
    assert made.ended == [True]


def test_a_run_that_is_halted_while_it_begins(made):
    """Asks nobody for anything."""
    made.others.begins = lambda beginning, run: made.controller.halt("no lock")
    made.start.begin()
    assert made.others.log == ["orders", "on_begin", "obey"]


def test_a_run_that_nobody_follows(made):
    """Has no users, and says so; its parts go on to its end all the same."""
    made.others.has_followers = False
    made.start.begin()
    assert made.others.log == STEPS
    assert made.controller.run.cut_short == "no worker followed the run's orders"


@pytest.mark.parametrize("step", STEPS)
def test_what_cannot_begin(made, caplog, step):
    """Is a run with locks, whatever raised: it is stopped for safety, and the log has the reason for whoever looks."""
    caplog.set_level(logging.DEBUG)
    made.others.fails = step
    made.start.begin()
    run = made.controller.run
    assert made.others.log == STEPS[: STEPS.index(step) + 1]
    if run.locks:
        assert run.halted.endswith(" cannot begin the run: no such thing")
    else:
        assert run.cut_short.endswith(" cannot begin the run: no such thing")
    assert made.ended == [True]
    (record,) = [one for one in caplog.records if one.getMessage() == "the run did not begin"]
    assert record.levelno == logging.DEBUG
    assert record.exc_info[1] is made.others.error


def test_what_is_refused_before_there_is_a_run(made):
    """Is one, so that there is a verdict; it has locks: nobody knows what it would have had to keep."""
    made.start.refuse("no begin")
    run = made.controller.run
    assert (run.locks, run.halted, made.ended) == (True, "no begin", [True])


def test_what_is_refused_in_a_run(made):
    """Ends that one, as it has to be ended; after its end it is one of its own."""
    made.start.begin()
    run = made.controller.run
    made.start.refuse("too late")
    assert made.controller.run is run
    assert (run.locks, run.halted, run.cut_short) == (False, "", "too late")
    made.controller.stopping()
    made.start.refuse("after it")
    assert made.controller.run is not run
    assert made.controller.halted == "after it"


def test_a_process_in_which_no_run_began(made):
    """Has one to report on, which says so."""
    made.start.killed = lambda: "killed early"
    made.start.begin_none()
    assert made.controller.run.halted == "killed early"
    assert made.controller._ending().no_run == "no run began: the process ended before its first user"


STOPS = [
    pytest.param("give", True, ["on_stopped"], id="somebody pressed Stop while workers were asked"),
    pytest.param("give", False, [], id="the runner itself ended it"),
]


@pytest.mark.parametrize("step, is_a_page_s, then", STOPS)
def test_a_beginning_that_is_killed(made, step, is_a_page_s, then):
    """Goes on being killed; where a page of the web UI began it, the run is ended by hand."""
    made.others.fails, made.others.error = step, gevent.GreenletExit()
    runner = made.part.environment.runner
    spawn = gevent.spawn if is_a_page_s else runner.greenlet.spawn
    greenlet = spawn(made.start.begin)
    greenlet.join(timeout=5)
    assert isinstance(greenlet.value, gevent.GreenletExit)
    assert made.others.log == [*STEPS[: STEPS.index(step) + 1], *then]


def test_a_beginning_that_is_killed_before_its_run(made, monkeypatch):
    """There is nothing to end."""

    def killed():
        raise gevent.GreenletExit

    monkeypatch.setattr(made.part.preparation, "begin", killed)
    gevent.spawn(made.start.begin).join(timeout=5)
    assert made.others.log == []
