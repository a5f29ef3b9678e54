"""Time that only moves when everybody waits, so that a test of minutes takes milliseconds."""

import heapq
from itertools import count

import gevent
import pytest
from gevent.event import Event

# A greenlet that wakes another one that wakes a third: so many turns of the loop until all have come to rest.
SETTLING_TURNS = 6


class World:
    """A clock and a sleep for greenlets; `run` moves time."""

    def __init__(self):
        self.now = 0.0
        self.slept = []
        self._order = count()
        self._alarms = []

    def clock(self):
        """Tell the time."""
        return self.now

    def sleep(self, seconds):
        """Wait until time has been moved so far."""
        self.slept.append(seconds)
        alarm = Event()
        heapq.heappush(self._alarms, (self.now + seconds, next(self._order), alarm))
        alarm.wait()

    def run(self, until):
        """Let everybody go on up to this moment."""
        self.settle()
        while self._alarms and self._alarms[0][0] <= until:
            self.now, _, alarm = heapq.heappop(self._alarms)
            alarm.set()
            self.settle()
        self.now = until

    @staticmethod
    def settle():
        """Let greenlets that can go on do so."""
        for _ in range(SETTLING_TURNS):
            gevent.sleep(0)


@pytest.fixture(scope="session")
def worlds():
    """Make worlds, for properties that need a new one for every example."""
    return World


@pytest.fixture
def world():
    """Time under the test's control."""
    return World()


@pytest.fixture
def spawn():
    """Start greenlets that are killed when the test ends."""
    started = []

    def start(function, *args):
        started.append(gevent.spawn(function, *args))
        return started[-1]

    yield start
    gevent.killall(started)
