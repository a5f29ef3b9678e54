"""What becomes of a run when something of ours fails, on the process that judges and on a worker."""

import pytest
from locust.env import Environment
from locust.exception import RPCError

from locust_ext.plugin import attach
from locust_ext.process import supervised
from locust_ext.process.supervised import Fault, Stake, guarded
from locust_ext.run.own_faults import FAULT, STAKES, FaultTold, OwnFaults
from tests.raising.table import LISTENERS, MESSAGES


class Book:
    """Stands in for the controller, the runner and the safety agent, and writes down what they are asked for."""

    def __init__(self):
        self.asked = []
        self.broken = False

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *given, **named: self.asked.append((name, *given, *named.values()))

    def send_message(self, kind, data):
        """Write down the message, or have no connection."""
        if self.broken:
            raise RPCError
        self.asked.append((kind, data["where"], data["stake"], data["lost"]))


@pytest.fixture
def make():
    """Make the faults of one process, and its book."""
    made = []

    def begin(*, is_worker=False):
        book = Book()
        made.append(OwnFaults(book, book, lambda reason: book.asked.append(("stop", reason)), is_worker=is_worker))
        made[-1].cannot_begin = lambda reason: book.asked.append(("cannot_begin", reason))
        return made[-1], book

    yield begin
    for one in made:
        one.let_go()


ROWS = [
    ("looks, and it goes on: nobody minds", Stake.LOOKS, False, ["mention"]),
    ("looks, and it is lost: the run is in doubt", Stake.LOOKS, True, ["doubt"]),
    ("evidence, and it goes on: something may be missing", Stake.EVIDENCE, False, ["doubt"]),
    ("evidence, and it is lost", Stake.EVIDENCE, True, ["doubt"]),
    ("safety, and it goes on", Stake.SAFETY, False, ["doubt"]),
    ("safety, and it is lost: the run ends for safety", Stake.SAFETY, True, ["doubt", "stop"]),
    ("a lock: who decides is the run's locks", Stake.LOCK, True, ["doubt", "put_out"]),
    ("a begin: there is no run to doubt before it has one", Stake.START, True, ["cannot_begin", "doubt"]),
    ("the load is lost: the run ends", Stake.LOAD, True, ["doubt", "give_up"]),
    ("the load goes on", Stake.LOAD, False, ["doubt"]),
]


@pytest.mark.parametrize("stake, lost, asked", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
@pytest.mark.parametrize("place", ["here", "on a worker"])
def test_a_fault_is_judged(make, stake, lost, asked, place):
    """Where runs are judged: one of this process, and one that a worker has told of."""
    faults, book = make()
    fault = Fault("the part", "ValueError: boom", stake, lost)
    if place == "here":
        faults.hear(fault)
    else:
        told = FaultTold(where=fault.where, what=fault.what, stake=stake.name, lost=lost)
        faults.receive("loadgen_1", FaultTold.of(told.told()))
    assert [one[0] for one in book.asked] == asked
    assert all("ValueError: boom" in str(one) for one in book.asked)
    assert all(("on worker loadgen_1" in str(one)) is (place != "here") for one in book.asked)


@pytest.mark.parametrize("stake, lost", [row[1:3] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_worker_tells_its_master(make, stake, lost):
    """Once a run; where safety is lost it stops by itself, too."""
    faults, book = make(is_worker=True)
    fault = Fault("the part", "ValueError: boom", stake, lost)
    for _ in range(3):
        faults.hear(fault)
    stops = [("stop", fault.text)] * 3 if stake is Stake.SAFETY and lost else []
    assert [one for one in book.asked if one[0] == "stop"] == stops
    assert [one for one in book.asked if one[0] != "stop"] == [(FAULT, "the part", stake.name, lost)]


def test_a_worker_without_its_master_stops_all_the_same(make):
    """Nobody can be told, and nobody else will."""
    faults, book = make(is_worker=True)
    book.broken = True
    faults.hear(Fault("the part", "boom", Stake.SAFETY))
    assert [one[0] for one in book.asked] == ["stop"]


def test_what_the_process_has_lost_is_lost_for_each_of_its_runs(make):
    """The look for letters does not come back with the next run; the judging of the last one does."""
    faults, book = make()
    faults.hear(Fault("the letters", "boom", Stake.SAFETY, lasts=True))
    faults.hear(Fault("the judging", "boom", Stake.SAFETY))
    faults.hear(Fault("the lag", "boom", Stake.EVIDENCE, lost=False, lasts=True))
    book.asked.clear()
    faults.begin()
    assert book.asked == [("doubt", "the letters failed: boom", "the letters"), ("stop", "the letters failed: boom")]


def test_a_verdict_that_cannot_be_given(make):
    """It is given without what raised, or the process fails."""
    faults, book = make()
    faults.finish(lambda: 1 / 0)
    assert [one[0] for one in book.asked] == ["doubt", "fail_to_judge", "conclude"]
    faults, book = make(is_worker=True)
    faults.finish(lambda: 1 / 0)
    assert [one[0] for one in book.asked] == [FAULT]


def test_the_stakes_are_those_of_listeners_that_there_are():
    """A message that got another name would lose its stake in silence."""
    assert set(STAKES) <= {*MESSAGES, *LISTENERS}


def test_every_listener_is_guarded():
    """Locust swallows what a listener raises: so each of ours goes through the one way that tells of it."""
    environment = Environment(user_classes=[])
    environment.create_local_runner()
    theirs = {name: list(getattr(environment.events, name)._handlers) for name in vars(environment.events)}
    attached = attach(environment)
    run = attached._run
    try:
        ours = {
            name: [one for one in getattr(environment.events, name)._handlers if one not in theirs[name]]
            for name in theirs
        }
        assert ours.pop("request") == [run.recorder.on_request]  # it guards itself: it is on the request path
        assert {event for event, _ in run.listeners()} <= {name for name, found in ours.items() if found}
        guard = guarded("", lambda: None).__code__
        assert [name for name, found in ours.items() for one in found if one.__code__ is not guard] == []
        messages = {name: handler for name, (handler, _) in environment.runner.custom_messages.items()}
        assert [name for name, handler in messages.items() if handler.__code__ is not guard] == []
        assert len(messages) == len(run.messages())
    finally:
        run.let_go()
    assert run._own_faults.hear not in supervised._hearers
