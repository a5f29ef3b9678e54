"""Users end when the requests that they have begun are over, and begin no others."""

import contextlib
from types import SimpleNamespace

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Group
from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments
from locust.exception import StopUser
from locust.runners import STATE_RUNNING
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING

from locust_ext.config.options import add_options, has_stop_timeout
from locust_ext.measure.open_requests import OpenRequests
from locust_ext.measure.reporting import Drain
from locust_ext.run import graceful
from locust_ext.run.graceful import GracefulStop
from locust_ext.run.signals import Interruption
from tests.unit.leaving import Request


class User:
    """A user whose task is ``work``; ``on_stop`` is what it does when it is stopped."""

    def __init__(self, group, work, on_stop=lambda user: None):
        self._state, self._group, self.was_stopped = LOCUST_STATE_RUNNING, group, False
        self.greenlet = group.spawn(self._run, self)
        self._work, self._on_stop = work, on_stop

    def _run(self, user):
        try:
            self._work(user)
        except (gevent.GreenletExit, StopUser):
            self.was_stopped = True
            self._on_stop(user)


class Runner:
    """As much of a runner as users need to be stopped."""

    def __init__(self):
        self.user_greenlets, self.state, self.stopped_by_locust = Group(), STATE_RUNNING, []

    def stop_users(self, counts):
        self.stopped_by_locust.append(counts)


class Stage:
    """A runner with users, and the graceful stop that ends them."""

    def __init__(self, limit=30.0):
        self.runner, self.register, self.hurry = Runner(), OpenRequests(), None
        self.stop = GracefulStop(self.runner, self.register, lambda: self.hurry)
        self.stop.allow(limit)

    def user(self, *, asks=False, work=lambda user: Event().wait(), **rest):
        """Return a user that is at work; ``asks``: with an open request."""
        user = User(self.runner.user_greenlets, work, **rest)
        gevent.sleep(0)
        if asks:
            self.ask(user)
        return user

    def ask(self, user):
        """Begin a request of a user."""
        begun = Request(user)
        self.register.begin(begun)
        return begun

    def take_away(self, count=100):
        """Stop users as a shape does."""
        self.runner.stop_users({"User": count})

    def end(self):
        """Stop all users as the end of a run does."""
        self.stop.ends = True
        self.take_away()


@pytest.fixture
def stage(monkeypatch):
    """A stage where nobody waits for long."""
    monkeypatch.setattr(graceful, "LOOK", 0.002)
    monkeypatch.setattr(graceful, "LAST", 0.02)
    one = Stage()
    yield one
    one.stop.leave()
    for group in (one.runner.user_greenlets, one.stop.finishing):
        group.kill(timeout=1)


def test_who_has_no_open_request_is_stopped_at_once(stage):
    """Of two users one waits between its tasks, and one for an answer; neither counts as a user any more."""
    idle, busy = stage.user(), stage.user(asks=True)
    stage.take_away()
    assert len(stage.runner.user_greenlets) == 0
    gevent.sleep(0)
    assert (idle.was_stopped, busy.was_stopped) == (True, False)
    assert busy.greenlet in stage.stop.finishing
    stage.register.opened.clear()
    busy.greenlet.join(timeout=2)
    assert busy.was_stopped


def test_a_shape_is_not_held_up(stage):
    """Taking users away returns while they wait for answers, and takes as many as it was told to."""
    users = [stage.user(asks=True) for _ in range(3)]
    stage.take_away(2)
    assert len(stage.runner.user_greenlets) == 1
    assert not any(user.was_stopped for user in users)


def test_the_end_waits_for_all(stage):
    """Also for those that a shape took away before; the answer that comes meanwhile ends it."""
    stage.user(asks=True)
    stage.take_away()
    stage.user(asks=True)
    gevent.spawn_later(0.01, stage.register.opened.clear)
    stage.end()
    assert not stage.register.opened
    assert not stage.stop.finishing


HURRIES = [
    ("its time is over", 0.01, None),
    ("there is none", 0.0, None),
    ("a kill, an abort rule, a second signal", 30.0, 0.0),
    ("a signal", 30.0, 0.01),
]


@pytest.mark.parametrize("limit, hurry", [row[1:] for row in HURRIES], ids=[row[0] for row in HURRIES])
def test_what_hangs_is_given_up(stage, limit, hurry):
    """A request that never ends is open when its user is stopped: that is what the register loses."""
    stage.stop.allow(limit)
    stage.hurry = hurry
    user = stage.user(asks=True)
    with gevent.Timeout(2):
        stage.end()
    assert user.was_stopped
    assert len(stage.register.opened) == 1


def test_an_open_load_has_waited_already(stage):
    """Requests are not waited for a second time; an on_stop is."""
    stopped = []
    stage.user(asks=True, on_stop=lambda user: (gevent.sleep(0.01), stopped.append(user)))
    stage.stop.obey(Drain(run="r1", limit=30.0, waits=False))
    with gevent.Timeout(2):
        stage.end()
    assert len(stopped) == 1


def test_a_signal_while_it_waits(stage):
    """Less time is told in the middle of the wait, and the same word again is not a new time."""
    user = stage.user(asks=True)
    gevent.spawn_later(0.01, setattr, stage, "hurry", 0.03)
    with gevent.Timeout(2):
        stage.end()
    assert user.was_stopped


HANGS = [
    ("it waits for ever", lambda user: Event().wait()),
    ("it catches everything, and waits on", lambda user: stubborn()),
]


def stubborn():
    """Wait for ever, whatever happens."""
    while True:
        with contextlib.suppress(gevent.GreenletExit):
            Event().wait()


