"""Tasks as iterations: which count, and how long they took."""

from types import SimpleNamespace

import gevent
import pytest
from locust import TaskSet

from locust_ext.measure import iterations as module
from locust_ext.measure.iterations import IterationClock, IterationsTold, iteration_clock
from locust_ext.measure.open_requests import LOSES


class Recorder:
    """Remembers iterations."""

    def __init__(self):
        self.counted, self.lost = [], []
        self.on_iteration, self.lose_iteration = self.counted.append, self.lost.append


@pytest.fixture
def clock(monkeypatch):
    """A clock that the tasks move."""
    state = SimpleNamespace(now=50.0)
    monkeypatch.setattr(module, "perf_counter", lambda: state.now)
    return state


def killed(*, loses):
    """Return what ends a greenlet; ``loses``: in the middle of a request."""
    error = gevent.GreenletExit()
    if loses:
        setattr(error, LOSES, True)
    return error


ENDS = [
    ("it returned", None, [2000.0], []),
    ("it raised", ValueError("mine"), [2000.0], []),
    ("the process was interrupted", KeyboardInterrupt(), [2000.0], []),
    ("it was killed between two requests", killed(loses=False), [], []),
    ("it was killed within a request", killed(loses=True), [], [50.0]),
]


@pytest.mark.parametrize("error, counted, lost", [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_what_counts(clock, error, counted, lost):
    """Milliseconds of what ran to its end; of what was lost, when it began. What it raised goes on."""

    def execute(task_set, task):
        clock.now += 2
        if error is not None:
            raise error
        return task_set, task

    recorder = Recorder()
    run = iteration_clock(recorder)(execute)
    if error is None:
        assert run("a set", print) == ("a set", print)
    else:
        with pytest.raises(type(error)) as raised:
            run("a set", print)
        assert raised.value is error
    assert (recorder.counted, recorder.lost) == (counted, lost)
    assert run.__name__ == "execute"


def test_a_nested_set_is_none(clock):
    """It is run, and its tasks count, not itself."""
    recorder = Recorder()
    assert iteration_clock(recorder)(lambda task_set, task: (task_set, task))("a set", TaskSet) == ("a set", TaskSet)
    assert (recorder.counted, recorder.lost) == ([], [])


def test_only_runs_that_judge_it_pay():
    """The order is there or not."""
    assert isinstance(IterationClock(Recorder(), None).orders(True), IterationsTold)  # type: ignore[arg-type]
    assert IterationClock(Recorder(), None).orders(False) is None  # type: ignore[arg-type]
