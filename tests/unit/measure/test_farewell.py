"""The master's side of a run's end: who is told what, and how long it waits for whom."""

import logging
from types import SimpleNamespace

import pytest

from locust_ext.measure import farewell as module
from locust_ext.measure.farewell import FINAL_DEADLINE, SAID_AFTER, SOON, Farewell
from locust_ext.measure.reporting import Drain


class Master:
    """Remembers what it says to which worker, and when."""

    def __init__(self, clock):
        self._clock, self.said = clock, []

    def send_message(self, kind, data, client_id):
        """Remember it."""
        assert kind == Drain.type
        self.said.append((round(self._clock.now - 1000.0, 6), client_id, data["run"], data.get("limit"), data["waits"]))


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on when somebody waits, in steps that sums of floating numbers do not blur."""
    state = SimpleNamespace(now=1000.0)

    def sleep(seconds):
        assert seconds == SOON
        state.now += 0.25

    monkeypatch.setattr(module, "monotonic", lambda: state.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep))
    return state


def taken(clock, awaited, order=None, stop_timeout=None):
    """Take farewell of a run: what was said, and how long it took."""
    master = Master(clock)
    farewell = Farewell(SimpleNamespace(runner=master, stop_timeout=stop_timeout))
    if order is not None:
        farewell.order = order
    farewell.take("r1", awaited)
    return master.said, clock.now - 1000.0


def test_nobody_is_awaited(clock):
    """Nothing is said, and no time passes."""
    assert taken(clock, list) == ([], 0.0)


def test_each_worker_is_told_once(clock):
    """It ends with the last report; the first order leaves it to --stop-timeout how long users may take."""
    left = iter([["w1", "w2"], ["w1", "w2"], ["w2"], []])
    assert taken(clock, lambda: next(left)) == ([(0.0, "w1", "r1", None, True), (0.0, "w2", "r1", None, True)], 0.75)


LIMITS = [
    ("as long as the order says", {"limit": 2.0, "waits": True}, 30, 2.0),
    ("no time at all", {"limit": 0.0, "waits": True}, 30, 0.0),
    ("as long as --stop-timeout says", {"limit": None, "waits": True}, 3, 3.0),
    ("there is no --stop-timeout", {"limit": None, "waits": True}, None, 0.0),
]


@pytest.mark.parametrize("order, stop_timeout, rest", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_who_never_answers_is_given_up(clock, order, stop_timeout, rest):
    """Once the time of its users is over, and a while beyond."""
    said, took = taken(clock, lambda: ["w1"], lambda: dict(order), stop_timeout)
    assert took == rest + FINAL_DEADLINE
    assert said == [(0.0, "w1", "r1", order["limit"], True)]


def test_less_time_is_told_again(clock):
    """A second order goes to those that are still awaited, and the time begins anew."""
    order = lambda: {"limit": 30.0 if clock.now < 1005 else 1.0, "waits": clock.now < 1005}  # noqa: E731
    said, took = taken(clock, lambda: ["w1", "w2"] if clock.now < 1002 else ["w2"], order)
    assert said == [
        (0.0, "w1", "r1", 30.0, True),
        (0.0, "w2", "r1", 30.0, True),
        (5.0, "w2", "r1", 1.0, False),
    ]
    assert took == 5.0 + 1.0 + FINAL_DEADLINE


SAID = [
    ("a moment", SAID_AFTER - 0.25, []),
    ("long enough to wonder", SAID_AFTER, ["waiting up to 30s for 1 worker, where requests may still be open"]),
    ("much longer", SAID_AFTER + 5, ["waiting up to 30s for 1 worker, where requests may still be open"]),
]


@pytest.mark.parametrize("seconds, lines", [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_a_wait_is_said_once(clock, caplog, seconds, lines):
    """When it lasts, and no sooner."""
    with caplog.at_level(logging.INFO, logger=module.__name__):
        taken(clock, lambda: ["w1"] if clock.now <= 1000 + seconds else [], lambda: {"limit": 30.0, "waits": True})
    assert [record.getMessage() for record in caplog.records] == lines
