"""The passage: nothing passes without a fresh word that it may, in order, and anyone who waits can be stopped."""

from __future__ import annotations

from time import monotonic
from types import SimpleNamespace

import gevent
import pytest
from gevent import GreenletExit
from hypothesis import given
from hypothesis import strategies as st
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind
from locust_ext.safety import admission as module
from locust_ext.safety.admission import PAID, Admission

FOREVER = 3600.0
PLENTY = 100_000
"""Requests in a second: their intervals are shorter than a turn of the loop."""


@pytest.fixture
def recorder():
    """Return a recorder."""
    return Recorder()


@pytest.fixture
def passage(recorder):
    """Return a passage, and end whatever waits in it after the test."""
    one = Admission(recorder)
    setattr(gevent.getcurrent(), PAID, False)
    yield one
    setattr(gevent.getcurrent(), PAID, False)
    one.close("the test is over")
    if one._server:
        one._server.kill()


@pytest.fixture
def clock(monkeypatch):
    """Return a clock of the passage that only the test moves: ``clock.now``."""
    fake = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "monotonic", lambda: fake.now)
    return fake


class Waiters:
    """Greenlets that ask for a turn each, and the order in which they got it."""

    def __init__(self, passage, count, user=None):
        self.passed, self.ended = [], []
        self.all = [gevent.spawn(self._ask, passage, n, user) for n in range(count)]
        settle()

    def _ask(self, passage, n, user):
        try:
            passage.turn(user)
        except GreenletExit as end:
            self.ended.append((n, str(end)))
        else:
            self.passed.append(n)


def settle():
    """Let everything run that can without time passing."""
    for _ in range(5):
        gevent.sleep(0)


def after(passage, clock, seconds):
    """Let time pass, and lend one request more."""
    clock.now += seconds
    passage.lend(1, 1.0, clock.now + FOREVER)


def waited(recorder):
    """Return the trend of waits that was recorded."""
    store = Store()
    store.merge(recorder.take())
    return store.select(Selector("cap_wait"), Kind.TREND)


def test_without_a_cap_and_a_switch(passage, recorder):
    """Everything passes at once, nothing is recorded, and nobody would send more than it does."""
    assert [passage.turn() for _ in range(1000)] == [0.0] * 1000
    assert waited(recorder).count == 0
    assert passage.demand == 0
    assert passage._server is None


def test_with_a_cap_nothing_before_a_lease(passage, clock):
    """A cap alone lets nothing pass, however long it takes; the first lease does."""
    passage.cap()
    waiters = Waiters(passage, 2)
    clock.now += 999
    settle()
    assert waiters.passed == []
    assert passage.demand == 2
    passage.lend(PLENTY, 1.0, clock.now + FOREVER)
    clock.now += 1
    passage.lend(PLENTY, 1.0, clock.now + FOREVER)
    settle()
    assert waiters.passed == [0, 1]


def test_a_lease_without_a_cap_changes_nothing(passage, clock):
    """A lease that comes late, from a run with a cap, holds nothing back in one without."""
    passage.lend(0, 1.0, clock.now)
    assert passage.turn() == 0.0


def test_they_wait_in_order(passage):
    """Who came first goes first, at the pace of the lease."""
    passage.cap()
    waiters = Waiters(passage, 8)
    began = monotonic()
    passage.lend(100, 1.0, began + FOREVER)
    gevent.joinall(waiters.all, timeout=5)
    assert waiters.passed == list(range(8))
    assert 0.05 <= monotonic() - began < 2


def test_nobody_overtakes_who_waits(passage, clock):
    """Anyone who comes while others wait is behind them, even when it might go."""
    passage.cap()
    passage.lend(1, 10.0, clock.now + FOREVER)
    assert passage.turn() == 0.0
    first = Waiters(passage, 1)
    clock.now += 10
    second = Waiters(passage, 1)
    assert (first.passed, second.passed) == ([], [])
    passage.lend(1, 10.0, clock.now + FOREVER)
    settle()
    assert (first.passed, second.passed) == ([0], [])


def test_what_was_sent_counts_under_the_next_lease(passage, clock):
    """A new lease is not a new window."""
    passage.cap()
    passage.lend(1, 1.0, clock.now + FOREVER)
    assert passage.turn() == 0.0
    passage.lend(1, 1.0, clock.now + FOREVER)
    waiters = Waiters(passage, 1)
    assert waiters.passed == []
    assert passage.demand == 2, "the one that was sent, and the one that waits"
    clock.now += 1
    passage.lend(1, 1.0, clock.now + FOREVER)
    settle()
    assert waiters.passed == [0]


