"""The master's part in storms: a storm that can hit nobody is none, and anyone who asked for it is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from locust import FastHttpUser

from locust_ext import ReconnectStormUser
from locust_ext.storms import coordinator as module
from locust_ext.storms.coordinator import StormCoordinator
from locust_ext.storms.intents import StormIntent
from locust_ext.storms.messages import StormCount, StormCounted, StormDrop
from locust_ext.storms.options import StormOptions


class Plain(FastHttpUser):
    """Has no way back."""

    abstract = True


class Stormy(ReconnectStormUser, FastHttpUser):
    """Comes back."""

    abstract = True


class Runner:
    """A runner whose processes answer at once, each with how many users could drop; None: it does not answer."""

    state = "running"

    def __init__(self, live):
        self.live, self.drops, self.coordinator = live, [], None
        self.clients = {name: SimpleNamespace(id=name, state="running") for name in live if name != "local"}

    def send_message(self, kind, data, client_id=None):
        """Answer a count, and keep a drop."""
        if kind == StormCount.type:
            for worker, live in self.live.items():
                if live is not None:
                    self.coordinator.receive(worker, StormCounted(storm=data["storm"], live=live))
        elif kind == StormDrop.type:
            self.drops.append((client_id, data["quota"]))


class PhaseAnnouncer:
    """Where phases are announced."""

    def __init__(self):
        self.entered = []
        self.cover = self.entered.append

    def uncover(self):
        """Return to the phase of the schedule."""
        self.entered.append("")


NONE = "There is no storm"
ROWS = [  # who can drop on each process, of which class, what is said, the phases
    ("no storm user", {"local": 0}, Plain, f"{NONE}: no user class of this test is a storm user", []),
    ("no storm user, on workers", {"a": 0, "b": 0}, Plain, "such as storm: {users: [Plain]}", []),
    ("all are away, or none has come", {"local": 0}, Stormy, f"{NONE}: no user is connected now", []),
    ("the only worker does not answer", {"a": None}, Stormy, f"{NONE}: 1 worker did not say in time", []),
    ("some can", {"local": 10}, Stormy, "A storm drops 50% of the users", ["storm", "recovery", ""]),
    ("those of one worker", {"a": 0, "b": 4}, Stormy, "A storm drops 50% of the users", ["storm", "recovery", ""]),
    ("the master alone does not know it", {"a": 4}, Plain, "A storm drops 50% of the users", ["storm", "recovery", ""]),
]


@pytest.mark.parametrize("live, user, said, phases", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
@pytest.mark.slow
def test_a_storm_that_somebody_asked_for(live, user, said, phases, monkeypatch):
    """Only where somebody can drop there is a drop, and the phases of a storm."""
    monkeypatch.setattr(module, "LEAD", 0.05)
    monkeypatch.setattr(module, "COUNTED", 0.01)
    runner, stage, missed = Runner(live), PhaseAnnouncer(), []
    coordinator = runner.coordinator = StormCoordinator(SimpleNamespace(runner=runner, user_classes=[user]), stage)
    coordinator.on_missed = missed.append
    storm = {"lasts": "10ms", "recovery": "10ms"}
    coordinator.start(StormIntent(StormOptions.model_validate(storm)), lambda: 0.0)
    assert said in coordinator.strike_now(0.5, "close")
    for greenlet in coordinator._greenlets:
        greenlet.join(5)
    assert stage.entered == phases
    assert bool(runner.drops) == bool(phases)
    assert bool(missed) != bool(phases)
    assert not coordinator._striking


LEFT = [  # when the run ends, when storms are to come, what every report says
    (10.0, {"at": "30s"}, ["1 storm did not come: the run was over before"]),
    (10.0, {"every": "30s", "times": 3}, ["3 storms did not come: the run was over before"]),
    (10.0, {}, []),
]


@pytest.mark.parametrize("at, storm, said", LEFT)
def test_a_storm_that_did_not_come_is_said(at, storm, said):
    """Where nobody knew when the run would end, its reports say what it did not have; once, and not in the next run."""
    coordinator, missed = (
        StormCoordinator(SimpleNamespace(runner=Runner({"local": 1}), user_classes=[Stormy]), PhaseAnnouncer()),
        [],
    )
    coordinator.on_missed = missed.append
    coordinator.start(StormIntent(StormOptions.model_validate(storm)), lambda: at)
    coordinator.stop()
    coordinator.stop()
    coordinator.start(StormIntent(), lambda: at)
    coordinator.stop()
    assert missed == said


def test_a_storm_that_failed_does_not_strike_again():
    """Who has dropped has dropped."""
    assert (module.FOLLOWING.again, module.DROPPING.again) == (False, False)
