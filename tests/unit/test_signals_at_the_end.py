"""How a signal ends a process: a master that waits for workers, a shape, or what the caller knows."""

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.run import signals as module
from locust_ext.run.signals import EXIT_CODE, Interruption, end_shape


class Runner:
    """A runner that notes that it quits."""

    def __init__(self, state, *, shape=None, master=True):
        self.state, self.shape_greenlet, self.quits = state, shape, 0
        if master:
            self.clients = {}

    def quit(self):
        """Count it."""
        self.quits += 1


@pytest.fixture
def raised(monkeypatch):
    """What was raised in the main greenlet."""
    found = []
    hub = SimpleNamespace(handle_system_error=lambda kind, error: found.append((kind, error)))
    monkeypatch.setattr(module, "gevent", SimpleNamespace(get_hub=lambda: hub))
    return found


def interruption(runner, *, headless=True):
    """Return what listens for that runner."""
    return Interruption(SimpleNamespace(runner=runner, parsed_options=SimpleNamespace(headless=headless)))


ENDS = [
    ("a headless master that waits for its workers", Runner("ready"), True, True),
    ("one whose shape runs", Runner("ready", shape=object()), True, False),
    ("one that runs", Runner("running"), True, False),
    ("one with a web UI", Runner("ready"), False, False),
    ("a process alone", Runner("ready", master=False), True, False),
]


@pytest.mark.parametrize("runner, headless, ends", [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_signal_ends_a_master_that_waits(raised, runner, headless, ends):
    """It quits, and the main greenlet ends with the verdict of a process that never ran; all others end their own way."""
    runner.quits, otherwise = 0, []
    one = interruption(runner, headless=headless)
    one._end(lambda: otherwise.append(True))
    assert runner.quits == ends
    assert [(kind, error.code) for kind, error in raised] == [(SystemExit, EXIT_CODE)] * ends
    assert otherwise == [True] * (not ends)


def test_the_verdict_of_a_master_that_never_ran(raised):
    """Somebody else may know a better one."""
    one = interruption(Runner("ready"))
    one.depart = lambda: SystemExit(108)
    one._on_sigterm()
    assert [error.code for _, error in raised] == [108]
    assert (one.signal, one.count) == ("SIGTERM", 1)
    one.signal = "SIGHUP"
    one._on_sigterm()
    assert (one.signal, one.count) == ("SIGHUP", 2)


def test_a_process_that_leaves_raises_once(raised, monkeypatch):
    """As Ctrl-C does; not where it ends by itself, unless it is a worker."""
    monkeypatch.setattr(module, "LEAVING", SimpleNamespace(start=lambda function, *given: function(*given)))
    for state, worker, count in (("running", False, 1), ("stopping", False, 0), ("stopping", True, 1)):
        raised.clear()
        one = interruption(Runner(state, master=False))
        one.leave(worker=worker)
        one.leave(worker=worker)
        assert [kind for kind, _ in raised] == [KeyboardInterrupt] * count


SHAPES = [
    ("headless with a shape", True, True, True),
    ("with a web UI", False, True, False),
    ("without a shape", True, False, False),
]


@pytest.mark.parametrize("headless, shape, ended", [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_the_shape_is_ended(headless, shape, ended):
    """So that Locust goes on to its own end."""
    killed = []
    greenlet = SimpleNamespace(kill=lambda *, block: killed.append(block)) if shape else None
    environment = SimpleNamespace(
        runner=SimpleNamespace(shape_greenlet=greenlet), parsed_options=SimpleNamespace(headless=headless)
    )
    assert end_shape(environment) is ended
    assert killed == [False] * ended


def test_the_hub_raises_in_the_main_greenlet():
    """What is raised there comes out where Locust's main waits."""
    gevent.spawn(module._raise_in_main, SystemExit(7))
    with pytest.raises(SystemExit) as caught:
        gevent.sleep(5)
    assert caught.value.code == 7
