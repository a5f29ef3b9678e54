"""A process whose share changes while it is cut off, or whose letters come late: it makes nothing that others make."""

import math
from types import SimpleNamespace

import gevent
import pytest
from locust import User
from locust.env import Environment

from locust_ext.load import agent
from locust_ext.load import iteration_queue as module
from locust_ext.load.agent import ArrivalsAgent
from locust_ext.load.arrivals import Share, Uniform
from locust_ext.load.iteration_queue import IterationQueue
from locust_ext.load.messages import ShareTold
from locust_ext.load.partition import MARGIN, TTL
from locust_ext.load.pieces import Line
from locust_ext.load.schedule import Schedule
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam

ZERO = 1000.0
OLD, NEW = (0, 2, 0.0), (0, 3, 3.0)


@pytest.fixture
def play(monkeypatch):
    """Let a queue of one arrival a tenth of a second be told of shares, at these seconds; return the tenths it made.

    Each step is a second, the share that it is told then, and until when it holds that.
    """
    clock = SimpleNamespace(now=ZERO)
    monkeypatch.setattr(module, "perf_counter", lambda: clock.now)
    fake = SimpleNamespace(sleep=lambda _: gevent.sleep(0), spawn=gevent.spawn, Greenlet=gevent.Greenlet)
    monkeypatch.setattr(module, "gevent", fake)
    queue = IterationQueue("feed", {"A": 1.0}, 60.0, {})
    queue.follow(0, Schedule((Line("steady", 10, 10, 10),)), Uniform)

    def played(steps, end):
        steps = dict(steps)
        for tenth in range(round(end * 10) + 1):
            clock.now = ZERO + tenth / 10 + 0.001
            if tenth / 10 in steps:
                share, until = steps[tenth / 10]
                queue.hold(Share(*share), ZERO, ZERO + until)
            for _ in range(3):
                gevent.sleep(0)
        return [round((queue.queues["A"]._waiting.popleft()[0] - ZERO) * 10) for _ in range(queue.waiting)]

    yield played
    queue.stop()
    gevent.sleep(0)


PLAYS = [
    (
        "a change while it is there: the old one up to its instant, then the new one",
        [(0.0, (OLD, math.inf)), (2.8, (NEW, math.inf))],
        [*range(0, 30, 2), *range(30, 41, 3)],
    ),
    (
        "it was cut off, and is back before its new share holds: the old one is not its own any more",
        [(0.0, (OLD, 1.0)), (2.5, (NEW, math.inf))],
        [*range(0, 10, 2), *range(30, 41, 3)],
    ),
    (
        "it hears of its new share while it is cut off, and is vouched for later: nobody else had that",
        [(0.0, (OLD, 1.0)), (2.5, (NEW, 1.0)), (3.5, (NEW, math.inf))],
        [*range(0, 10, 2), *range(30, 41, 3)],
    ),
    (
        "a letter of the old division comes late",
        [(0.0, (OLD, math.inf)), (2.8, (NEW, math.inf)), (3.2, (OLD, math.inf))],
        [*range(0, 30, 2), *range(30, 41, 3)],
    ),
    (
        "the same share again, after a lapse: what was due meanwhile is not made up for",
        [(0.0, (OLD, 1.0)), (2.5, (OLD, math.inf))],
        [*range(0, 10, 2), *range(26, 41, 2)],
    ),
    (
        "another share of the same instant replaces it: the arrivals have not begun",
        [(0.0, ((0, 2, 0.0), 1.0)), (0.1, ((1, 2, 0.0), math.inf))],
        [0, *range(1, 41, 2)],
    ),
]


@pytest.mark.parametrize("steps, made", [row[1:] for row in PLAYS], ids=[row[0] for row in PLAYS])
def test_what_it_makes(play, steps, made):
    """Each arrival at most once among all processes, whatever one of them has missed."""
    assert play(steps, 4.0) == made


class Feed(User):
    """A user of an open load."""


@pytest.fixture
def process(monkeypatch):
    """A process that has an open load, at 1000 s of its clock, and what it hands to its queue."""
    monkeypatch.setattr(agent, "perf_counter", lambda: 1000.0)
    environment = Environment(user_classes=[Feed])
    environment.runner = SimpleNamespace(send_message=lambda *_, **__: None)
    one = ArrivalsAgent(environment, Recorder(), TaskSeam())
    keys = {"name": "orders", "users": ["Feed"], "originals": {}, "tags": {}, "open": True}
    one.follow({"scenarios": [{**keys, "spacing": "uniform", "patience": 5.0}]}, "run-1")
    held = []
    one._queues["orders"].hold = lambda share, _, until: held.append((share.index, round(until, 3)))
    yield (
        lambda asked, share: one.on_share(
            ShareTold.of({"run": "run-1", "asked": asked, "elapsed": 4.0, "share": share, "schedules": []})
        ),
        held,
    )
    one.leave()


ANSWERS = [
    ("it is vouched for from when it asked", [(999.9, OLD)], [(0, 999.9 + TTL - MARGIN)]),
    (
        "an older answer that comes late takes nothing of that",
        [(999.9, OLD), (999.5, OLD)],
        [(0, 999.9 + TTL - MARGIN)] * 2,
    ),
    (
        "an answer that gives it no share vouches for none",
        [(999.0, OLD), (999.9, None), (None, OLD)],
        [(0, 999.0 + TTL - MARGIN)] * 2,
    ),
    (
        "what it did not ask for vouches for nothing",
        [(999.0, OLD), (None, NEW)],
        [(0, 999.0 + TTL - MARGIN)] * 2,
    ),
]


@pytest.mark.parametrize("answers, until", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_until_when_it_holds(process, answers, until):
    """Only an answer that gives it a share is a sign that it was on the roster."""
    hear, held = process
    for asked, share in answers:
        hear(asked, share)
    assert held == [(index, pytest.approx(when)) for index, when in until]