DEMANDS = [
    ("within the window", 0.5, 5),
    ("a window later", 1.001, 5),
    ("after a pause of two", 2.0, 3),
    ("after a long pause", 10.0, 1),
]


@pytest.mark.parametrize("seconds, demand", [row[1:] for row in DEMANDS], ids=[row[0] for row in DEMANDS])
def test_the_demand_of_a_process_that_falls_silent(passage, clock, seconds, demand):
    """As many as it sent in a window of the time since it was last asked, rounded up; and then what it sends now."""
    passage.reset()  # by that clock
    passage.cap()
    passage.lend(PLENTY, 1.0, clock.now + FOREVER)
    for _ in range(5):
        clock.now += 0.00001
        assert passage.turn() == 0.0
    clock.now += seconds - 0.00005
    assert passage.demand == demand
    clock.now += 3.0
    assert passage.demand == (0 if seconds >= 1.0 else 2)


def test_a_lease_that_runs_out_is_silence(passage, clock):
    """From the moment on at which it ends nothing passes; the next lease ends the silence."""
    passage.cap()
    passage.lend(PLENTY, 1.0, clock.now + 3)
    clock.now += 2.999
    assert passage.turn() == 0.0
    clock.now += 0.001
    waiters = Waiters(passage, 1)
    clock.now += 100
    settle()
    assert waiters.passed == []
    passage.lend(PLENTY, 1.0, clock.now + 3)
    settle()
    assert waiters.passed == [0]
    assert passage.turn() == 0.0


def test_a_lease_runs_out_while_they_wait_for_their_turn(passage, clock):
    """Whose turn would come after the end of the lease stays where it is, until the next."""
    passage.cap()
    waiters = Waiters(passage, 3)
    passage.lend(50, 1.0, clock.now + 0.005)
    settle()
    assert waiters.passed == [0]
    clock.now += 0.5
    gevent.sleep(0.05)  # the next turn would have come meanwhile
    assert waiters.passed == [0]
    for _ in range(2):
        clock.now += 1
        passage.lend(50, 1.0, clock.now + FOREVER)
        settle()
    assert waiters.passed == [0, 1, 2]


def test_a_lease_of_nothing(passage, clock):
    """A quota of 0 is silence too."""
    passage.cap()
    passage.lend(0, 1.0, clock.now + FOREVER)
    waiters = Waiters(passage, 1)
    clock.now += 100
    settle()
    assert waiters.passed == []
    passage.lend(1, 1.0, clock.now + FOREVER)
    settle()
    assert waiters.passed == [0]


def test_closing_ends_those_who_wait(passage, clock):
    """Everyone that waits, and everyone that comes, ends with the reason that came first."""
    passage.cap()
    waiters = Waiters(passage, 3)
    passage.close("the flag says no")
    passage.close("something else")
    settle()
    assert waiters.passed == []
    assert waiters.ended == [(n, "the flag says no") for n in range(3)]
    with pytest.raises(GreenletExit, match="the flag says no"):
        passage.turn()
    assert passage.demand == 0


@pytest.mark.parametrize("word", ["lend", "vouch"])
def test_a_closed_passage_never_opens_again_in_its_run(passage, clock, word):
    """Neither a lease nor a vouch opens it; the next run does."""
    passage.cap()
    passage.close("over")
    if word == "lend":
        passage.lend(PLENTY, 1.0, clock.now + FOREVER)
    else:
        passage.vouch(clock.now + FOREVER)
    with pytest.raises(GreenletExit, match="over"):
        passage.turn()
    passage.reset()
    assert passage.turn() == 0.0
    assert passage.closed == ""


def test_nothing_passes_before_the_kill_switch_has_vouched(passage, clock):
    """Until then they wait; with its word all of them go, in order."""
    passage.await_word(clock.now + 5)
    waiters = Waiters(passage, 4)
    clock.now += 4.9
    assert waiters.passed == []
    passage.vouch(clock.now + 5)
    settle()
    assert waiters.passed == [0, 1, 2, 3]
    assert passage.turn() == 0.0


STALE = "the kill switch: it was not read in time, so that nobody knows whether the run is allowed"


def test_the_word_does_not_come_in_time(passage, clock):
    """The next request after that closes the passage, and ends those who wait."""
    passage.await_word(clock.now + 5)
    waiters = Waiters(passage, 1)
    clock.now += 5
    with pytest.raises(GreenletExit, match="not read in time"):
        passage.turn()
    settle()
    assert waiters.ended == [(0, STALE)]
    assert passage.closed == STALE


