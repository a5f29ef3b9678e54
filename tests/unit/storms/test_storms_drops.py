"""The master's part in storms, step by step: when it strikes, what each worker is told, and what it waits for."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.load.schedule import lines
from locust_ext.storms import coordinator as module
from locust_ext.storms.coordinator import LEAD, REPEATS, StormCoordinator
from locust_ext.storms.intents import StormIntent
from locust_ext.storms.messages import StormCount, StormCounted, StormDrop
from locust_ext.storms.options import StormOptions

START = 1000.0


class Watched:
    """A master's runner: what it sends, and when; its workers answer a count at once, if they answer."""

    state = "running"

    def __init__(self, clock, live, missing=()):
        self.clock, self.live, self.sent, self.coordinator = clock, live, [], None
        self.clients = {
            name: SimpleNamespace(id=name, state="missing" if name in missing else "running")
            for name in live
            if name != "local"
        }

    def send_message(self, kind, data, client_id=None):
        """Keep it, with the seconds since the start."""
        self.sent.append((round(self.clock.now - START, 3), kind, client_id, data))
        if kind == StormCount.type:
            for worker, live in self.live.items():
                if live is not None:
                    self.coordinator.receive(worker, StormCounted(storm=data["storm"], live=live))

    def drops(self):
        """Return when each strike was said, to whom, and its quota, cause and instant."""
        told = [(at, to, data) for at, kind, to, data in self.sent if kind == StormDrop.type]
        return [(at, to, data["quota"], data["cause"], round(at + data["in"], 3)) for at, to, data in told]


@pytest.fixture
def clock(monkeypatch):
    """The coordinator's clock, which moves when it sleeps."""
    state = SimpleNamespace(now=START, slept=[])

    def sleep(seconds):
        state.now += seconds
        state.slept.append(round(seconds, 3))
        gevent.sleep(0)

    names = ("Greenlet", "Timeout", "spawn")
    monkeypatch.setattr(module, "monotonic", lambda: state.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep, **{n: getattr(gevent, n) for n in names}))
    return state


@pytest.fixture
def made(clock):
    """Make a coordinator for a run with storms, before processes with so many users that could drop."""

    def make(live, options=None, missing=(), schedule=None, scale=1.0, elapsed=lambda: 0.0, start=True):
        runner, entered, missed = Watched(clock, live, missing), [], []

        def note(phase=""):
            entered.append((round(clock.now - START, 3), phase))

        stage = SimpleNamespace(cover=note, uncover=note)
        environment = SimpleNamespace(runner=runner, user_classes=[], shape_class=None)
        coordinator = runner.coordinator = StormCoordinator(environment, stage)
        coordinator.on_missed = missed.append
        given = None if options is None else StormOptions.model_validate(options)
        intent = StormIntent(options=given, schedule=schedule, scale=scale)
        if start:
            coordinator.start(intent, elapsed)
        else:
            coordinator._intent = intent
        return SimpleNamespace(coordinator=coordinator, runner=runner, entered=entered, missed=missed, env=environment)

    return make


SHORT = {"drop": "50%", "lasts": "10s", "recovery": "20s", "cause": "close"}


def test_a_strike_is_said_three_times(made):
    """All workers learn the instant ahead of time; each has its quota, and an order that is lost comes again."""
    one = made({"a": 4, "b": 6}, SHORT, start=False)
    one.coordinator.drop_users()
    assert one.runner.sent[0][:3] == (0.0, StormCount.type, None)
    said = one.runner.drops()
    assert [at for at, *_ in said] == [
        0.0,
        0.0,
        *(round(0.4 + more, 3) for more in REPEATS[1:] for _ in "ab"),
    ]
    assert {(to, quota, cause, at) for _, to, quota, cause, at in said} == {
        ("a", 2, "close", LEAD),
        ("b", 3, "close", LEAD),
    }
    assert {data["seed"] for _, kind, to, data in one.runner.sent if to == "a"} == {"a"}
    assert one.entered == [(LEAD, "storm"), (LEAD + 10, "recovery"), (LEAD + 30, "")]
    assert one.missed == []


def test_the_next_storm_has_the_next_number(made):
    """What workers answer to the one before is no answer to it; another run counts anew."""
    one = made({"local": 4}, SHORT, start=False)
    one.coordinator.drop_users()
    one.coordinator.drop_users()
    assert [data["storm"] for _, kind, _, data in one.runner.sent if kind == StormCount.type] == [1, 2]
    one.coordinator.receive("late", StormCounted(storm=1, live=50))
    assert one.coordinator._counted == {"local": 4}
    one.coordinator.start(StormIntent(StormOptions()), lambda: 0.0)
    one.coordinator.drop_users()
    assert [data["storm"] for _, kind, _, data in one.runner.sent if kind == StormCount.type] == [1, 2, 1]


ASKED = [
    ("as it was configured", None, "", 2, "close"),
    ("another share", 1.0, "", 4, "close"),
    ("nobody at all", 0.0, "", 0, "close"),
    ("another cause", None, "reset", 2, "reset"),
]


@pytest.mark.parametrize("drop, cause, quota, said", [pytest.param(*row[1:], id=row[0]) for row in ASKED])
def test_another_storm_than_configured(made, drop, cause, quota, said, caplog):
    """Who asks for a storm may ask for another share or cause; what is done is logged."""
    one = made({"local": 4}, SHORT, start=False)
    one.coordinator.drop_users(drop, cause)
    assert {drop[2:4] for drop in one.runner.drops()} == {(quota, said)}
    assert f"storm 1: {quota} of 4 users drop ({said})" in caplog.text


