"""A process's permits: who begins, who waits, what is asked for ahead, and what is given back."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.load.iteration_queue import IterationQueue
from locust_ext.load.permits import Lent
from locust_ext.load.pockets import AHEAD, KEPT, SharedPocket, TicketPocket


def user(state=LOCUST_STATE_RUNNING):
    """Return a user that can be told to stop; it is not even hashable."""
    return SimpleNamespace(_state=state)


@pytest.fixture
def pocket():
    """A pocket, and how often it has asked."""
    asked = []
    one = SharedPocket(lambda: asked.append(None))
    one.asked = asked
    return one


def lend(pocket, allowed, *, heard=1, tail=False):
    """Lend permits."""
    pocket.take(heard, [Lent(1, allowed, allowed)], tail=tail)


@pytest.mark.parametrize("kind", [SharedPocket, TicketPocket])
def test_a_user_without_a_permit_waits(kind):
    """It can be stopped at once meanwhile, and is at work again when a permit comes."""
    one, begun = user(), []
    pocket = kind(lambda: None)
    greenlet = gevent.spawn(lambda: begun.append(pocket.begin(one)))
    gevent.sleep(0)
    assert (one._state, pocket.waiting) == (LOCUST_STATE_WAITING, 1)
    lend(pocket, 1)
    greenlet.join(1)
    assert (one._state, pocket.waiting, begun) == (LOCUST_STATE_RUNNING, 0, [None])


@pytest.mark.parametrize("kind", [SharedPocket, TicketPocket])
def test_a_user_that_is_killed_takes_none(kind):
    """The next one has it."""
    pocket = kind(lambda: None)
    greenlet = gevent.spawn(pocket.begin, user())
    gevent.sleep(0)
    greenlet.kill()
    lend(pocket, 1)
    pocket.begin(user())
    assert pocket.waiting == 0


@pytest.mark.parametrize("kind", [SharedPocket, TicketPocket])
def test_a_user_that_is_to_stop_does_not_wait(kind):
    """It stops."""
    with pytest.raises(StopUser):
        kind(lambda: None).begin(user(LOCUST_STATE_STOPPING))


def test_it_asks_ahead(pocket):
    """For as many as begin in the time ahead, and when a third of these is left."""
    pocket.tell(1, 0.0)
    lend(pocket, 1000)
    for _ in range(100):
        pocket.begin(user())
    asked = pocket.tell(2, 1.0)
    assert asked.wish == 100 * AHEAD
    assert (pocket.back, pocket.free) == (780, 120)
    del pocket.asked[:]
    for _ in range(100):
        pocket.begin(user())
    assert pocket.asked == []
    pocket.begin(user())
    assert pocket.asked == [None]


def test_what_nobody_needs_goes_back(pocket):
    """When users are gone its rate fades; one is kept for a while, and none in the tail."""
    pocket.tell(1, 0.0)
    lend(pocket, 40)
    for _ in range(10):
        pocket.begin(user())
    pocket.tell(2, 1.0)
    for number in range(30):
        pocket.tell(3 + number, 1.2 + number * 0.2)
    assert pocket.free == 2
    assert pocket.tell(40, 2 * KEPT).wish == 0
    assert pocket.free == 0
    assert pocket.allowed == pocket.begun + pocket.back


def test_the_tail(pocket):
    """Nobody holds a permit for which no user waits, and the last that ends is told at once."""
    lend(pocket, 5)
    one = user()
    pocket.begin(one)
    lend(pocket, 5, heard=2, tail=True)
    assert pocket.tell(3, 0.0).wish == 0
    assert (pocket.free, pocket.back) == (0, 4)
    del pocket.asked[:]
    pocket.end(one)
    assert pocket.asked == [None]


def test_an_older_answer_takes_nothing_away(pocket):
    """What may be begun in all only grows."""
    lend(pocket, 5)
    lend(pocket, 3, heard=2)
    assert (pocket.free, pocket.allowed) == (5, 5)


def test_a_closed_one(pocket):
    """Begins nothing more, whatever is lent, and says so."""
    lend(pocket, 5)
    pocket.begin(user())
    pocket.close()
    lend(pocket, 9, heard=2)
    (entry,) = pocket.tell(2, 0.0).entries
    assert (entry.begun, entry.back, entry.over, pocket.free) == (1, 4, True, 0)


def queue_with(pocket, users=1):
    """Return a queue whose arrivals bring permits."""
    queue = IterationQueue("a", {"User": 1.0}, 0.5, {})
    queue.permits = pocket
    pocket.wanting = lambda: len(queue.pending)
    queue.queues["User"].idle = users
    return queue


def test_an_arrival_brings_its_permit(pocket):
    """The user that takes it begins with that; one that begins nothing gives it back."""
    queue = queue_with(pocket)
    lend(pocket, 2)
    queue.offer(0.0, 0.0)
    assert (pocket.free, pocket.reserved) == (1, 1)
    queue.queues["User"].idle = 0
    one, other = user(), user()
    queue.take("User")
    pocket.hand(one)
    pocket.begin(one)
    pocket.take_back(one)
    assert (pocket.free, pocket.reserved, pocket.begun) == (1, 0, 1)
    queue.offer(1.0, 1.0)
    queue.take("User")
    pocket.hand(other)
    pocket.take_back(other)
    assert (pocket.free, pocket.reserved, pocket.begun) == (1, 0, 1)


def test_a_dropped_arrival_takes_no_permit(pocket):
    """A later one has it."""
    queue = queue_with(pocket, users=0)
    lend(pocket, 1)
    queue.offer(0.0, 0.0)
    queue.purge(1.0)
    assert (queue.dropped, pocket.free, pocket.reserved) == (1, 1, 0)


def test_an_arrival_without_a_permit_waits_for_one(pocket):
    """It is asked for at once; where none is left, the arrival is not needed, and is not dropped."""
    queue = queue_with(pocket)
    queue.offer(0.0, 0.0)
    queue.offer(0.1, 0.1)
    assert (len(queue.pending), len(pocket.asked)) == (2, 2)
    assert pocket.tell(1, 0.2).waiting == 2
    lend(pocket, 1)
    queue.offer_again(more=False)
    assert (len(queue.pending), pocket.reserved, queue.dropped, queue.waiting) == (0, 1, 0, 1)


def test_a_ticket_is_one_users_own():
    """Another user waits for another ticket; a used one is closed, and its user waits."""
    pocket, done = TicketPocket(lambda: None), []

    def live(one):
        while True:
            pocket.begin(one)
            done.append(id(one))
            pocket.end(one)

    one, other = user(), user()
    greenlets = [gevent.spawn(live, one), gevent.spawn(live, other)]
    gevent.sleep(0)
    assert (pocket.tell(1, 0.0).waiting, pocket.tell(2, 0.0).spare) == (2, 0)
    pocket.take(2, [Lent(1, 2, 3)], tail=False)
    gevent.sleep(0)
    gevent.sleep(0)
    assert (done.count(id(one)), done.count(id(other))) == (2, 0)
    asked = pocket.tell(3, 0.0)
    assert (asked.waiting, asked.entries[0].begun, asked.entries[0].over) == (1, 2, False)
    pocket.take(3, [Lent(1, 3, 3)], tail=False)
    gevent.sleep(0)
    gevent.sleep(0)
    asked = pocket.tell(4, 0.0)
    assert (done.count(id(one)), asked.waiting, asked.spare, asked.entries[0].over) == (3, 1, 1, True)
    gevent.killall(greenlets)


def test_a_ticket_of_a_user_that_is_gone():
    """Is given up with what it has left, and told until that is heard."""
    pocket = TicketPocket(lambda: None)

    def live():
        one = user()
        for _ in range(2):
            pocket.begin(one)
            pocket.end(one)

    greenlet = gevent.spawn(live)
    gevent.sleep(0)
    pocket.take(1, [Lent(7, 5, 9)], tail=False)
    greenlet.join(1)
    gevent.sleep(0)
    for number in (2, 3):
        (entry,) = pocket.tell(number, 0.0).entries
        assert entry[:3] == (7, 2, 2)
        assert entry.over
    pocket.take(3, [], tail=False)
    assert pocket.tell(4, 0.0).entries == ()
