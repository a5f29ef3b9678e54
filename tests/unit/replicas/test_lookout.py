"""The lookout over made-up time: which lag it finds, how exactly, and what it makes of reads that fail or hang."""

from types import SimpleNamespace

import pytest
from gevent import GreenletExit
from hypothesis import assume, given
from hypothesis import strategies as st
from locust.exception import RescheduleTask, StopUser

from locust_ext.replicas.lookout import look_out
from locust_ext.replicas.returned import MistakenUseError, Sight
from locust_ext.replicas.terms import Terms

ANSWERED = 100.0
THERE, NOT_THERE = Sight(is_visible=True), Sight(is_visible=False)


class Replica:
    """A replica that has the value from an instant on, and takes a while to answer as of the middle of that while."""

    def __init__(self, visible, takes=0.0, fails=lambda _: None):
        self.now, self.visible, self.takes, self.fails = ANSWERED, ANSWERED + visible, takes, fails
        self.looks, self.slept = [], []

    def read(self):
        began = self.now
        self.now += self.takes / 2
        sight = THERE if self.now >= self.visible else NOT_THERE
        self.now += self.takes / 2
        error = self.fails(began - ANSWERED)
        if error is not None:
            raise error
        return sight

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds + 1e-6

    def look_out(self, pause=0.02, deadline=1.0):
        return look_out(
            self.read,
            Terms(pause, deadline, ""),
            ANSWERED,
            clock=lambda: self.now,
            sleep=self.sleep,
            note=self.looks.append,
        )


LAGS = [  # (after how long it is there, how long reads take, the lag that is found)
    pytest.param(0.0, 0.0, 0.0, id="at once"),
    pytest.param(0.0, 0.5, 0.0, id="at once, and reads are slow: their time is not lag"),
    pytest.param(0.01, 0.0, 0.02, id="before the second read"),
    pytest.param(0.05, 0.0, 0.06, id="before the fourth"),
    pytest.param(0.05, 0.2, 0.0, id="while the first read was under way, which saw it"),
    pytest.param(0.15, 0.2, 0.22, id="after the first read had looked"),
    pytest.param(1.0, 0.0, 1.0, id="at the deadline"),
]


@pytest.mark.parametrize("visible, takes, lag", LAGS)
def test_the_lag(visible, takes, lag):
    """It is the time from the write's answer to the beginning of the first read that saw it."""
    replica = Replica(visible, takes)
    ending = replica.look_out()
    assert ending.lag == pytest.approx(lag, abs=1e-3)
    assert ending.failure is None
    assert [look.is_first for look in replica.looks] == [True] + [False] * (ending.reads - 1)
    assert [look.sight for look in replica.looks] == [NOT_THERE] * (ending.reads - 1) + [THERE]


@given(st.floats(0, 2), st.floats(0, 0.3), st.floats(0.001, 0.3))
def test_how_exact_it_is(visible, takes, pause):
    """Too long by a pause and a read at the most, and too short by a read at the most."""
    replica = Replica(visible, takes)
    ending = replica.look_out(pause, 3.0)
    assert visible - takes - 1e-3 <= ending.lag <= visible + pause + takes + 1e-3


@given(st.floats(0.01, 2), st.floats(0, 0.5), st.floats(0.001, 0.5))
def test_never_seen(deadline, takes, pause):
    """Only after a read that began when the deadline had come, and soon after that."""
    assume(deadline / (takes + pause) < 500)
    replica = Replica(1e9, takes)
    ending = replica.look_out(pause, deadline)
    assert (ending.lag, ending.failure) == (None, None)
    assert replica.now - takes >= ANSWERED + deadline
    assert replica.now <= ANSWERED + deadline + 2 * takes + 0.01
    assert all(0 <= slept <= pause for slept in replica.slept)


ERROR = OSError("gone")
FAILURES = [  # (which reads fail, by when they begin; lag; whether the end is unknown)
    pytest.param(lambda at: ERROR if at < 0.3 else None, 0.3, False, id="until it is there: longer than it was"),
    pytest.param(lambda at: ERROR if at >= 0.3 else None, 0.1, False, id="after it was seen: nobody asks"),
    pytest.param(lambda _: ERROR, None, True, id="all: whether it is there is unknown"),
]


@pytest.mark.parametrize("fails, lag, is_unknown", FAILURES)
def test_reads_that_fail(fails, lag, is_unknown):
    """Neither end the lookout, nor say that the value is not there."""
    replica = Replica(0.1, 0.0, fails)
    ending = replica.look_out()
    assert ending.lag == (None if lag is None else pytest.approx(lag, abs=0.03))
    assert (ending.failure is ERROR) is is_unknown
    assert [(look.sight is None, look.failure is ERROR) for look in replica.looks if look.failure] == [
        (True, True)
    ] * sum(look.sight is None for look in replica.looks)


def test_the_last_read_fails_of_many_that_did_not():
    """Then nobody knows whether it is there."""
    ending = Replica(0.5, 0.0, lambda at: ERROR if at > 0.4 else None).look_out()
    assert (ending.lag, ending.failure) == (None, ERROR)


@pytest.mark.parametrize(
    "error", [StopUser(), RescheduleTask(), GreenletExit(), MistakenUseError("read() …")], ids=repr
)
def test_what_passes_through(error):
    """What steers users, and a mistake that no further read would mend."""
    replica = Replica(1.0, 0.0, lambda at: error if at > 0.1 else None)
    with pytest.raises(type(error)):
        replica.look_out()
    assert all(look.failure is None for look in replica.looks)


def test_a_clock_that_does_not_move():
    """A read that takes no time at all, as one of a stand-in: the pause is kept, and the lag is not below 0."""
    world = SimpleNamespace(now=ANSWERED - 1e-9)
    ending = look_out(
        lambda: THERE,
        Terms(0.02, 1.0, ""),
        ANSWERED,
        clock=lambda: world.now,
        sleep=lambda _: None,
        note=lambda _: None,
    )
    assert ending.lag == 0