def test_a_worker_that_does_not_answer(made, caplog, clock):
    """It is waited for, for a moment, and told of; one that Locust misses is not."""
    one, told = made({"a": 4, "b": None, "c": None}, SHORT, missing="c", start=False), []
    one.coordinator.drop_users(tell=told.append)
    assert told == [(4, 1)]
    assert "storm 1: worker b did not answer, its users stay connected" in caplog.text
    assert "worker c" not in caplog.text
    assert {to for _, to, *_ in one.runner.drops()} == {"a"}
    assert one.runner.drops()[0][0] == pytest.approx(0.4, abs=0.011)
    assert {drop[-1] for drop in one.runner.drops()} == {LEAD}
    assert clock.slept[:3] == [0.01] * 3


def test_nobody_could_drop(made, caplog):
    """There is no storm, and every report says so."""
    one, told = made({"local": 0}, SHORT, start=False), []
    one.coordinator.drop_users(tell=told.append)
    assert (told, one.runner.drops(), one.entered) == ([(0, 0)], [], [])
    assert one.missed == ["storm 1: nobody is there who could drop, so there is none"]
    assert one.missed[0] in caplog.text
    one.runner.live["local"] = 4
    one.coordinator.drop_users()
    assert len(one.runner.drops()) == 3


def test_one_at_a_time(made, caplog):
    """A storm that would begin in the midst of another one is left out, with a word."""
    one = made({"local": 4}, SHORT, start=False)
    one.coordinator._striking = True
    one.coordinator.drop_users()
    assert one.runner.sent == []
    assert "a storm was to strike while another one was under way: it was left out" in caplog.text
    assert one.coordinator.strike_now(0.5, "close") == (
        "A storm is under way; the next one can begin when its recovery is over."
    )


@pytest.mark.parametrize("state, said", [("spawning", False), ("running", False), ("ready", True), ("stopped", True)])
def test_no_test_is_running(made, state, said):
    """Then there is nobody who could drop; also where this process never heard of a run."""
    one = made({"local": 4}, SHORT, start=False)
    one.runner.state, one.coordinator._striking = state, True
    assert (one.coordinator.strike_now(0.5, "close") == "No test is running.") is said
    one.runner.state, one.coordinator._intent = "running", None
    assert one.coordinator.strike_now(0.5, "close") == "No test is running."


def followed(one):
    """Run the storms of the configuration to their end."""
    for greenlet in one.coordinator._greenlets:
        greenlet.join(5)
    return [at for at, kind, *_ in one.runner.sent if kind == StormCount.type]


MOMENTS = [  # the storm, the schedule, the time scale, when workers are asked who could drop
    ("at a time", {"at": "30s"}, None, 1.0, [29.0]),
    ("at a time that is over", {"at": "0s"}, None, 1.0, [0.0]),
    ("again and again", {"every": "100s", "times": 3}, None, 1.0, [99.0, 199.0, 299.0]),
    ("in a phase", {"phase": "steady"}, lines(1, [("ramp", 40, 1), ("steady", 60, 1)]), 1.0, [39.0]),
]


@pytest.mark.parametrize("storm, schedule, scale, asked", [pytest.param(*row[1:], id=row[0]) for row in MOMENTS])
def test_the_storms_of_the_configuration(made, clock, storm, schedule, scale, asked):
    """Each begins a little before its moment, so that workers know it in time."""
    one = made({"local": 4}, {**SHORT, **storm}, schedule=schedule, scale=scale, elapsed=lambda: clock.now - START)
    assert one.coordinator._left == len(asked)
    assert followed(one) == asked
    assert one.coordinator._left == 0
    assert [at for at, phase in one.entered if phase == "storm"] == [at + LEAD for at in asked]
    one.coordinator.stop()
    assert one.missed == []


def test_the_phases_of_a_shape_in_code(made, clock):
    """Where the configuration has no schedule, that of the shape says when its phases begin."""
    one = made({"local": 4})
    one.env.shape_class = SimpleNamespace(schedule=lines(1, [("ramp", 20, 1), ("steady", 60, 1)]))
    intent = StormIntent(StormOptions.model_validate({**SHORT, "phase": "steady"}))
    one.coordinator.start(intent, lambda: clock.now - START)
    assert followed(one) == [19.0]
    one.env.shape_class = SimpleNamespace(schedule="nightly")
    one.coordinator.start(intent, lambda: clock.now - START)
    assert one.coordinator._left == 0


def test_a_run_without_storms(made):
    """Nothing is followed, and nothing missed; a person may ask for one all the same."""
    one = made({"local": 4})
    assert (one.coordinator._greenlets, one.coordinator._left) == ([], 0)
    one.coordinator.stop()
    assert one.missed == []
    one.coordinator.drop_users()
    assert len(one.runner.drops()) == 3


def test_one_of_two_did_not_come(made, clock):
    """A run that ends between its storms says how many it did not have, and strikes no more."""
    one = made({"local": 4}, {**SHORT, "every": "100s", "times": 3}, elapsed=lambda: clock.now - START)
    one.coordinator.drop_users = one.coordinator.stop
    for greenlet in one.coordinator._greenlets:
        greenlet.join(1)
    assert one.missed == ["2 storms did not come: the run was over before"]
    assert one.coordinator._greenlets == []
