"""Admission: nothing passes without a fresh word that it may, in order, and anyone who waits can be stopped."""

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
def admission(recorder):
    """Return an admission, and end whatever waits in it after the test."""
    one = Admission(recorder)
    setattr(gevent.getcurrent(), PAID, False)
    yield one
    setattr(gevent.getcurrent(), PAID, False)
    one.close("the test is over")
    if one._server:
        one._server.kill()


@pytest.fixture
def clock(monkeypatch):
    """Return a clock of the admission that only the test moves: ``clock.now``."""
    fake = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "monotonic", lambda: fake.now)
    return fake


class Waiters:
    """Greenlets that ask for a turn each, and the order in which they got it."""

    def __init__(self, admission, count, user=None):
        self.passed, self.ended = [], []
        self.all = [gevent.spawn(self._ask, admission, n, user) for n in range(count)]
        settle()

    def _ask(self, admission, n, user):
        try:
            admission.turn(user)
        except GreenletExit as end:
            self.ended.append((n, str(end)))
        else:
            self.passed.append(n)


def settle():
    """Let everything run that can without time passing."""
    for _ in range(5):
        gevent.sleep(0)


def after(admission, clock, seconds):
    """Let time pass, and lend one request more."""
    clock.now += seconds
    admission.lend(1, 1.0, clock.now + FOREVER)


def waited(recorder):
    """Return the trend of waits that was recorded."""
    store = Store()
    store.merge(recorder.take())
    return store.select(Selector("cap_wait"), Kind.TREND)


def test_without_a_cap_and_a_switch(admission, recorder):
    """Everything passes at once, nothing is recorded, and nobody would send more than it does."""
    assert [admission.turn() for _ in range(1000)] == [0.0] * 1000
    assert waited(recorder).count == 0
    assert admission.demand == 0
    assert admission._server is None


def test_with_a_cap_nothing_before_a_lease(admission, clock):
    """A cap alone lets nothing pass, however long it takes; the first lease does."""
    admission.cap()
    waiters = Waiters(admission, 2)
    clock.now += 999
    settle()
    assert waiters.passed == []
    assert admission.demand == 2
    admission.lend(PLENTY, 1.0, clock.now + FOREVER)
    clock.now += 1
    admission.lend(PLENTY, 1.0, clock.now + FOREVER)
    settle()
    assert waiters.passed == [0, 1]


def test_a_lease_without_a_cap_changes_nothing(admission, clock):
    """A lease that comes late, from a run with a cap, holds nothing back in one without."""
    admission.lend(0, 1.0, clock.now)
    assert admission.turn() == 0.0


def test_they_wait_in_order(admission):
    """Who came first goes first, at the pace of the lease."""
    admission.cap()
    waiters = Waiters(admission, 8)
    began = monotonic()
    admission.lend(100, 1.0, began + FOREVER)
    gevent.joinall(waiters.all, timeout=5)
    assert waiters.passed == list(range(8))
    assert 0.05 <= monotonic() - began < 2


def test_nobody_overtakes_who_waits(admission, clock):
    """Anyone who comes while others wait is behind them, even when it might go."""
    admission.cap()
    admission.lend(1, 10.0, clock.now + FOREVER)
    assert admission.turn() == 0.0
    first = Waiters(admission, 1)
    clock.now += 10
    second = Waiters(admission, 1)
    assert (first.passed, second.passed) == ([], [])
    admission.lend(1, 10.0, clock.now + FOREVER)
    settle()
    assert (first.passed, second.passed) == ([0], [])


def test_what_was_sent_counts_under_the_next_lease(admission, clock):
    """A new lease is not a new window."""
    admission.cap()
    admission.lend(1, 1.0, clock.now + FOREVER)
    assert admission.turn() == 0.0
    admission.lend(1, 1.0, clock.now + FOREVER)
    waiters = Waiters(admission, 1)
    assert waiters.passed == []
    assert admission.demand == 2, "the one that was sent, and the one that waits"
    clock.now += 1
    admission.lend(1, 1.0, clock.now + FOREVER)
    settle()
    assert waiters.passed == [0]


DEMANDS = [
    ("within the window", 0.5, 5),
    ("a window later", 1.001, 5),
    ("after a pause of two", 2.0, 3),
    ("after a long pause", 10.0, 1),
]


