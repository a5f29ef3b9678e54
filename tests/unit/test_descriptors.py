"""Before the first request: more users than descriptors is said once, with the number that would do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from locust import User, constant, task
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from locust_ext import SmokeShape
from locust_ext.load.shapes import TrafficShape
from locust_ext.run import descriptors
from locust_ext.run.descriptors import DescriptorCheck, Descriptors
from tests.pair import TO_MASTER, pair


class Quiet(User):
    """A user that does nothing."""

    wait_time = constant(0.01)

    @task
    def nothing(self):
        """Do nothing."""


class Many(SmokeShape):
    """A shape in code."""

    users = 900


class Rates(TrafficShape):
    """A shape whose levels are rates, and no users."""

    schedule = Many.schedule

    def __init__(self):
        """Be told of no scenarios."""


def make(kind, monkeypatch, most=256, shape=None, workers=1, users=0):
    """Return a check in a process of a kind, what it said, and what it sent."""
    runner = kind.__new__(kind)
    said, sent = [], []
    environment = SimpleNamespace(runner=runner, shape_class=shape)
    monkeypatch.setattr(descriptors, "limit", lambda: most)
    monkeypatch.setattr(kind, "worker_count", workers, raising=False)
    monkeypatch.setattr(kind, "target_user_count", users, raising=False)
    monkeypatch.setattr(kind, "send_message", lambda _, name, data=None, **to: sent.append((name, data)), raising=False)
    return DescriptorCheck(environment, SimpleNamespace(mention=said.append)), said, sent


LOCAL = [
    ("the plan has too many", 1500.0, None, 0, 256, "1,500 users in one process need about 1,700 descriptors"),
    ("half a user is one", 56.5, None, 0, 256, "57 users in one process need about 300 descriptors"),
    ("the plan has few", 56.0, None, 0, 256, ""),
    ("the command line says it", None, None, 1000, 1024, "1,000 users in one process need about 1,200"),
    ("a shape in code says it", None, Many, 1, 1024, "900 users in one process need about 1,100"),
    ("a rate is no number of users", None, Rates, 5, 1024, ""),
    ("another shape tells nobody", None, object, 5, 1024, ""),
    ("nobody limits it", 10**6, None, 0, None, ""),
    ("nobody says how many", None, None, 0, 1024, ""),
    ("there is no end of them", float("inf"), None, 0, 1024, ""),
]


@pytest.mark.parametrize(
    ("planned", "shape", "users", "most", "beginning"), [row[1:] for row in LOCAL], ids=[row[0] for row in LOCAL]
)
def test_one_process(planned, shape, users, most, beginning, monkeypatch, caplog):
    """It is said when the run begins, and only once, on the console and in the notes."""
    shape = shape() if shape is not None else None
    check, said, sent = make(LocalRunner, monkeypatch, most=most, shape=shape, users=users)
    check.follow(None, "r1")
    check.begins(planned, "r1")
    at_once = list(said)
    check.started(planned, "r1")
    assert said == at_once
    assert [one[: len(beginning)] for one in said] == ([beginning] if beginning else [])
    assert [record.getMessage() for record in caplog.records] == said
    assert sent == []
    check.leave()
    check.follow(None, "r2")
    check.begins(planned, "r2")
    assert said == at_once * 2, "each run says it"


def test_a_worker_tells_and_says_nothing(monkeypatch):
    """It does not know how many there will be."""
    check, said, sent = make(WorkerRunner, monkeypatch, most=256)
    check.follow(None, "r1")
    assert (said, sent) == ([], [("locust_ext.descriptors", {"run": "r1", "limit": 256})])
    unlimited, _, sent = make(WorkerRunner, monkeypatch, most=None)
    unlimited.follow(None, "r1")
    assert sent == []


def test_a_master_counts_users_by_worker(monkeypatch):
    """Its own limit is nobody's; the lowest counts; what is of another run does not."""
    check, said, _ = make(MasterRunner, monkeypatch, most=10, workers=4)
    check.follow(None, "r1")
    check.begins(4000.0, "r1")
    check.started(4000.0, "r1")
    assert said == []
    check._hear(Descriptors(run="r0", limit=5))
    check._hear(Descriptors(run="r1", limit=1200))
    assert said == []
    check._hear(Descriptors(run="r1", limit=1199))
    assert [one.partition(":")[0] for one in said] == [
        "1,000 users in one process need about 1,200 descriptors, and it may have 1,199"
    ]
    check._hear(Descriptors(run="r1", limit=300))
    check.leave()
    check._hear(Descriptors(run="r1", limit=300))
    assert len(said) == 1
    check.begins(4000.0, "r2")
    assert len(said) == 1, "the limits of another run's workers"


def test_over_the_wire(monkeypatch):
    """A worker's limit reaches its master before the first user, and the run's notes."""
    monkeypatch.setattr(descriptors, "limit", lambda: 250)
    with pair(monkeypatch, [Quiet]) as both:
        both.begin(users=80)
        result = both.end()
    assert "locust_ext.descriptors" in both.wire.kinds(TO_MASTER)
    assert [one for one in result.warnings if one.startswith("80 users in one process need about 300 descriptors")]
    assert result.verdict.exit_code == 0
