"""The way back of one client, on a clock that only moves when somebody sleeps or connects."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.storms.backoff import Backoff, Clock, Hint, HintRule, Reaction, Reset, Timeout
from locust_ext.storms.comeback import (
    ConnectFailed,
    Limits,
    come_back,
)
from locust_ext.storms.curves import Constant, Exponential, Table
from locust_ext.storms.jitter import Full
from locust_ext.storms.waits import Waits

TOGETHER = Hint(HintRule.REPLACE)


class World:
    """A clock, a sleep that oversleeps by ``late``, and a server that fails so often and takes so long to say so."""

    def __init__(self, failures=0, *, takes=0.0, late=0.0, failure=None):
        self.now, self.takes, self.late = 0.0, takes, late
        self.failures, self.failure = failures, failure or ConnectFailed("refused")
        self.times, self.timeouts, self.lags, self.attempts, self.naps = [], [], [], [], []

    def clock(self):
        """Return the time."""
        return self.now

    def sleep(self, seconds):
        """Let the time pass, and some more."""
        self.naps.append(seconds)
        self.now += seconds + self.late

    def connect(self, timeout, opened):
        """Fail, until it has failed often enough."""
        self.times.append(self.now)
        self.timeouts.append(timeout)
        self.now += self.takes
        if len(self.times) <= self.failures:
            raise self.failure
        opened()

    def come_back(self, policy, limits=None, cause="", seed=1):
        """Let one client follow ``policy``; returns whether it came back."""
        return come_back(
            Waits(policy, Random(seed)),
            self,
            limits or Limits(),
            clock=self.clock,
            sleep=self.sleep,
            starting=self.lags.append,
            note=self.attempts.append,
            cause=cause,
        )


def sums(waits):
    """Return the times at which the waits end, one after the other."""
    return [math.fsum(waits[: n + 1]) for n in range(len(waits))]


DOUBLING = Backoff(Exponential(1.0))


@given(failures=st.integers(0, 40), seed=st.integers(0, 2**32))
def test_back_after_some_failures(failures, seed):
    """Each attempt starts when the policy says, to the last one, which succeeds."""
    policy = Backoff(Exponential(1.0), Full(low=0.5), cap=30.0)
    world = World(failures)
    assert world.come_back(policy, seed=seed) is True
    planned = policy.first(failures + 1, Random(seed))
    assert world.times == pytest.approx(sums(planned), abs=1e-6)
    assert [attempt.planned for attempt in world.attempts] == planned
    assert [attempt.outcome for attempt in world.attempts] == ["refused"] * failures + ["ready"]
    assert [attempt.number for attempt in world.attempts] == list(range(failures + 1))
    assert [attempt.started for attempt in world.attempts] == world.times
    assert world.lags == pytest.approx([0.0] * (failures + 1), abs=1e-6)


# From when it counts, the clock, how long an attempt takes, and when the attempts start.
CLOCKS = [
    ("from the end: each failure is waited for", Clock.ATTEMPT_END, 0.5, [1, 3.5, 8]),
    ("from the start: a quick failure waits its slot out", Clock.ATTEMPT_START, 0.5, [1, 3, 7]),
    ("from the start: a slow failure has waited already", Clock.ATTEMPT_START, 3.0, [1, 4, 8]),
    ("from the end: a slow failure waits all the same", Clock.ATTEMPT_END, 3.0, [1, 6, 13]),
    ("no time taken, no difference", Clock.ATTEMPT_START, 0.0, [1, 3, 7]),
]


@pytest.mark.parametrize("what, counted, takes, times", CLOCKS, ids=[row[0] for row in CLOCKS])
def test_clock_of_a_wait(what, counted, takes, times):
    """Whether a wait counts from the start of the attempt before it, or from its failure."""
    world = World(2, takes=takes)
    assert world.come_back(Backoff(Exponential(1.0), clock=counted)) is True
    assert world.times == pytest.approx(times)


def test_never_a_busy_loop():
    """A policy that never waits makes one attempt every ten milliseconds, and reports what it had planned."""
    world = World(100)
    assert world.come_back(Backoff(Constant(0.0))) is True
    assert world.times == pytest.approx([n * 0.01 for n in range(101)])
    assert {attempt.planned for attempt in world.attempts} == {0.0}
    assert world.lags == pytest.approx([0.0] * 101)


def test_an_immediate_cause_is_no_busy_loop():
    """Nor does a cause that says to try again at once."""
    world = World(50)
    assert world.come_back(Backoff(Constant(9.0), causes={"refused": Reaction.IMMEDIATE})) is True
    assert world.times == pytest.approx([9.0 + n * 0.01 for n in range(51)])


def test_a_slow_attempt_needs_no_gap():
    """An attempt that took longer than the gap is followed at once."""
    world = World(3, takes=0.2)
    assert world.come_back(Backoff(Constant(0.0))) is True
    assert world.times == pytest.approx([0.0, 0.2, 0.4, 0.6])


# Why it ends, the policy, the bounds, and how many attempts there are.
ENDS = [
    ("so many attempts and no more", DOUBLING, Limits(attempts=3), 3),
    ("no attempt at all", DOUBLING, Limits(attempts=0), 0),
    ("the policy gives up after two", Backoff(Constant(1.0), attempts=2), Limits(), 2),
    ("the list ends", Backoff(Table((1.0, 2.0, 3.0), tail="stop")), Limits(), 3),
    ("the time is over", Backoff(Constant(2.0), elapsed=5.0), Limits(), 3),
    ("the first to end, ends it", Backoff(Constant(1.0), attempts=9), Limits(attempts=4), 4),
    ("a cause that says stop", Backoff(Constant(1.0), causes={"refused": Reaction.STOP}), Limits(), 1),
]


@pytest.mark.parametrize("what, policy, limits, count", ENDS, ids=[row[0] for row in ENDS])
def test_giving_up(what, policy, limits, count):
    """The way back is bounded; who gives up is not back."""
    world = World(10_000)
    assert world.come_back(policy, limits) is False
    assert len(world.times) == len(world.attempts) == len(world.lags) == count


def test_the_first_cause_counts():
    """Why the connection was lost decides on the first attempt."""
    world = World()
    policy = Backoff(Constant(1.0), causes={"close:1000": Reaction.STOP, "close:1012": Reaction.IMMEDIATE})
    assert world.come_back(policy, cause="close:1000") is False
    assert world.times == []
    assert world.come_back(policy, cause="close:1012") is True
    assert world.times == [0.0]


def test_an_outage_touches_no_link():
    """During an outage attempts fail on the client's side: they count, start on time, and reach no server."""
    world = World()
    assert world.come_back(DOUBLING, Limits(refused_until=10.0)) is True
    assert [attempt.started for attempt in world.attempts] == [1, 3, 7, 15]
    assert [attempt.outcome for attempt in world.attempts] == ["refused", "refused", "refused", "ready"]
    assert world.times == [15]
    assert len(world.lags) == 4