@pytest.mark.parametrize("seconds, demand", [row[1:] for row in DEMANDS], ids=[row[0] for row in DEMANDS])
def test_the_demand_of_a_process_that_falls_silent(admission, clock, seconds, demand):
    """As many as it sent in a window of the time since it was last asked, rounded up; and then what it sends now."""
    admission.reset()  # by that clock
    admission.cap()
    admission.lend(PLENTY, 1.0, clock.now + FOREVER)
    for _ in range(5):
        clock.now += 0.00001
        assert admission.turn() == 0.0
    clock.now += seconds - 0.00005
    assert admission.demand == demand
    clock.now += 3.0
    assert admission.demand == (0 if seconds >= 1.0 else 2)


def test_a_lease_that_runs_out_is_silence(admission, clock):
    """From the moment on at which it ends nothing passes; the next lease ends the silence."""
    admission.cap()
    admission.lend(PLENTY, 1.0, clock.now + 3)
    clock.now += 2.999
    assert admission.turn() == 0.0
    clock.now += 0.001
    waiters = Waiters(admission, 1)
    clock.now += 100
    settle()
    assert waiters.passed == []
    admission.lend(PLENTY, 1.0, clock.now + 3)
    settle()
    assert waiters.passed == [0]
    assert admission.turn() == 0.0


def test_a_lease_runs_out_while_they_wait_for_their_turn(admission, clock):
    """Whose turn would come after the end of the lease stays where it is, until the next."""
    admission.cap()
    waiters = Waiters(admission, 3)
    admission.lend(50, 1.0, clock.now + 0.005)
    settle()
    assert waiters.passed == [0]
    clock.now += 0.5
    gevent.sleep(0.05)  # the next turn would have come meanwhile
    assert waiters.passed == [0]
    for _ in range(2):
        clock.now += 1
        admission.lend(50, 1.0, clock.now + FOREVER)
        settle()
    assert waiters.passed == [0, 1, 2]


def test_a_lease_of_nothing(admission, clock):
    """A quota of 0 is silence too."""
    admission.cap()
    admission.lend(0, 1.0, clock.now + FOREVER)
    waiters = Waiters(admission, 1)
    clock.now += 100
    settle()
    assert waiters.passed == []
    admission.lend(1, 1.0, clock.now + FOREVER)
    settle()
    assert waiters.passed == [0]


def test_closing_ends_those_who_wait(admission, clock):
    """Everyone that waits, and everyone that comes, ends with the reason that came first."""
    admission.cap()
    waiters = Waiters(admission, 3)
    admission.close("the flag says no")
    admission.close("something else")
    settle()
    assert waiters.passed == []
    assert waiters.ended == [(n, "the flag says no") for n in range(3)]
    with pytest.raises(GreenletExit, match="the flag says no"):
        admission.turn()
    assert admission.demand == 0


@pytest.mark.parametrize("word", ["lend", "vouch"])
def test_a_closed_passage_never_opens_again_in_its_run(admission, clock, word):
    """Neither a lease nor a vouch opens it; the next run does."""
    admission.cap()
    admission.close("over")
    if word == "lend":
        admission.lend(PLENTY, 1.0, clock.now + FOREVER)
    else:
        admission.vouch(clock.now + FOREVER)
    with pytest.raises(GreenletExit, match="over"):
        admission.turn()
    admission.reset()
    assert admission.turn() == 0.0
    assert admission.closed == ""


def test_nothing_passes_before_the_kill_switch_has_vouched(admission, clock):
    """Until then they wait; with its word all of them go, in order."""
    admission.await_word(clock.now + 5)
    waiters = Waiters(admission, 4)
    clock.now += 4.9
    assert waiters.passed == []
    admission.vouch(clock.now + 5)
    settle()
    assert waiters.passed == [0, 1, 2, 3]
    assert admission.turn() == 0.0


STALE = "the kill switch: it was not read in time, so that nobody knows whether the run is allowed"


def test_the_word_does_not_come_in_time(admission, clock):
    """The next request after that closes the admission, and ends those who wait."""
    admission.await_word(clock.now + 5)
    waiters = Waiters(admission, 1)
    clock.now += 5
    with pytest.raises(GreenletExit, match="not read in time"):
        admission.turn()
    settle()
    assert waiters.ended == [(0, STALE)]
    assert admission.closed == STALE


