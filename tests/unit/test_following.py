"""The gate: which orders are followed, whose users start, and what a worker no longer listens to."""

from types import SimpleNamespace

import pytest
from locust.exception import StopTest
from locust.runners import WorkerRunner

from locust_ext.process.orders import Spawn
from locust_ext.process.wire import UnfitError
from locust_ext.run.following import RUN_OPTION, Following, run_in


class Runner:
    """Makes as many users as it is asked for, and takes every message."""

    def __init__(self):
        self.state = "ready"
        self.made, self.handled = [], []

    def spawn_users(self, counts, wait=False):
        self.made.append(counts)
        return ["user"]

    def handle_message(self, message):
        self.handled.append(message)

    def update_state(self, state):
        self.state = state


class Worker(Runner, WorkerRunner):
    """The same as a worker, without a network."""

    def __init__(self):
        Runner.__init__(self)

    handle_message, spawn_users = Runner.handle_message, Runner.spawn_users


@pytest.fixture
def followed():
    """Return the orders that were followed."""
    return []


@pytest.fixture
def following(followed):
    """Return the gate of a worker that follows everything, but what says ``raise``."""

    def follow(told):
        if "raise" in told:
            raise told["raise"]
        followed.append(told["id"])

    gate = Following(Worker(), follow)
    gate.install()
    return gate


def message(kind, run=None):
    """Return a message of the master."""
    options = {} if run is None else {RUN_OPTION: {"id": run}}
    return SimpleNamespace(type=kind, data={"parsed_options": options} if kind == "spawn" else None)


ORDERS = [
    ("of a run", [{"id": "a"}], ["a"], "a", ""),
    ("twice the same", [{"id": "a"}, {"id": "a"}], ["a"], "a", ""),
    ("of the next run, whose predecessor's end was lost", [{"id": "a"}, {"id": "b"}], ["a", "b"], "b", ""),
    ("of a run that was left for another one", [{"id": "a"}, {"id": "b"}, {"id": "a"}], ["a", "b"], "b", "has left this run"),
    ("without a run", [{}], [], "", "got orders that name no run"),
    ("with a run of another kind", [{"id": None}], [], "", "got orders that name no run"),
    ("that it cannot follow", [{"id": "a", "raise": TypeError("no subclasses")}], [], "", "cannot follow the run's orders: TypeError: no subclasses"),
    ("that it cannot follow, in plain words", [{"id": "a", "raise": ValueError("it has no key")}], [], "", "cannot follow the run's orders: it has no key"),
    ("once more after it could not follow", [{"id": "a", "raise": KeyError("x")}, {"id": "a"}], [], "", "has left this run"),
    ("of the next run after it could not follow", [{"id": "a", "raise": KeyError("x")}, {"id": "b"}], ["b"], "b", ""),
]  # fmt: skip