def test_a_stale_vouch_closes(passage, clock):
    """A word is good until the moment that it names, and from then on it is none; the master hears of it first."""
    told = []
    passage.on_stale = lambda reason: told.append((reason, passage.closed))
    passage.await_word(clock.now + 5)
    passage.vouch(clock.now + 5)
    clock.now += 4.999
    assert passage.turn() == 0.0
    clock.now += 0.001
    assert told == []
    with pytest.raises(GreenletExit):
        passage.turn()
    assert passage.closed == STALE
    assert told == [(STALE, "")]
    passage.vouch(clock.now + 5)
    with pytest.raises(GreenletExit):
        passage.turn()


def test_both_words_are_needed(passage, clock):
    """With a cap and a switch the earlier end counts, whichever it is."""
    passage.cap()
    passage.await_word(clock.now + FOREVER)
    passage.vouch(clock.now + FOREVER)
    waiters = Waiters(passage, 1)
    assert waiters.passed == [], "vouched for, and no lease"
    passage.lend(PLENTY, 1.0, clock.now + 3)
    settle()
    assert waiters.passed == [0]
    clock.now += 3
    waiters = Waiters(passage, 1)
    assert waiters.passed == [], "the lease has run out"
    assert passage.closed == "", "which closes nothing"


def test_a_lease_does_not_stand_for_the_switch(passage, clock):
    """Nor the other way round."""
    passage.cap()
    passage.await_word(clock.now + 5)
    passage.lend(PLENTY, 1.0, clock.now + FOREVER)
    waiters = Waiters(passage, 1)
    assert waiters.passed == []


def user(state):
    return SimpleNamespace(_state=state)


def test_a_user_that_waits_can_be_stopped(passage, clock):
    """While it waits it is in the state in which Locust stops users at once, and afterwards in the one before."""
    passage.await_word(clock.now + FOREVER)
    one = user(LOCUST_STATE_RUNNING)
    waiters = Waiters(passage, 1, one)
    assert one._state == LOCUST_STATE_WAITING
    passage.vouch(clock.now + FOREVER)
    settle()
    assert waiters.passed == [0]
    assert one._state == LOCUST_STATE_RUNNING


def test_a_user_that_is_stopped_already(passage, clock):
    """It does not wait at all, and takes nobody's turn."""
    passage.await_word(clock.now + FOREVER)
    with pytest.raises(StopUser):
        passage.turn(user(LOCUST_STATE_STOPPING))
    assert passage.demand == 0


def test_a_state_of_its_own_stays(passage, clock):
    """Who is in no state, or waits already, is left in it."""
    passage.await_word(clock.now + FOREVER)
    one = user(LOCUST_STATE_WAITING)
    Waiters(passage, 1, one)
    Waiters(passage, 1, SimpleNamespace())
    passage.vouch(clock.now + FOREVER)
    settle()
    assert one._state == LOCUST_STATE_WAITING


def test_a_user_that_is_killed_while_it_waits(passage, clock):
    """It leaves the queue with its greenlet."""
    passage.await_word(clock.now + FOREVER)
    waiters = Waiters(passage, 1, user(LOCUST_STATE_RUNNING))
    assert passage.demand == 1
    waiters.all[0].kill()
    assert passage.demand == 0
    passage.vouch(clock.now + FOREVER)
    assert passage.turn() == 0.0


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_who_is_interrupted_leaves_no_hole(killed):
    """No matter who of them is killed: the others go, in the order in which they came, and nobody is left."""
    passage = Admission(Recorder())
    passage.await_word(monotonic() + FOREVER)
    waiters = Waiters(passage, len(killed))
    for greenlet, dies in zip(waiters.all, killed, strict=True):
        if dies:
            greenlet.kill()
    passage.vouch(monotonic() + FOREVER)
    settle()
    assert waiters.passed == [n for n, dies in enumerate(killed) if not dies]
    assert passage.demand == 0
    assert passage.turn() == 0.0


def test_who_is_interrupted_in_front_of_the_queue(passage, clock):
    """The next one takes its turn under a cap, no later than it would have been."""
    passage.cap()
    passage.lend(1, 10.0, clock.now + FOREVER)
    assert passage.turn() == 0.0
    waiters = Waiters(passage, 2)
    waiters.all[0].kill()
    after(passage, clock, 10.0)
    settle()
    assert waiters.passed == [1]


