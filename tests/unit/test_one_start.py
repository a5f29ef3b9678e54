"""One start at a time: a second one is told so, and one that was killed is over."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
from gevent.event import Event

from locust_ext.run import one_start as module
from locust_ext.run.one_start import ENDING_HEADING, HEADING, OneStart
from locust_ext.text.problems import ConfigurationError


class Master:
    """A master's runner, as far as a start goes: users are made when ``all_answered`` is set."""

    def __init__(self):
        self.state, self.clients, self.shape_greenlet = "ready", {}, None
        self.all_answered, self.over, self.starts = Event(), Event(), 0

    def start(self, users, *, wait=False):
        self.starts += 1
        self.all_answered.wait()
        self.state = "spawning"
        self.over.wait()


class Local:
    """A local runner: ``start`` only spawns, ``_start`` does it."""

    def __init__(self):
        self.state, self.all_answered = "ready", Event()

    def _start(self, users):
        self.all_answered.wait()
        self.state = "running"


def standing(runner):
    """Return a start of ``runner``, installed."""
    one = OneStart(runner)
    one.install()
    return one


def refused(one):
    """Tell whether a form is refused now."""
    try:
        with one.preparing():
            return False
    except ConfigurationError as error:
        return HEADING in str(error)


def begun(runner, name):
    """Begin a start, which waits."""
    greenlet = gevent.spawn(getattr(runner, name), 5)
    gevent.sleep(0)
    return greenlet


@pytest.mark.parametrize("runner, name", [(Master(), "start"), (Local(), "_start")], ids=["master", "local"])
def test_from_a_start_to_its_first_user(runner, name):
    """Until users are made a second form is refused; from then on it is an edit."""
    one = standing(runner)
    assert not refused(one)
    begun(runner, name)
    assert refused(one)
    runner.all_answered.set()
    gevent.sleep(0)
    assert not refused(one)


def test_a_hundred_at_once():
    """While one form is prepared, which takes its time, all others are refused."""
    one, prepared = standing(Master()), []

    def press():
        with one.preparing():
            gevent.sleep(0)
            prepared.append(1)

    pressed = [gevent.spawn(press) for _ in range(100)]
    gevent.joinall(pressed, timeout=5)
    assert (len(prepared), sum(isinstance(p.exception, ConfigurationError) for p in pressed)) == (1, 99)


ENDS = [
    ("it was killed", lambda runner, greenlet: greenlet.kill()),
    ("it is over", lambda runner, greenlet: (runner.all_answered.set(), runner.over.set(), greenlet.join())),
]


@pytest.mark.parametrize("end", [row[1] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_start_that_is_over(end):
    """The next test can be started."""
    runner = Master()
    one = standing(runner)
    end(runner, begun(runner, "start"))
    runner.state = "stopped"
    assert not refused(one)


def test_a_form_that_is_wrong_holds_up_nobody():
    """What its preparation raises comes out, and the next form is looked at."""
    one = standing(Master())
    with pytest.raises(ZeroDivisionError), one.preparing():
        raise ZeroDivisionError
    assert not refused(one)


@pytest.mark.parametrize("dead, expected", [(False, True), (True, False)])
def test_a_shape_that_has_not_ticked(dead, expected):
    """Its greenlet is there, and no user yet."""
    runner = Master()
    runner.shape_greenlet = SimpleNamespace(dead=dead)
    assert expected is refused(standing(runner))


def test_a_start_that_ends_after_its_test():
    """A ramp that outlives a stop would go on in the next test: that waits for it."""
    runner = Master()
    one = standing(runner)
    begun(runner, "start")
    runner.all_answered.set()
    gevent.sleep(0)
    runner.state = "stopped"
    assert refused(one)
    runner.over.set()
    gevent.sleep(0)
    assert not refused(one)


class Stopping(Master):
    """A master's runner that says "stopped" before what ends the test has been done."""

    def __init__(self):
        super().__init__()
        self.judged, self.state = Event(), "running"

    def stop(self):
        self.state = "stopped"
        self.judged.wait()


def test_a_test_that_has_not_ended():
    """The next one waits until the one before is judged; then it is prepared."""
    runner, prepared = Stopping(), []
    one = standing(runner)
    ends = begun_to_end(runner)

    def press():
        with one.preparing():
            prepared.append(one.is_ending)

    pressed = gevent.spawn(press)
    gevent.sleep(0)
    assert (one.is_ending, prepared) == (True, [])
    runner.judged.set()
    gevent.joinall([ends, pressed], timeout=5)
    assert (one.is_ending, prepared) == (False, [False])


def test_a_test_that_does_not_end(monkeypatch):
    """The next one is refused, with a sentence; a killed end is over."""
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    runner = Stopping()
    one = standing(runner)
    ends = begun_to_end(runner)
    with pytest.raises(ConfigurationError, match=ENDING_HEADING), one.preparing():
        pytest.fail("it was prepared")
    ends.kill()
    assert not refused(one)


def begun_to_end(runner):
    """Begin an end, which waits."""
    greenlet = gevent.spawn(runner.stop)
    gevent.sleep(0)
    return greenlet