@pytest.mark.parametrize("on_stop", [row[1] for row in HANGS], ids=[row[0] for row in HANGS])
@pytest.mark.slow
def test_an_on_stop_that_hangs_is_given_up(stage, on_stop):
    """It has as long as requests have."""
    stage.stop.allow(0.01)
    user = stage.user(on_stop=on_stop)
    with gevent.Timeout(2):
        stage.end()
    assert user.was_stopped


def test_an_on_stop_may_say_goodbye(stage):
    """What it begins is let through, and waited for."""
    said = []

    def goodbye(user):
        stage.register.bar(user)
        begun = stage.ask(user)
        gevent.sleep(0.01)
        stage.register.end(begun)
        said.append(user)

    user = stage.user(on_stop=goodbye)
    stage.end()
    assert said == [user]


def test_a_leaving_user_begins_nothing(stage):
    """It gets as far as its next request, and is stopped there, although its task catches what it can."""
    answer, begun = Event(), []

    def task(user):
        answer.wait()
        stage.register.opened.clear()
        while True:
            try:
                stage.register.bar(user)
                begun.append(user)
            except Exception:  # noqa: BLE001
                begun.append("caught")

    user = stage.user(asks=True, work=task)
    stage.take_away()
    answer.set()
    user.greenlet.join(timeout=2)
    assert user.was_stopped
    assert not begun


BARS = [
    ("within the block of one whose result is still to be reported", True, True, None),
    ("within one that it is about to report, in its own greenlet", False, True, None),
    ("beside one, in a greenlet that it started", False, False, gevent.GreenletExit),
    ("in a greenlet that it started within such a block", True, False, None),
]


@pytest.mark.parametrize("answered, is_own, raised", [row[1:] for row in BARS], ids=[row[0] for row in BARS])
def test_what_belongs_to_an_open_request_begins(stage, answered, is_own, raised):
    """Else nobody could ever report that one."""
    ask, found = Event(), []

    def attempt(user):
        try:
            stage.register.bar(user)
            found.append(None)
        except gevent.GreenletExit:
            found.append(gevent.GreenletExit)

    def task(user):
        ask.wait()
        attempt(user) if is_own else gevent.spawn(attempt, user).join()
        Event().wait()

    user = stage.user(work=task)
    begun = stage.ask(user)
    begun.answered = begun.began if answered else None
    stage.take_away()
    ask.set()
    gevent.sleep(0.01)
    assert found == [raised]


def test_a_task_that_ends_the_run(stage):
    """It is neither waited for nor killed in the middle of that: it leaves after its task, and begins nothing."""
    ended = []

    def task(user):
        stage.end()
        ended.append(user._state)
        with pytest.raises(StopUser):
            stage.register.bar(user)

    user = User(stage.runner.user_greenlets, task)
    stage.user()
    user.greenlet.join(timeout=2)
    assert ended == [LOCUST_STATE_STOPPING]
    assert not stage.runner.user_greenlets
    assert not user.was_stopped


def test_locust_stops_them_itself(stage):
    """An explicit --stop-timeout leaves everything as it was."""
    stage.stop.allow(None)
    stage.take_away(1)
    assert stage.runner.stopped_by_locust == [{"User": 1}]
    assert stage.stop.patience is None


PATIENCE = [
    ("nobody is in a hurry", 30.0, None, 30.0),
    ("a signal came", 30.0, 5.0, 5.0),
    ("there was less anyway", 2.0, 5.0, 2.0),
    ("it is Locust's affair, whatever came", None, 0.0, None),
]


@pytest.mark.parametrize("limit, hurry, patience", [row[1:] for row in PATIENCE], ids=[row[0] for row in PATIENCE])
def test_patience(stage, limit, hurry, patience):
    """What workers are told."""
    stage.stop.allow(limit)
    stage.hurry = hurry
    assert stage.stop.patience == patience
    other = Stage()
    other.stop.obey(Drain(run="r1", **stage.stop.word()))
    assert other.stop.waits is True


@pytest.mark.parametrize("signals, hurry", [(0, None), (1, 5.0), (2, 0.0), (3, 0.0)])
def test_a_second_signal_is_impatience(signals, hurry):
    """The first leaves five seconds."""
    interruption = Interruption(SimpleNamespace())
    interruption.count = signals
    assert interruption.hurry == hurry


GIVEN = [
    ("nobody said anything", [], None, {}, 0.0, False),
    ("the command line", ["--stop-timeout", "5"], None, {}, 5.0, True),
    ("the command line says none", ["-s", "0"], None, {}, 0.0, True),
    ("the environment", [], "0", {}, 0.0, True),
    ("the locustfile's own default", [], None, {"stop_timeout": 0.0}, 0.0, True),
    ("code that sets it", [], None, {}, 3.0, True),
]


@pytest.mark.parametrize(
    "arguments, variable, defaults, timeout, said", [row[1:] for row in GIVEN], ids=[row[0] for row in GIVEN]
)
def test_an_explicit_stop_timeout(monkeypatch, arguments, variable, defaults, timeout, said):
    """Zero seconds count as well as any other number, when somebody asked for them."""
    if variable is not None:
        monkeypatch.setenv("LOCUST_STOP_TIMEOUT", variable)
    parser = get_empty_argument_parser()
    setup_parser_arguments(parser)
    parser.set_defaults(**defaults)
    add_options(parser)
    options = parser.parse_args(arguments)
    assert has_stop_timeout(SimpleNamespace(parsed_options=options, stop_timeout=timeout)) is said
    assert has_stop_timeout(SimpleNamespace(parsed_options=None, stop_timeout=timeout)) is bool(timeout)
