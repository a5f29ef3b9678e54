"""The ways out of a process: once Locust has called ``sys.exit``, nobody strikes it again on its way out."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import gevent
import pytest

from locust_ext.measure.user_code import UserCode
from locust_ext.run.controller import UNDECIDED
from locust_ext.run.exits import Exits, StandIn


@pytest.fixture
def exits():
    found = Exits(UserCode(), {}, object())
    with pytest.raises(SystemExit):
        found._exit(105)
    return found


def test_a_second_shutdown_ends_in_silence(exits):
    """Two signals make two of them: the one that comes second would raise in the middle of what runs at exit."""
    second = gevent.spawn(exits._exit, 105)
    second.join(1)

    assert isinstance(second.value, gevent.GreenletExit)


def test_the_end_of_a_signal_s_handler_is_no_error(exits):
    """What ends one, gevent raises in main."""
    told = []
    handle_error = exits._around_errors(lambda *error: told.append(error))
    handle_error(None, gevent.GreenletExit, gevent.GreenletExit(), None)
    handle_error(None, ValueError, ValueError("a bug"), None)

    assert [kind for _, kind, _, _ in told] == [ValueError]


class Ours:
    """The part of a run that the ways out look at, with a verdict of its own."""

    def __init__(self, verdict=None, *, given=None, script=False, ours=True, judged=True):
        self.says, self.given, self.is_a_script_s, self.ours, self.is_judged = verdict, given, script, ours, judged
        self.asked, self.lefts = [], 0

    def verdict(self, code, how):
        """Note what the process would end with."""
        self.asked.append((code, how))
        return self.says

    def leave(self):
        """Count it."""
        self.lefts += 1
        return self.ours


def with_runs(*runs, owner=None):
    """Return the ways out of a process that makes these runs."""
    return Exits(UserCode(), dict(enumerate(runs)), owner or object())


VERDICTS = [
    pytest.param((), None, None, id="no run"),
    pytest.param((Ours(99),), 99, None, id="one that was judged"),
    pytest.param((Ours(99), Ours(108)), 108, None, id="the last of two"),
    pytest.param((Ours(99), Ours(108, script=True)), 99, None, id="a script's ends as it likes"),
    pytest.param((Ours(0, given=3), Ours(0, given=4)), 0, 4, id="what they were given"),
]


@pytest.mark.parametrize("runs, judged, given", VERDICTS)
def test_the_last_run_speaks_for_the_process(runs, judged, given):
    """There is none to give where nothing ran, or a script did."""
    exits = with_runs(*runs)
    assert exits._judge(1, "it died") == judged
    assert exits._given() == given
    assert [run.asked for run in runs] == [[] if run.is_a_script_s else [(1, "it died")] for run in runs]


@pytest.mark.parametrize(
    "runs, left",
    [
        pytest.param((), False, id="no run"),
        pytest.param((Ours(),), True, id="one that is ours"),
        pytest.param((Ours(ours=False),), False, id="a script's"),
        pytest.param((Ours(), Ours(ours=False)), True, id="one of two"),
    ],
)
def test_all_runs_leave(runs, left):
    """Each is asked, and one that can end the process is enough."""
    assert with_runs(*runs)._leave() is left
    assert [run.lefts for run in runs] == [1] * len(runs)


ENDS = [
    pytest.param(Ours(99), 0, 99, id="the verdict is what it ends with"),
    pytest.param(Ours(None), 3, 3, id="Locust's own code where there is no verdict"),
    pytest.param(Ours(0), 1, 0, id="a pass"),
    pytest.param(Ours(0, judged=False), 0, UNDECIDED, id="a pass that nobody gave"),
    pytest.param(Ours(99, judged=False), 0, 99, id="a failure may stand without"),
]


@pytest.mark.parametrize("run, code, ends", ENDS)
def test_locust_s_exit(run, code, ends):
    """It asks for the verdict once, with what Locust would end with; whoever asks again gets the same end."""
    exits = with_runs(run)
    with pytest.raises(SystemExit) as caught:
        exits._exit(code)
    assert (caught.value.code, exits.closing) == (ends, True)
    assert run.asked == [(code, "Locust itself set that")]
    assert exits.depart(7) is caught.value
    assert len(run.asked) == 1
    assert exits.means_it(caught.value)


def test_no_code_of_its_own_is_asked_for_as_it_is():
    """A process that ends without one is not taken for one that ends with 0."""
    run = Ours(105)
    assert with_runs(run).depart(None).code == 105
    assert run.asked == [(None, "Locust itself set that")]
    assert with_runs(run).depart("a text").code == 105
    assert run.asked[1:] == [(1, "Locust itself set that")]


@pytest.mark.parametrize("given, code", [(None, 5), (0, 0), (104, 104)])
def test_an_exit_while_the_last_word_is_said(given, code):
    """It is what the process was given, and else Locust's own; nothing is judged again."""
    run = Ours(99, given=given)
    exits = with_runs(run)
    exits.closing = True
    with pytest.raises(SystemExit) as caught:
        exits._exit(5)
    assert (caught.value.code, run.asked) == (code, [])