def test_the_end_of_an_outage():
    """An attempt at the very end of the outage reaches the server."""
    world = World()
    assert world.come_back(DOUBLING, Limits(refused_until=3.0)) is True
    assert world.times == [3]


# Whose timeout it is, the policy's, the configured one, and what three attempts are given.
TIMEOUTS = [
    ("the client's own", Timeout(20.0), None, [20, 20, 20]),
    ("the client's own, growing", Timeout(1.0, 2.0), None, [1, 2, 4]),
    ("the client's own, at least the wait", Timeout(1.5, at_least_the_wait=True), None, [1.5, 2, 4]),
    ("the configured one goes before", Timeout(20.0), 5.0, [5, 5, 5]),
    ("also when it is longer", Timeout(20.0), 90.0, [90, 90, 90]),
    ("nobody says: the longest", Timeout(), None, [60.0] * 3),
    ("nobody says but the configuration", Timeout(), 5.0, [5, 5, 5]),
]


@pytest.mark.parametrize("what, own, configured, timeouts", TIMEOUTS, ids=[row[0] for row in TIMEOUTS])
def test_timeouts(what, own, configured, timeouts):
    """How many seconds the link is given for each attempt."""
    world = World(2)
    assert world.come_back(Backoff(Exponential(1.0), timeout=own), Limits(timeout=configured)) is True
    assert world.timeouts == timeouts


# What becomes of the hint, the client's rule, the hint, and when the second attempt starts.
HINTS = [
    ("respected", TOGETHER, 7.0, 8.0),
    ("a day is cut", TOGETHER, 86_400.0, 301.0),
    ("the endless is cut", TOGETHER, math.inf, 301.0),
    ("a day is cut with at least as well", Hint(HintRule.AT_LEAST), 86_400.0, 301.0),
    ("ignored by a client that ignores", Hint(), 86_400.0, 3.0),
    ("nothing asked, the own wait", TOGETHER, None, 3.0),
]