def test_a_stale_vouch_closes(admission, clock):
    """A word is good until the moment that it names, and from then on it is none; the master hears of it first."""
    told = []
    admission.on_stale = lambda reason: told.append((reason, admission.closed))
    admission.await_word(clock.now + 5)
    admission.vouch(clock.now + 5)
    clock.now += 4.999
    assert admission.turn() == 0.0
    clock.now += 0.001
    assert told == []
    with pytest.raises(GreenletExit):
        admission.turn()
    assert admission.closed == STALE
    assert told == [(STALE, "")]
    admission.vouch(clock.now + 5)
    with pytest.raises(GreenletExit):
        admission.turn()


def test_both_words_are_needed(admission, clock):
    """With a cap and a switch the earlier end counts, whichever it is."""
    admission.cap()
    admission.await_word(clock.now + FOREVER)
    admission.vouch(clock.now + FOREVER)
    waiters = Waiters(admission, 1)
    assert waiters.passed == [], "vouched for, and no lease"
    admission.lend(PLENTY, 1.0, clock.now + 3)
    settle()
    assert waiters.passed == [0]
    clock.now += 3
    waiters = Waiters(admission, 1)
    assert waiters.passed == [], "the lease has run out"
    assert admission.closed == "", "which closes nothing"


def test_a_lease_does_not_stand_for_the_switch(admission, clock):
    """Nor the other way round."""
    admission.cap()
    admission.await_word(clock.now + 5)
    admission.lend(PLENTY, 1.0, clock.now + FOREVER)
    waiters = Waiters(admission, 1)
    assert waiters.passed == []


def user(state):
    return SimpleNamespace(_state=state)


def test_a_user_that_waits_can_be_stopped(admission, clock):
    """While it waits it is in the state in which Locust stops users at once, and afterwards in the one before."""
    admission.await_word(clock.now + FOREVER)
    one = user(LOCUST_STATE_RUNNING)
    waiters = Waiters(admission, 1, one)
    assert one._state == LOCUST_STATE_WAITING
    admission.vouch(clock.now + FOREVER)
    settle()
    assert waiters.passed == [0]
    assert one._state == LOCUST_STATE_RUNNING


def test_a_user_that_is_stopped_already(admission, clock):
    """It does not wait at all, and takes nobody's turn."""
    admission.await_word(clock.now + FOREVER)
    with pytest.raises(StopUser):
        admission.turn(user(LOCUST_STATE_STOPPING))
    assert admission.demand == 0


def test_a_state_of_its_own_stays(admission, clock):
    """Who is in no state, or waits already, is left in it."""
    admission.await_word(clock.now + FOREVER)
    one = user(LOCUST_STATE_WAITING)
    Waiters(admission, 1, one)
    Waiters(admission, 1, SimpleNamespace())
    admission.vouch(clock.now + FOREVER)
    settle()
    assert one._state == LOCUST_STATE_WAITING


def test_a_user_that_is_killed_while_it_waits(admission, clock):
    """It leaves the queue with its greenlet."""
    admission.await_word(clock.now + FOREVER)
    waiters = Waiters(admission, 1, user(LOCUST_STATE_RUNNING))
    assert admission.demand == 1
    waiters.all[0].kill()
    assert admission.demand == 0
    admission.vouch(clock.now + FOREVER)
    assert admission.turn() == 0.0


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_who_is_interrupted_leaves_no_hole(killed):
    """No matter who of them is killed: the others go, in the order in which they came, and nobody is left."""
    admission = Admission(Recorder())
    admission.await_word(monotonic() + FOREVER)
    waiters = Waiters(admission, len(killed))
    for greenlet, dies in zip(waiters.all, killed, strict=True):
        if dies:
            greenlet.kill()
    admission.vouch(monotonic() + FOREVER)
    settle()
    assert waiters.passed == [n for n, dies in enumerate(killed) if not dies]
    assert admission.demand == 0
    assert admission.turn() == 0.0


def test_who_is_interrupted_in_front_of_the_queue(admission, clock):
    """The next one takes its turn under a cap, no later than it would have been."""
    admission.cap()
    admission.lend(1, 10.0, clock.now + FOREVER)
    assert admission.turn() == 0.0
    waiters = Waiters(admission, 2)
    waiters.all[0].kill()
    after(admission, clock, 10.0)
    settle()
    assert waiters.passed == [1]


