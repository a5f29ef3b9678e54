"""The two messages of the cap: who asks, who is answered, and which leases count."""

from __future__ import annotations

import logging
from time import monotonic
from types import SimpleNamespace

import gevent
import pytest
from locust.exception import RPCError

from locust_ext.safety import cap as module
from locust_ext.safety.cap import ASK, LEASE, Ask, Borrowing, Lease, Lending


class Runner:
    """A runner that keeps what is sent, or cannot send it."""

    def __init__(self, clients=None):
        self.sent, self.broken = [], False
        if clients is not None:
            self.clients = dict.fromkeys(clients)

    def send_message(self, kind, data=None, client_id=None):
        self.sent.append((kind, data, client_id))
        if self.broken:
            raise RPCError("the wire is broken")


class Admission:
    """An admission that keeps what it is told."""

    def __init__(self):
        self.demand, self.told = 7, []

    def cap(self):
        self.told.append("cap")

    def lend(self, quota, window, until):
        self.told.append((quota, window, until))


def ask(run="r1", holds=0, demand=99, asked=5.0):
    return Ask(run=run, asked=asked, holds=holds, demand=demand)


def lend(lending, runner, worker, **asked):
    """Let a worker ask, and return the lease that it got, if it got one."""
    before = len(runner.sent)
    lending.answer(worker, ask(**asked))
    leases = runner.sent[before:]
    assert len(leases) <= 1
    return leases[0] if leases else None


def test_a_lease():
    """An ask is answered, to its worker alone, with all that the worker needs to know."""
    runner = Runner(["a"])
    lending = Lending(runner)
    lending.start(10.0, "r1")
    kind, lease, to = lend(lending, runner, "a", asked=123.5)
    assert (kind, to) == (LEASE, "a")
    assert lease == {"run": "r1", "number": 1, "quota": 10, "asked": 123.5, "window": pytest.approx(1.025)}
    _, lease, _ = lend(lending, runner, "a", holds=1)
    assert lease["number"] == 2


NOBODY = [
    ("another run", 10.0, "r2"),
    ("no run", 10.0, ""),
    ("nothing is lent", None, "r1"),
]


@pytest.mark.parametrize("rate, run", [row[1:] for row in NOBODY], ids=[row[0] for row in NOBODY])
def test_who_is_not_answered(rate, run):
    """Anyone who asks for another run, or where nothing is lent, hears nothing, and so stays silent."""
    runner = Runner(["a"])
    lending = Lending(runner)
    lending.start(rate, "r1")
    assert lend(lending, runner, "a", run=run) is None


def test_before_any_run():
    """Nobody lends before the first run, nor after one without a cap has begun."""
    runner = Runner(["a"])
    lending = Lending(runner)
    assert lend(lending, runner, "a", run="") is None
    lending.start(10.0, "r1")
    lending.start(None, "r2")
    assert lend(lending, runner, "a", run="r1") is None
    assert lend(lending, runner, "a", run="r2") is None


def test_workers_are_expected():
    """For those that are connected when the run begins a share is kept, before they have asked."""
    runner = Runner("abcd")
    lending = Lending(runner)
    lending.start(100.0, "r1")
    assert [lend(lending, runner, worker)[1]["quota"] for worker in "abcd"] == [25] * 4


def test_a_worker_that_comes_later_is_answered():
    """It gets what others have not got; the cap is never lent twice."""
    runner = Runner("a")
    lending = Lending(runner)
    lending.start(100.0, "r1")
    assert lend(lending, runner, "a")[1]["quota"] == 100
    assert lend(lending, runner, "b")[1]["quota"] == 0


def test_a_local_run_lends_to_itself():
    """A runner without clients has nobody to expect, and answers anyone who asks."""
    runner = Runner()
    lending = Lending(runner)
    lending.start(5.0, "r1")
    assert lend(lending, runner, "local")[1]["quota"] == 5


def test_the_next_run_lends_anew():
    """Leases of one run are not charged to the next."""
    runner = Runner("a")
    lending = Lending(runner)
    lending.start(100.0, "r1")
    lend(lending, runner, "a")
    lending.start(50.0, "r2")
    _, lease, _ = lend(lending, runner, "b", run="r2")
    assert (lease["run"], lease["number"]) == ("r2", 1)
    assert lease["quota"] > 0


@pytest.fixture
def borrowing(monkeypatch):
    """Return what borrows, with its ``runner`` and its ``admission``; it does not ask again by itself."""
    monkeypatch.setattr(module, "REFRESH", 3600.0)
    runner, admission = Runner(), Admission()
    one = Borrowing(runner, admission)
    one.runner, one.admission = runner, admission
    yield one
    one.stop()


def settle():
    """Let everything run that can without time passing."""
    for _ in range(5):
        gevent.sleep(0)


def lease(number=1, quota=5, run="r1", asked=100.0, window=1.025):
    return Lease(run=run, number=number, quota=quota, asked=asked, window=window)


def test_it_begins_with_silence_and_an_ask(borrowing):
    """Nothing passes before there is an answer, which is asked for at once."""
    before = monotonic()
    borrowing.start("r1")
    assert borrowing.admission.told == ["cap"]
    settle()
    ((kind, data, to),) = borrowing.runner.sent
    assert (kind, to) == (ASK, None)
    assert before <= data["asked"] <= monotonic()
    assert {key: data[key] for key in ("run", "holds", "demand")} == {"run": "r1", "holds": 0, "demand": 7}