def test_a_timeout_while_it_waits(passage, clock):
    """A wait ends with a Timeout as with a kill."""
    passage.await_word(clock.now + FOREVER)
    with gevent.Timeout(0.01, False):
        passage.turn()
        pytest.fail("nothing may pass")
    assert passage.demand == 0


def test_the_wait_is_recorded(passage, recorder, clock):
    """How long each has waited is measured in milliseconds and returned in seconds."""
    passage.cap()
    gevent.spawn(after, passage, clock, 0.25)
    assert passage.turn() == pytest.approx(0.25)
    trend = waited(recorder)
    assert trend.count == 1
    assert trend.maximum == pytest.approx(250)


def test_what_did_not_wait_is_not_recorded(passage, recorder, clock):
    """Nor what was ended while it waited."""
    passage.cap()
    passage.lend(1, 1.0, clock.now + FOREVER)
    passage.turn()
    Waiters(passage, 2)
    passage.close("over")
    settle()
    assert waited(recorder).count == 0


def test_one_turn_is_for_one_request(passage):
    """What was waited for before is spent by the request: together they take one turn, and owe nothing."""
    passage.cap()
    passage.lend(2, FOREVER, monotonic() + FOREVER)
    passage._pace._tolerance = FOREVER  # both may go at once

    def request():
        assert passage.prepay() == 0.0
        assert passage.prepay() == 0.0, "it has had its turn already"
        passage.spend()
        return passage.settle()

    assert [gevent.spawn(request).get(timeout=5) for _ in range(2)] == [0.0, 0.0]
    assert passage.demand == 2


def test_a_wait_before_the_measurement_is_not_owed(passage, clock):
    """Who waited for its turn before its clock started is told of nothing."""
    passage.cap()
    gevent.spawn(after, passage, clock, 0.25)
    assert passage.prepay() == pytest.approx(0.25)
    passage.spend()
    assert passage.settle() == 0.0


def test_a_second_request_within_a_measurement_waits_and_is_owed(passage, clock):
    """A redirect, a resend: it waits for a turn of its own, and the event of its measurement is told so, once."""
    passage.cap()
    told = []
    passage.on_late = lambda: told.append(len(passage._owed))
    passage.lend(1, 1.0, clock.now + FOREVER)
    passage.prepay()
    passage.spend()
    assert told == []
    for seconds in (1.0, 2.0):
        gevent.spawn(after, passage, clock, seconds)
        passage.spend()
    assert told == [0, 1], "told before anything is owed"
    assert passage.settle() == pytest.approx(3.0), "both waits"
    assert passage.settle() == 0.0
    assert not passage._owed


def test_what_did_not_have_to_wait_is_not_owed(passage):
    """Without a cap a second request passes at once, and nobody is told."""
    passage.on_late = lambda: pytest.fail("nothing was late")
    passage.prepay()
    for _ in range(3):
        passage.spend()
    assert passage.settle() == 0.0


def late(passage, monkeypatch, seconds):
    """Let the request of this greenlet wait within its measurement, without time passing."""
    with monkeypatch.context() as patch:
        patch.setattr(passage, "turn", lambda user=None: seconds)
        passage.spend()


def test_a_request_within_the_measurement_of_another(passage, monkeypatch):
    """Each event takes off what its own request has waited: the inner one comes first."""
    passage.prepay()
    passage.spend()
    late(passage, monkeypatch, 1.0)
    passage.prepay()
    passage.spend()
    late(passage, monkeypatch, 0.25)
    late(passage, monkeypatch, 0.25)
    assert passage.settle() == 0.5
    late(passage, monkeypatch, 2.0)
    assert passage.settle() == 3.0
    assert passage.settle() == 0.0


def test_a_request_on_time_within_the_measurement_of_a_late_one(passage, monkeypatch):
    """Nothing is taken off the inner one, and the outer one's is not lost."""
    passage.prepay()
    passage.spend()
    late(passage, monkeypatch, 1.0)
    passage.prepay()
    passage.spend()
    assert passage.settle() == 0.0
    assert passage.settle() == 1.0


def test_the_next_request_is_not_told_of_the_last_one(passage, monkeypatch):
    """What was settled is settled."""
    passage.prepay()
    passage.spend()
    late(passage, monkeypatch, 1.0)
    assert passage.settle() == 1.0
    passage.prepay()
    passage.spend()
    assert passage.settle() == 0.0