def test_a_timeout_while_it_waits(admission, clock):
    """A wait ends with a Timeout as with a kill."""
    admission.await_word(clock.now + FOREVER)
    with gevent.Timeout(0.01, False):
        admission.turn()
        pytest.fail("nothing may pass")
    assert admission.demand == 0


def test_the_wait_is_recorded(admission, recorder, clock):
    """How long each has waited is measured in milliseconds and returned in seconds."""
    admission.cap()
    gevent.spawn(after, admission, clock, 0.25)
    assert admission.turn() == pytest.approx(0.25)
    trend = waited(recorder)
    assert trend.count == 1
    assert trend.maximum == pytest.approx(250)


def test_what_did_not_wait_is_not_recorded(admission, recorder, clock):
    """Nor what was ended while it waited."""
    admission.cap()
    admission.lend(1, 1.0, clock.now + FOREVER)
    admission.turn()
    Waiters(admission, 2)
    admission.close("over")
    settle()
    assert waited(recorder).count == 0


def test_one_turn_is_for_one_request(admission):
    """What was waited for before is spent by the request: together they take one turn, and owe nothing."""
    admission.cap()
    admission.lend(2, FOREVER, monotonic() + FOREVER)
    admission._pace._tolerance = FOREVER  # both may go at once

    def request():
        assert admission.prepay() == 0.0
        assert admission.prepay() == 0.0, "it has had its turn already"
        admission.spend()
        return admission.settle()

    assert [gevent.spawn(request).get(timeout=5) for _ in range(2)] == [0.0, 0.0]
    assert admission.demand == 2


def test_a_wait_before_the_measurement_is_not_owed(admission, clock):
    """Who waited for its turn before its clock started is told of nothing."""
    admission.cap()
    gevent.spawn(after, admission, clock, 0.25)
    assert admission.prepay() == pytest.approx(0.25)
    admission.spend()
    assert admission.settle() == 0.0


def test_a_second_request_within_a_measurement_waits_and_is_owed(admission, clock):
    """A redirect, a resend: it waits for a turn of its own, and the event of its measurement is told so, once."""
    admission.cap()
    told = []
    admission.on_late = lambda: told.append(len(admission._owed))
    admission.lend(1, 1.0, clock.now + FOREVER)
    admission.prepay()
    admission.spend()
    assert told == []
    for seconds in (1.0, 2.0):
        gevent.spawn(after, admission, clock, seconds)
        admission.spend()
    assert told == [0, 1], "told before anything is owed"
    assert admission.settle() == pytest.approx(3.0), "both waits"
    assert admission.settle() == 0.0
    assert not admission._owed


def test_what_did_not_have_to_wait_is_not_owed(admission):
    """Without a cap a second request passes at once, and nobody is told."""
    admission.on_late = lambda: pytest.fail("nothing was late")
    admission.prepay()
    for _ in range(3):
        admission.spend()
    assert admission.settle() == 0.0


def late(admission, monkeypatch, seconds):
    """Let the request of this greenlet wait within its measurement, without time passing."""
    with monkeypatch.context() as patch:
        patch.setattr(admission, "turn", lambda user=None: seconds)
        admission.spend()


def test_a_request_within_the_measurement_of_another(admission, monkeypatch):
    """Each event takes off what its own request has waited: the inner one comes first."""
    admission.prepay()
    admission.spend()
    late(admission, monkeypatch, 1.0)
    admission.prepay()
    admission.spend()
    late(admission, monkeypatch, 0.25)
    late(admission, monkeypatch, 0.25)
    assert admission.settle() == 0.5
    late(admission, monkeypatch, 2.0)
    assert admission.settle() == 3.0
    assert admission.settle() == 0.0


def test_a_request_on_time_within_the_measurement_of_a_late_one(admission, monkeypatch):
    """Nothing is taken off the inner one, and the outer one's is not lost."""
    admission.prepay()
    admission.spend()
    late(admission, monkeypatch, 1.0)
    admission.prepay()
    admission.spend()
    assert admission.settle() == 0.0
    assert admission.settle() == 1.0


def test_the_next_request_is_not_told_of_the_last_one(admission, monkeypatch):
    """What was settled is settled."""
    admission.prepay()
    admission.spend()
    late(admission, monkeypatch, 1.0)
    assert admission.settle() == 1.0
    admission.prepay()
    admission.spend()
    assert admission.settle() == 0.0