def test_a_lease_counts_from_when_it_was_asked_for(borrowing):
    """It is handed on with its end, on this process's own clock."""
    borrowing.start("r1")
    borrowing.take(lease(quota=5, asked=100.0, window=2.05))
    assert borrowing.admission.told[1:] == [(5, 2.05, 102.8)]


IGNORED = [
    ("of another run", lease(9, 50, run="r2")),
    ("of no run", lease(9, 50, run="")),
    ("an older one", lease(2, 50)),
    ("the same again", lease(3, 50)),
]


@pytest.mark.parametrize("late", [row[1] for row in IGNORED], ids=[row[0] for row in IGNORED])
def test_leases_that_do_not_count(borrowing, late):
    """One of another run or with an older number changes nothing, and makes nobody ask."""
    borrowing.start("r1")
    settle()
    borrowing.take(lease(3, 5))
    told, sent = list(borrowing.admission.told), len(borrowing.runner.sent)
    borrowing.take(late)
    settle()
    assert borrowing.admission.told == told
    assert len(borrowing.runner.sent) == sent
    borrowing.take(lease(4, 6))
    assert borrowing.admission.told[-1][0] == 6


def test_numbers_begin_anew_with_a_run(borrowing):
    """The first lease of a run counts, whatever number the last one had."""
    borrowing.start("r1")
    borrowing.take(lease(900, 5))
    borrowing.start("r2")
    borrowing.take(lease(1, 2, run="r2"))
    assert borrowing.admission.told[-1][0] == 2


GIVEN = [("less", 2, True), ("nothing", 0, True), ("as much", 5, False), ("more", 8, False)]


@pytest.mark.parametrize("quota, asks", [row[1:] for row in GIVEN], ids=[row[0] for row in GIVEN])
def test_who_is_given_less_says_so_at_once(borrowing, quota, asks):
    """The sooner the master knows that it holds less, the sooner another may have the rest; else it waits."""
    borrowing.start("r1")
    settle()
    borrowing.take(lease(1, 5))
    settle()
    assert len(borrowing.runner.sent) == 1
    borrowing.take(lease(2, quota))
    settle()
    assert [data["holds"] for _, data, _ in borrowing.runner.sent] == ([0, 2] if asks else [0])


def test_it_asks_again_and_again(borrowing, monkeypatch):
    """With what it holds at that moment, and what it would use."""
    monkeypatch.setattr(module, "REFRESH", 0.001)
    borrowing.start("r1")
    with gevent.Timeout(5):
        while len(borrowing.runner.sent) < 3:
            gevent.sleep(0.001)
        borrowing.take(lease(6, 5, asked=monotonic()))
        borrowing.admission.demand = 70
        while borrowing.runner.sent[-1][1]["holds"] != 6 or borrowing.runner.sent[-1][1]["demand"] != 70:
            gevent.sleep(0.001)
    asked = [data["asked"] for _, data, _ in borrowing.runner.sent]
    assert asked == sorted(asked)


def test_a_broken_wire(borrowing, monkeypatch, caplog):
    """An ask that cannot be sent is told, and the next one is sent all the same."""
    monkeypatch.setattr(module, "REFRESH", 0.001)
    borrowing.runner.broken = True
    with caplog.at_level(logging.WARNING), gevent.Timeout(5):
        borrowing.start("r1")
        while len(borrowing.runner.sent) < 3:
            gevent.sleep(0.001)
        borrowing.runner.broken = False
        count = len(borrowing.runner.sent)
        while len(borrowing.runner.sent) < count + 2:
            gevent.sleep(0.001)
    assert "cannot ask the master for a lease: the wire is broken" in caplog.text


def test_a_lease_that_runs_out_is_told_once(borrowing, monkeypatch, caplog):
    """Each silence has one line, however long it lasts, and none where there was never a lease."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "monotonic", lambda: clock.now)
    monkeypatch.setattr(module, "REFRESH", 0.001)

    def rounds(count):
        until = len(borrowing.runner.sent) + count
        while len(borrowing.runner.sent) < until:
            gevent.sleep(0.001)
        return [record.getMessage() for record in caplog.records]

    with caplog.at_level(logging.WARNING), gevent.Timeout(5):
        borrowing.start("r1")
        assert rounds(3) == []
        silence = "no lease from the master for 3 s: nothing is sent until it answers again"
        for number in (1, 2):
            borrowing.take(lease(number, 5, asked=clock.now))
            assert rounds(3) == [silence] * (number - 1)
            clock.now = clock.now + 2.8 - 0.01
            assert rounds(3) == [silence] * (number - 1)
            clock.now = borrowing._tenure.until
            assert rounds(5) == [silence] * number


def test_it_stops(borrowing, monkeypatch):
    """Afterwards nobody asks; to stop twice does nothing, and it can begin again."""
    monkeypatch.setattr(module, "REFRESH", 0.001)
    borrowing.start("r1")
    settle()
    borrowing.stop()
    borrowing.stop()
    gevent.sleep(0.02)
    count = len(borrowing.runner.sent)
    gevent.sleep(0.02)
    assert len(borrowing.runner.sent) == count
    borrowing.start("r2")
    settle()
    assert borrowing.runner.sent[-1][1]["run"] == "r2"
