"""How a signal ends a process: a master that waits for workers, a shape, or what the caller knows."""

import signal
import threading
from types import SimpleNamespace

import gevent
import pytest

from locust_ext.run import signals as module
from locust_ext.run.signals import Interruption, end_shape


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
    assert [(kind, error.code) for kind, error in raised] == [(SystemExit, 105)] * ends
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


@pytest.fixture
def heard(monkeypatch):
    """What is registered with signals, and what LEAVING is to do."""
    found = SimpleNamespace(by_python={}, by_gevent={}, begun=[])
    ours = SimpleNamespace(
        **{name: getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIG_DFL", "SIG_IGN")},
        signal=found.by_python.__setitem__,
        getsignal=lambda number: found.before.get(number, signal.SIG_DFL),
    )
    found.before, found.previous = {}, []
    found.before[signal.SIGINT] = lambda *given: found.previous.append(given)
    loop = SimpleNamespace(run_callback_threadsafe=lambda function, *given: found.begun.append(given))
    monkeypatch.setattr(module, "signal", ours)
    monkeypatch.setattr(
        module,
        "gevent",
        SimpleNamespace(
            get_hub=lambda: SimpleNamespace(loop=loop),
            signal_handler=lambda number, handler, *given: found.by_gevent.update({number: (handler, given)}),
        ),
    )
    return found


def test_ctrl_c(heard):
    """The first ends the run, the second hurries it, and the third ends the process as it would have ended before."""
    one, forced = interruption(Runner("running")), []
    one.force = lambda: forced.append(True)
    one.install()
    on_sigint = heard.by_python[signal.SIGINT]
    told = []
    for _ in range(4):
        on_sigint(signal.SIGINT, None)
        told.append((one.count, one.hurry, one.signal, len(heard.begun), len(forced), len(heard.previous)))
    name = "SIGINT (Ctrl-C)"
    assert told == [(1, 5.0, name, 1, 0, 0), (2, 0.0, name, 1, 0, 0), (3, 0.0, name, 1, 1, 1), (4, 0.0, name, 1, 2, 2)]
    assert heard.previous[0] == (signal.SIGINT, None)


def test_ctrl_c_after_another_signal(heard):
    """It counts, and what ended the run is still the first one."""
    one = interruption(Runner("running"))
    one.install()
    one.signal = "SIGTERM"
    heard.by_python[signal.SIGINT](signal.SIGINT, None)
    assert (one.signal, one.count, heard.begun) == ("SIGTERM", 1, [])


def test_a_process_that_ignored_ctrl_c(heard):
    """Is not ended by a third one either: there is nothing to go back to."""
    heard.before[signal.SIGINT] = signal.SIG_IGN
    heard.before[signal.SIGINT] = None
    one = interruption(Runner("running"))
    one.install()
    for _ in range(3):
        heard.by_python[signal.SIGINT](signal.SIGINT, None)
    assert (one.count, heard.previous) == (3, [])


@pytest.mark.parametrize(
    "before, alike",
    [
        pytest.param({}, {signal.SIGHUP, signal.SIGQUIT}, id="nobody else does"),
        pytest.param({signal.SIGHUP: signal.SIG_IGN}, {signal.SIGQUIT}, id="nohup ignores SIGHUP"),
        pytest.param({signal.SIGQUIT: len}, {signal.SIGHUP}, id="the locustfile handles SIGQUIT"),
    ],
)
def test_signals_that_end_a_run_as_sigterm_does(heard, before, alike):
    """Where nobody else handles or ignores them."""
    heard.before.update(before)
    interruption(Runner("running")).install()
    assert set(heard.by_gevent) == {signal.SIGTERM, *alike}
    assert all(heard.by_gevent[number][1] == (signal.Signals(number).name,) for number in alike)


def test_one_alike_is_named_and_handed_on(monkeypatch):
    """As SIGTERM, to this process; the first one's name stays."""
    sent = []
    monkeypatch.setattr(module, "os", SimpleNamespace(kill=lambda *given: sent.append(given), getpid=lambda: 4711))
    one = interruption(Runner("running"))
    one._as_sigterm("SIGHUP")
    one._as_sigterm("SIGQUIT")
    assert (one.signal, sent) == ("SIGHUP", [(4711, signal.SIGTERM)] * 2)


def test_only_the_main_thread_listens(heard):
    """Python lets no other one."""
    thread = threading.Thread(target=interruption(Runner("running")).install)
    thread.start()
    thread.join(10)
    assert (heard.by_python, heard.by_gevent) == ({}, {})


def test_a_shape_of_a_script_is_not_ended():
    """It runs as long as the script says."""
    killed = []
    environment = SimpleNamespace(
        runner=SimpleNamespace(shape_greenlet=SimpleNamespace(kill=lambda **_: killed.append(True))),
        parsed_options=SimpleNamespace(headless=True),
        locust_ext_attached=True,
    )
    assert end_shape(environment) is False
    assert killed == []


def test_a_master_that_is_not_to_begin(raised, monkeypatch):
    """It waits no longer; one that has begun is left alone."""
    monkeypatch.setattr(module, "LEAVING", SimpleNamespace(start=lambda function, *given: function(*given)))
    for state, quits in (("ready", 1), ("running", 0)):
        runner = Runner(state)
        interruption(runner).stop_waiting()
        assert runner.quits == quits


def test_a_runner_that_knows_of_no_shape():
    """Has none to end, and is ended in another way."""
    options = SimpleNamespace(headless=True)
    assert end_shape(SimpleNamespace(runner=SimpleNamespace(), parsed_options=options)) is False
    greenlet = SimpleNamespace(kill=lambda **_: pytest.fail("nobody may end it"))
    runner = SimpleNamespace(shape_greenlet=greenlet)
    assert end_shape(SimpleNamespace(runner=runner, parsed_options=SimpleNamespace())) is False