def test_each_greenlet_owes_its_own(passage, monkeypatch):
    """What one has waited for is not taken off another's measurement."""

    def request(seconds):
        late(passage, monkeypatch, seconds)
        gevent.sleep(0)
        return passage.settle()

    both = [gevent.spawn(request, seconds) for seconds in (1.0, 2.0)]
    settle()
    assert [one.get(timeout=5) for one in both] == [1.0, 2.0]
    assert passage.settle() == 0.0


def test_who_is_dead_is_forgotten(passage, monkeypatch):
    """Greenlets that ended in the middle of their requests are kept for what they owe only up to a number."""
    monkeypatch.setattr(module, "MOST_OWED", 5)
    for _ in range(50):
        gevent.spawn(late, passage, monkeypatch, 1.0).join(timeout=5)
    late(passage, monkeypatch, 2.0)
    assert len(passage._owed) <= 5
    assert passage.settle() == 2.0, "who lives is not"


def test_the_dead_are_not_looked_for_each_time(passage, monkeypatch):
    """Only once there are so many: to look costs as much as there are."""
    monkeypatch.setattr(module, "MOST_OWED", 5)
    for count in (1, 2, 3, 4, 5, 1):
        gevent.spawn(late, passage, monkeypatch, 1.0).join(timeout=5)
        assert len(passage._owed) == count


def test_who_lives_is_never_forgotten(passage, monkeypatch):
    """Of however many: who still measures is told."""
    monkeypatch.setattr(module, "MOST_OWED", 5)

    def request(seconds):
        late(passage, monkeypatch, seconds)
        gevent.sleep(0.01)
        return passage.settle()

    many = [gevent.spawn(request, n + 1.0) for n in range(20)]
    gevent.joinall(many, timeout=5)
    assert [one.value for one in many] == [n + 1.0 for n in range(20)]


def test_a_new_run_owes_nothing(passage, monkeypatch):
    """What the last one had to wait is not taken off the first event of the next."""
    late(passage, monkeypatch, 1.0)
    passage.reset()
    assert passage.settle() == 0.0


def test_a_turn_that_was_prepaid_and_refused(passage, clock):
    """Nothing was paid where the passage was closed: the next run asks again."""
    passage.cap()
    passage.close("over")
    with pytest.raises(GreenletExit):
        passage.prepay()
    passage.reset()
    passage.await_word(clock.now + FOREVER)
    with gevent.Timeout(0.01, False):
        passage.prepay()
        pytest.fail("it was never paid")


def test_a_new_run_opens(passage, clock):
    """Anyone who still waits for the last one's lease goes on; there is no cap and no switch any more."""
    passage.cap()
    passage.await_word(clock.now + 1)
    waiters = Waiters(passage, 2)
    passage.reset()
    settle()
    assert waiters.passed == [0, 1]
    clock.now += 999
    assert passage.turn() == 0.0


STEPS = [("before it begins", lambda passage: passage.prepay(None)), ("hop by hop", lambda passage: passage.spend())]


@pytest.mark.parametrize("step", [step for _, step in STEPS], ids=[name for name, _ in STEPS])
def test_a_listener_takes_no_turn(passage, step):
    """It may be called by the greenlet that hears of leases: if it waited for one, that would never come."""
    passage.is_locusts = lambda: True
    passage.cap()
    listener = gevent.spawn(step, passage)
    listener.join(timeout=5)
    assert listener.successful()


@pytest.mark.parametrize("step", [step for _, step in STEPS], ids=[name for name, _ in STEPS])
def test_a_listener_in_a_killed_run(passage, step):
    """Nothing is sent any more; the one who asked goes on: it may be the greenlet that hears the master."""
    passage.is_locusts = lambda: True
    passage.close("the flag is gone")
    with pytest.raises(ConnectionError, match="the flag is gone: nothing is sent any more"):
        gevent.spawn(step, passage).get(timeout=5)


@pytest.mark.parametrize("step", [step for _, step in STEPS], ids=[name for name, _ in STEPS])
def test_what_a_listener_leaves_behind(passage, step):
    """A greenlet that it has started waits like everybody else."""
    passage.cap()
    started = gevent.spawn(step, passage)
    started.join(timeout=0.05)
    assert not started.ready()
    started.kill()


def test_who_has_had_its_turn(passage):
    """From when it has waited for it until it sends its request."""
    assert passage.has_turn() is False
    passage.prepay()
    assert passage.has_turn() is True
    passage.spend()
    assert passage.has_turn() is False
