"""What user code did: counted once, told in one line, carried from workers to the master."""

import pytest
from gevent import GreenletExit
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

from locust_ext.measure.report import Raised
from locust_ext.measure.user_code import INTERRUPTED, UserCode, exit_code_of


def caught(error):
    """Return the exception as it is when it was raised and caught."""
    with pytest.raises(type(error)) as found:
        raise error
    return found.value


@pytest.mark.parametrize(
    "steering", [StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet, GreenletExit]
)
def test_control_flow_is_no_exception(steering):
    """What steers users says nothing against the code."""
    code = UserCode()
    code.raised(caught(steering()))
    assert (code.count, code.first) == (0, "")


def test_an_exception_counts_once():
    """Locust tells of an exception in on_start, and gevent tells of it again when the greenlet dies."""
    code, error = UserCode(), caught(ValueError("a\nbug"))
    code.raised(error)
    code.raised(error)
    code.raised(caught(KeyError("another")))
    assert code.count == 2
    assert code.first.startswith("ValueError: a bug (test_user_code.py:")


class SealedError(Exception):
    """An exception that refuses attributes and has no text."""

    def __setattr__(self, name, value):
        raise TypeError(name)

    def __str__(self):
        raise RuntimeError


def test_an_odd_exception_counts_too():
    """An exception that can be neither marked nor printed is counted."""
    code = UserCode()
    code.raised(caught(SealedError()))
    assert (code.count, code.first.startswith("SealedError: ?")) == (1, True)


CODES = [
    ("none", None, 0),
    ("zero", 0, 0),
    ("a number", 3, 3),
    ("a negative number, as the system cuts it", -1, 255),
    ("a number over 255, as the system cuts it", 256, 0),
    ("a truth", True, 1),
    ("a text, which Python prints", "text", 1),
]


@pytest.mark.parametrize("value, code", [row[1:] for row in CODES], ids=[row[0] for row in CODES])
def test_exit_code_of(value, code):
    """What a process ends with after sys.exit."""
    assert exit_code_of(value) == code


DEPARTURES = [
    ("an exit", [(SystemExit(3), False)], 3),
    ("the first exit decides", [(SystemExit(3), False), (SystemExit(4), False)], 3),
    ("Ctrl-C of user code, which Locust catches", [(KeyboardInterrupt(), False)], None),
    ("a second one, which it does not", [(KeyboardInterrupt(), False)] * 2, INTERRUPTED),
    ("one in a place where it does not", [(KeyboardInterrupt(), True)], INTERRUPTED),
    ("anything else", [(StopUser(), True)], 1),
]


@pytest.mark.parametrize("errors, code", [row[1:] for row in DEPARTURES], ids=[row[0] for row in DEPARTURES])
def test_departures(errors, code):
    """With what a process would have ended without us."""
    found = UserCode()
    for error, uncaught in errors:
        found.left(caught(error), uncaught=uncaught)
    assert found.departure.code == code


def test_a_second_run_begins_clean():
    """What was raised before the first run is of the first; what was raised in a run is not of the next."""
    code = UserCode()
    code.raised(caught(ValueError()))
    code.begin()
    assert code.count == 1
    code.begin()
    assert (code.count, code.first) == (0, "")


def test_a_worker_s_report_reaches_the_master():
    """Each report carries what is new, and the master's sum is that of all workers."""
    worker, master = UserCode(), UserCode()
    assert worker.take() == {}
    worker.raised(caught(ValueError("one")))
    master.receive(Raised.model_validate(worker.take()), "w1")
    worker.raised(caught(ValueError("two")))
    worker.left(caught(SystemExit(0)))
    master.receive(Raised.model_validate(worker.take()), "w1")
    master.receive(None, "w2")
    assert master.count == 2
    assert "ValueError: one" in master.first
    assert master.first.endswith("on worker w1")
    assert (master.departure.code, "sys.exit(0)" in master.departure.text) == (None, True)


def test_the_first_departure_of_a_worker_is_told():
    """A worker that says of none changes nothing, and a second one does not replace the first."""
    master = UserCode()
    master.receive(Raised(count=1, first="ValueError"), "w1")
    assert master.departure is None
    assert master.first == "ValueError on worker w1"
    master.receive(Raised(left="sys.exit(3)"), "w2")
    master.receive(Raised(left="sys.exit(4)"), "w3")
    assert (master.departure.code, master.departure.text) == (None, "sys.exit(3) on worker w2")
    assert (master.count, master.first) == (1, "ValueError on worker w1")