def test_main_itself_may_exit_twice():
    """Only another greenlet is ended in silence."""
    exits, seen = with_runs(Ours(99)), []
    main = gevent.get_hub().parent
    assert gevent.getcurrent() is main
    for _ in range(2):
        with pytest.raises(SystemExit) as caught:
            exits._exit(0)
        seen.append(caught.value)
    assert seen[0] is not None
    assert seen[0] is seen[1]


DIED = [
    pytest.param(ValueError("first\nlast"), Ours(99), 99, (1, "it died of last"), id="an error"),
    pytest.param(KeyboardInterrupt(), Ours(105), 105, (130, "it died of KeyboardInterrupt"), id="Ctrl-C"),
    pytest.param(ValueError("a bug"), Ours(0), 0, (1, "it died of ValueError: a bug"), id="a pass"),
    pytest.param(ValueError("a bug"), Ours(None), None, (1, "it died of ValueError: a bug"), id="no verdict"),
]


@pytest.mark.parametrize("error, run, code, asked", DIED)
def test_main_died(error, run, code, asked):
    """Python says of what, and the process ends with the verdict where there is one."""
    exits, told = with_runs(run), []
    excepthook = exits._around_uncaught(lambda *found: told.append(found))
    if code is None:
        excepthook(type(error), error, None)
    else:
        with pytest.raises(SystemExit) as caught:
            excepthook(type(error), error, None)
        assert caught.value.code == code
    assert told == [(type(error), error, None)]
    assert run.asked == [asked]


def test_who_does_not_want_to_wait_gets_no_verdict():
    """From then on Ctrl-C is meant, and nothing is judged where main dies of it."""
    run = Ours(99)
    exits, interrupt = with_runs(run), KeyboardInterrupt()
    assert not exits.means_it(interrupt)
    exits.force()
    assert exits.means_it(interrupt)
    assert not exits.means_it(SystemExit(3))
    exits._around_uncaught(lambda *_: None)(KeyboardInterrupt, interrupt, None)
    exits._around_uncaught(lambda *_: None)(None, None, None)
    assert run.asked == []


class Listeners:
    """Whoever has listeners."""

    def hear(self):
        """Hear of an event."""


def test_a_listener_that_ends_the_process():
    """It is noted as user code's doing, and the process leaves, unless it is leaving; our own may do as they like."""
    owner, run = Listeners(), Ours(99)
    exits = with_runs(run, owner=owner)
    assert not exits.note(SystemExit(3), owner.hear)
    assert exits._user_code.departure is None
    assert exits.note(SystemExit(3), Listeners().hear)
    assert (exits._user_code.departure.code, run.lefts) == (3, 1)
    exits.closing = True
    assert exits.note(SystemExit(4), Listeners().hear)
    assert run.lefts == 1
    assert not exits.note(exits.depart(None), Listeners().hear)