@pytest.mark.parametrize("what, rule, hint, second", HINTS, ids=[row[0] for row in HINTS])
def test_hints(what, rule, hint, second):
    """A server can ask to stay away, not for ever; what it asked for is told as it was."""
    world = World(1, failure=ConnectFailed("status:503", hint))
    assert world.come_back(Backoff(Exponential(1.0), hint=rule)) is True
    assert world.times == [1.0, second]
    assert [attempt.hint for attempt in world.attempts] == [hint, None]


def test_a_hint_counts_once():
    """A hint is for the next attempt; when that fails without one, the client waits as it would."""
    world = World(1, failure=ConnectFailed("status:503", 10.0))
    limits = Limits(refused_until=12.0)
    assert world.come_back(Backoff(Exponential(1.0), hint=TOGETHER), limits) is True
    assert world.times == [15.0, 25.0]  # in the outage at 1, 3 and 7; hinted at 15


def test_lag():
    """Anyone who oversleeps tells by how much, and the next wait counts from there."""
    world = World(2, late=0.25)
    assert world.come_back(DOUBLING) is True
    assert world.lags == [0.25, 0.25, 0.25]
    assert [attempt.lag for attempt in world.attempts] == world.lags
    assert world.times == [1.25, 3.5, 7.75]


def test_lag_does_not_add_up_from_the_start():
    """Counted from the start of an attempt, a late one moves the next one by its own lag alone."""
    world = World(1, takes=0.5, late=0.25)
    assert world.come_back(Backoff(Constant(2.0), clock=Clock.ATTEMPT_START)) is True
    assert world.times == [2.25, 4.5]


def test_a_sleep_that_ends_early():
    """Who wakes up too early sleeps again, and never starts before its time."""
    world = World(1)

    def nap(seconds):
        world.naps.append(seconds)
        world.now += min(seconds, 0.25)

    world.sleep = nap
    assert world.come_back(Backoff(Constant(1.0))) is True
    assert world.times == [1.0, 2.0]
    assert world.naps == [1.0, 0.75, 0.5, 0.25] * 2


def test_starting_comes_before_the_attempt():
    """Who counts attempts hears of one before it is made, and its end after."""
    heard = []
    world = World()
    link_connect = world.connect

    class Link:
        def connect(self, timeout, opened):
            heard.append("connect")
            link_connect(timeout, opened)

    back = come_back(
        Waits(Backoff(), Random(1)),
        Link(),
        Limits(),
        clock=world.clock,
        sleep=world.sleep,
        starting=lambda _: heard.append("starting"),
        note=lambda _: heard.append("over"),
    )
    assert back is True
    assert heard == ["starting", "connect", "over"]


def test_a_surprise_is_a_failed_attempt():
    """What a client raises in its surprise is why the attempt failed; the user is not lost."""
    world = World(2, failure=ZeroDivisionError("a bug in the user's code"))
    assert world.come_back(DOUBLING) is True
    assert [attempt.outcome for attempt in world.attempts] == ["ZeroDivisionError"] * 2 + ["ready"]


def test_a_failure_that_is_called_ready():
    """A failure is one whatever its name."""
    world = World(1, failure=ConnectFailed("ready"))
    assert world.come_back(DOUBLING) is True
    assert world.times == [1.0, 3.0]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_must_stop_stops(error):
    """An order to stop is not a failed attempt."""
    world = World(1, failure=error())
    with pytest.raises(error):
        world.come_back(DOUBLING)


# When the count starts again, the rule, and when the second way back makes its first attempt.
AGAIN = [
    ("opened, and again", Reset.ON_OPEN, 1.0),
    ("ready, and again", Reset.ON_READY, 1.0),
    ("not before it has lasted", Reset.ON_UPTIME, 4.0),
    ("not before it is lost", Reset.PER_INCIDENT, 4.0),
]


@pytest.mark.parametrize("what, rule, wait", AGAIN, ids=[row[0] for row in AGAIN])
def test_the_next_way_back(what, rule, wait):
    """What a client remembers of its way back when it must go again."""
    world = World(1)
    waits = Waits(Backoff(Exponential(1.0), reset=rule, uptime=math.inf), Random(1))
    for _ in range(2):
        assert come_back(
            waits,
            world,
            Limits(),
            clock=world.clock,
            sleep=world.sleep,
            starting=world.lags.append,
            note=world.attempts.append,
        )
    assert world.times == [1.0, 3.0, 3.0 + wait]