@pytest.mark.parametrize("orders, done, run, why", [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_orders(following, followed, orders, done, run, why):
    """Orders are followed whole, or the gate stays shut, and a run that was left is never joined again."""
    said = [following.obey(told) for told in orders]
    assert (followed, following.run, said[-1]) == (done, run, why)


def test_a_process_that_was_killed_follows_nobody(followed):
    """Whatever forbids runs is asked before anything is followed."""
    gate = Following(Worker(), lambda told: followed.append(told["id"]), lambda: "was killed: enough")
    assert gate.obey({"id": "a"}) == "was killed: enough"
    assert (followed, gate.run) == ([], "")


USERS = [
    ("before any orders", [], 0),
    ("of a run whose orders were followed", ["obey a"], 1),
    ("after its end", ["obey a", "shut"], 0),
    ("of the next run", ["obey a", "shut", "obey b"], 1),
    ("of a run that was left, whose orders came again", ["obey a", "shut", "obey a"], 0),
    ("of a run that was over before its orders came", ["over a", "obey a"], 0),
]


@pytest.mark.parametrize("steps, made", [row[1:] for row in USERS], ids=[row[0] for row in USERS])
def test_users(following, steps, made):
    """No user is made without orders, and Locust's state goes on all the same, so that it can be stopped."""
    does = {"obey": lambda run: following.obey({"id": run}), "shut": following.shut, "over": following.shut}
    for step in steps:
        what, *run = step.split()
        does[what](*run)
    runner = following._runner
    answer = runner.spawn_users({"User": 3})
    assert runner.made == [{"User": 3}] * made
    assert answer == ["user"] * made
    assert runner.state == ("ready" if made else "spawning")


HEARD = [
    ("of the run that it follows", "spawn", "b", True),
    ("of the run that it has left", "spawn", "a", False),
    ("of a run whose orders did not come", "spawn", "c", False),
    ("of a master without the pack", "spawn", None, False),
    ("without an id", "spawn", "", False),
    ("that the ramp is over", "spawning_complete", None, True),
    ("anything else", "quit", None, True),
]


@pytest.mark.parametrize("kind, run, heard", [row[1:] for row in HEARD], ids=[row[0] for row in HEARD])
def test_messages(following, kind, run, heard):
    """Spawn messages of the run that is followed are Locust's; all others are dropped before it sees them."""
    for known in ("a", "b"):
        following.obey({"id": known})
    following._runner.handle_message(message(kind, run))
    assert following._runner.handled == ([message(kind, run)] if heard else [])


@pytest.mark.parametrize("kind", ["spawn", "spawning_complete"])
def test_after_the_end(following, kind):
    """Between runs a worker starts nobody, and no ramp is over."""
    following.obey({"id": "a"})
    following.shut()
    following._runner.handle_message(message(kind, "a"))
    assert following._runner.handled == []


def test_a_refusal_is_said_once(following, caplog):
    """A master that goes on with its ramp does not fill the log."""
    for _ in range(20):
        following._runner.handle_message(message("spawn", "a"))
    assert [record.getMessage() for record in caplog.records] == [
        "no user starts here for a run whose orders did not come here"
    ]


def test_runs_that_were_left_are_bounded(following):
    """So many runs are remembered, and no more."""
    for number in range(1000 + 5):
        following.obey({"id": f"{number}"})
    assert len(following._left) == 1000
    assert following.obey({"id": f"{1000}"}) == "has left this run"


ODD_SPAWNS = [
    ("nothing", None),
    ("a list", ["r"]),
    ("options that are a list", {"parsed_options": ["r"]}),
    ("a run that is a number", {"parsed_options": {RUN_OPTION: {"id": 5}}}),
    ("a run that is a list", {"parsed_options": {RUN_OPTION: ["a"]}}),
]


@pytest.mark.parametrize("data", [row[1] for row in ODD_SPAWNS], ids=[row[0] for row in ODD_SPAWNS])
def test_a_spawn_message_that_makes_no_sense(data):
    """It belongs to no run."""
    assert run_in(SimpleNamespace(type="spawn", data=data)) == ""


GOOD_SPAWN = {
    "timestamp": 1.8e9,
    "user_classes_count": {"Quick": 5},
    "host": None,
    "stop_timeout": 0,
    "parsed_options": {},
}
SPAWNS = [
    ("as Locust sends it", {}, True),
    ("a negative number of users", {"user_classes_count": {"Quick": -5}}, False),
    ("a number of users that is a text", {"user_classes_count": {"Quick": "5"}}, False),
    ("users that are a list", {"user_classes_count": ["Quick"]}, False),
    ("no time", {"timestamp": None}, False),
    ("options that are none", {"parsed_options": None}, False),
]


@pytest.mark.parametrize("change, fits", [row[1:] for row in SPAWNS], ids=[row[0] for row in SPAWNS])
def test_a_spawn_message_is_read_as_a_whole(change, fits):
    """One that does not fit asks for nobody."""
    try:
        Spawn.of(GOOD_SPAWN | change)
    except UnfitError:
        assert not fits
    else:
        assert fits


def test_users_without_the_host_that_they_had():
    """Locust would end with a traceback; it is said instead, and whatever else a locustfile raises stays its own."""

    class Homeless(Worker):
        def spawn_users(self, counts, wait=False):
            raise StopTest(counts["why"])

    runner, said = Homeless(), []
    gate = Following(runner, lambda _: None, on_homeless=said.append)
    gate.run = "a"
    spawn = gate._at_the_gate(runner.spawn_users)
    assert spawn({"why": "You must specify the base host. Either in the host attribute in the User class"}) == []
    assert said == ["why has no host any more: code has taken it away"]
    with pytest.raises(StopTest, match="enough"):
        spawn({"why": "enough"})