def test_ctrl_c_of_a_listener_in_main_is_not_caught():
    """Locust catches that of others."""
    exits = with_runs(Ours(99))
    gevent.spawn(exits.note, KeyboardInterrupt(), Listeners().hear).join(1)
    assert exits._user_code.departure.code is None
    exits = with_runs(Ours(99))
    exits.note(KeyboardInterrupt(), Listeners().hear)
    assert exits._user_code.departure.code == 130


def test_a_listener_of_init():
    """It ends the process where there is a run to judge, and nothing where it did not want to."""
    nobody, exits = with_runs(), with_runs(Ours(104))
    exits.after_init()
    for one in (nobody, exits):
        one._user_code.left(SystemExit(3))
    nobody.after_init()
    with pytest.raises(SystemExit) as caught:
        exits.after_init()
    assert caught.value.code == 104


DEAD = [
    pytest.param(ValueError("a bug"), Ours(), False, (1, None, 0), True, id="a bug counts"),
    pytest.param(SystemExit(3), Ours(), False, (0, 3, 1), False, id="an exit ends the process"),
    pytest.param(SystemExit(3), Ours(ours=False), False, (0, 3, 1), True, id="not a script's"),
    pytest.param(SystemExit(3), Ours(), True, (0, 3, 0), False, id="one that ends already"),
]


@pytest.mark.parametrize("error, run, closing, noted, is_told", DEAD)
def test_a_greenlet_died(error, run, closing, noted, is_told):
    """The hub is told of it, unless the process leaves for it."""
    exits, told = with_runs(run), []
    run.lefts, exits.closing = 0, closing
    exits._around_errors(lambda *found: told.append(found[2]))(gevent.Greenlet(), type(error), error, None)
    code = exits._user_code
    assert (code.count, code.departure and code.departure.code, run.lefts) == noted
    assert told == [error] * is_told


def test_what_is_no_greenlet_s_is_gevent_s():
    """A callback that raises, and the end itself, say nothing against user code."""
    exits, told = with_runs(Ours(99)), []
    handle_error = exits._around_errors(lambda *found: told.append(found[2]))
    bug, end = ValueError("a bug"), exits.depart(None)
    handle_error(object(), ValueError, bug, None)
    handle_error(gevent.Greenlet(), SystemExit, end, None)
    assert told == [bug, end]
    assert exits._user_code.state == (0, None)


def test_a_thread_died():
    """Its exception counts; an exit ends a thread, and nothing else."""
    exits, told = with_runs(), []
    excepthook = exits._around_threads(told.append)
    found = [SimpleNamespace(exc_value=value) for value in (ValueError("a bug"), SystemExit(3), None)]
    for arguments in found:
        excepthook(arguments)
    assert told == found
    assert exits._user_code.count == 1


def test_what_locust_only_logs(caplog):
    """It is logged as before, and counts where there is an exception."""
    exits = with_runs()
    exits._error("no %s", "exception")
    try:
        len(7)
    except TypeError:
        exits._error("an %s", "exception", exc_info=True)
    assert [record.getMessage() for record in caplog.records] == ["no exception", "an exception"]
    assert [bool(record.exc_info) for record in caplog.records] == [False, True]
    assert exits._user_code.count == 1


def test_a_module_with_a_function_replaced():
    """All others are its own."""
    module = StandIn(sys, exit=len)
    assert module.exit is len
    assert module.path is sys.path


THREADS = [
    pytest.param(ValueError("a bug"), 1, id="a bug"),
    pytest.param(SystemExit(3), 0, id="it ends by itself"),
    pytest.param(None, 0, id="nobody knows of what"),
]


@pytest.mark.parametrize("error, count", THREADS)
def test_a_thread_that_dies(error, count):
    """Of what user code raised, that counts; whoever was told of it before is told all the same."""
    code, told = UserCode(), []
    arguments = SimpleNamespace(exc_value=error)
    Exits(code, {}, object())._around_threads(told.append)(arguments)
    assert (code.count, told) == (count, [arguments])
