"""How long a pacer sleeps: until what comes next, and never so long that it misses a new share."""

import math
from types import SimpleNamespace

import pytest

from locust_ext.load import iteration_queue as module
from locust_ext.load.arrivals import Share, Uniform
from locust_ext.load.iteration_queue import LONGEST_SLEEP, MOST_AT_ONCE, IterationQueue
from locust_ext.load.schedule import lines

ZERO = 1000.0
"""When the schedule began."""


class SleptError(Exception):
    """A pacer wants to sleep."""


@pytest.fixture
def pace(monkeypatch):
    """Return how long a pacer sleeps at a time of its run, after sleeps in which something else happens."""
    state = SimpleNamespace(now=ZERO, meanwhile=[])
    monkeypatch.setattr(module, "perf_counter", lambda: state.now)

    def sleep(seconds):
        if not state.meanwhile:
            raise SleptError(seconds)
        state.meanwhile.pop(0)()

    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep))

    def paced(queue, at, *meanwhile):
        state.now, state.meanwhile = ZERO + at, list(meanwhile)
        with pytest.raises(SleptError) as caught:
            queue._pace()
        return caught.value.args[0]

    return paced


def queue_of(rate=10, share=None, until=math.inf):
    """Return a queue that follows a constant rate, and has been told its share, if there is one."""
    queue = IterationQueue("orders", {"Feed": 1.0}, 60.0, {})
    queue._greenlet = SimpleNamespace()  # nobody else paces it
    if rate:
        queue.follow(0, lines(rate, [("steady", 60, rate)]), Uniform)
    if share is not None:
        queue.hold(share, ZERO, ZERO + until)
    return queue


SLEEPS = [
    ("no schedule yet", queue_of(rate=0, share=Share()), 1.0, LONGEST_SLEEP),
    ("its share has lapsed", queue_of(share=Share(), until=1.0), 1.0, LONGEST_SLEEP),
    ("its share begins soon", queue_of(share=Share(0, 1, 2.0)), 1.97, 0.03),
    ("its share begins later", queue_of(share=Share(0, 1, 2.0)), 1.0, LONGEST_SLEEP),
    ("the next is due soon", queue_of(share=Share()), 1.08, 0.02),
    ("the next is due later", queue_of(share=Share(), rate=1), 0.5, LONGEST_SLEEP),
    ("more is due than can be offered at once", queue_of(share=Share(), rate=MOST_AT_ONCE), 2.0, 0.0),
]


@pytest.mark.parametrize("queue, at, seconds", [pytest.param(*row[1:], id=row[0]) for row in SLEEPS])
def test_how_long_a_pacer_sleeps(pace, queue, at, seconds):
    """Until its share begins or the next iteration is due, a twentieth of a second at the most."""
    assert pace(queue, at) == pytest.approx(seconds)


def test_how_many_are_offered_before_others_have_their_turn(pace):
    """Ten thousand; the others are offered in the next round."""
    queue = queue_of(share=Share(), rate=MOST_AT_ONCE)
    pace(queue, 2.5)
    assert queue.waiting == MOST_AT_ONCE == 10_000
    assert LONGEST_SLEEP == 0.05


def test_after_a_lapse_the_share_goes_on_from_now(pace):
    """A pacer that is started again makes up for nothing, and goes on with what is due from then on."""
    queue = queue_of(share=Share())
    pace(queue, 0.55)
    assert queue.waiting == 6
    pace(queue, 2.05)
    assert queue.waiting == 6
    assert queue.arrivals.due == pytest.approx(2.1)


def test_the_last_share_that_holds_counts(pace):
    """Of several that were told, the one that began last; the same one again is told once."""
    queue = queue_of(share=Share(0, 1, 0.0))
    for _ in range(2):
        queue.hold(Share(1, 2, 1.0), ZERO, math.inf)
    queue.hold(Share(0, 3, 9.0), ZERO, math.inf)
    assert [share.of for share in queue._upcoming] == [1, 2, 3]
    pace(queue, 1.55)
    assert queue._share == Share(1, 2, 1.0)


TEN = lines(10, [("steady", 60, 10)])

MEANWHILE = [
    ("its schedule comes", queue_of(rate=0, share=Share()), lambda one: one.follow(0, TEN, Uniform), 11),
    ("its share is told again", queue_of(share=Share(), until=0.5), lambda one: one.hold(Share(), ZERO, math.inf), 11),
    ("nothing", queue_of(share=Share()), lambda one: None, 11),
]


@pytest.mark.parametrize("queue, happens, waiting", [pytest.param(*row[1:], id=row[0]) for row in MEANWHILE])
def test_a_pacer_looks_again_after_each_sleep(pace, queue, happens, waiting):
    """Whatever it had to wait for, it goes on with what it finds then."""
    pace(queue, 1.05, lambda: None, lambda: happens(queue))
    assert queue.waiting == waiting


def test_at_the_instant_at_which_a_share_begins_it_holds(pace):
    """Not a moment later."""
    queue = queue_of(share=Share(0, 1, 2.0))
    pace(queue, 2.0)
    assert queue._share == Share(0, 1, 2.0)
    assert queue.waiting == 1


def test_eight_shares_are_remembered():
    """The latest ones; what was told before them is over."""
    queue = queue_of()
    for number in range(10):
        queue.hold(Share(0, 1 + number, float(number)), ZERO, math.inf)
    assert [share.of for share in queue._upcoming] == [3, 4, 5, 6, 7, 8, 9, 10]