def test_each_greenlet_owes_its_own(admission, monkeypatch):
    """What one has waited for is not taken off another's measurement."""

    def request(seconds):
        late(admission, monkeypatch, seconds)
        gevent.sleep(0)
        return admission.settle()

    both = [gevent.spawn(request, seconds) for seconds in (1.0, 2.0)]
    settle()
    assert [one.get(timeout=5) for one in both] == [1.0, 2.0]
    assert admission.settle() == 0.0


def test_who_is_dead_is_forgotten(admission, monkeypatch):
    """Greenlets that ended in the middle of their requests are kept for what they owe only up to a number."""
    monkeypatch.setattr(module, "MOST_OWED", 5)
    for _ in range(50):
        gevent.spawn(late, admission, monkeypatch, 1.0).join(timeout=5)
    late(admission, monkeypatch, 2.0)
    assert len(admission._owed) <= 5
    assert admission.settle() == 2.0, "who lives is not"


def test_the_dead_are_not_looked_for_each_time(admission, monkeypatch):
    """Only once there are so many: to look costs as much as there are."""
    monkeypatch.setattr(module, "MOST_OWED", 5)
    for count in (1, 2, 3, 4, 5, 1):
        gevent.spawn(late, admission, monkeypatch, 1.0).join(timeout=5)
        assert len(admission._owed) == count


def test_who_lives_is_never_forgotten(admission, monkeypatch):
    """Of however many: who still measures is told."""
    monkeypatch.setattr(module, "MOST_OWED", 5)

    def request(seconds):
        late(admission, monkeypatch, seconds)
        gevent.sleep(0.01)
        return admission.settle()

    many = [gevent.spawn(request, n + 1.0) for n in range(20)]
    gevent.joinall(many, timeout=5)
    assert [one.value for one in many] == [n + 1.0 for n in range(20)]


def test_a_new_run_owes_nothing(admission, monkeypatch):
    """What the last one had to wait is not taken off the first event of the next."""
    late(admission, monkeypatch, 1.0)
    admission.reset()
    assert admission.settle() == 0.0


def test_a_turn_that_was_prepaid_and_refused(admission, clock):
    """Nothing was paid where the admission was closed: the next run asks again."""
    admission.cap()
    admission.close("over")
    with pytest.raises(GreenletExit):
        admission.prepay()
    admission.reset()
    admission.await_word(clock.now + FOREVER)
    with gevent.Timeout(0.01, False):
        admission.prepay()
        pytest.fail("it was never paid")


def test_a_new_run_opens(admission, clock):
    """Anyone who still waits for the last one's lease goes on; there is no cap and no switch any more."""
    admission.cap()
    admission.await_word(clock.now + 1)
    waiters = Waiters(admission, 2)
    admission.reset()
    settle()
    assert waiters.passed == [0, 1]
    clock.now += 999
    assert admission.turn() == 0.0


STEPS = [
    ("before it begins", lambda admission: admission.prepay(None)),
    ("hop by hop", lambda admission: admission.spend()),
]


@pytest.mark.parametrize("step", [step for _, step in STEPS], ids=[name for name, _ in STEPS])
def test_a_listener_takes_no_turn(admission, step):
    """It may be called by the greenlet that hears of leases: if it waited for one, that would never come."""
    admission.is_locusts = lambda: True
    admission.cap()
    listener = gevent.spawn(step, admission)
    listener.join(timeout=5)
    assert listener.successful()


@pytest.mark.parametrize("step", [step for _, step in STEPS], ids=[name for name, _ in STEPS])
def test_a_listener_in_a_killed_run(admission, step):
    """Nothing is sent any more; the one who asked goes on: it may be the greenlet that hears the master."""
    admission.is_locusts = lambda: True
    admission.close("the flag is gone")
    with pytest.raises(ConnectionError, match="the flag is gone: nothing is sent any more"):
        gevent.spawn(step, admission).get(timeout=5)


@pytest.mark.parametrize("step", [step for _, step in STEPS], ids=[name for name, _ in STEPS])
def test_what_a_listener_leaves_behind(admission, step):
    """A greenlet that it has started waits like everybody else."""
    admission.cap()
    started = gevent.spawn(step, admission)
    started.join(timeout=0.05)
    assert not started.ready()
    started.kill()


def test_who_has_had_its_turn(admission):
    """From when it has waited for it until it sends its request."""
    assert admission.has_turn() is False
    admission.prepay()
    assert admission.has_turn() is True
    admission.spend()
    assert admission.has_turn() is False
