"""Runs over virtual time in which letters are lost, late and doubled, and workers die, stall and join: every law holds.

``LOCUST_EXT_TESTS_SEEDS=50`` plays each load with each mishap by fifty seeds.
"""

from __future__ import annotations

import os

import pytest

from locust_ext.gates.verdict import Verdict
from locust_ext.load.arrivals import Share
from locust_ext.load.due import Due
from locust_ext.load.iteration_queue import IterationQueue
from locust_ext.load.partition import Division
from locust_ext.load.permits import SharedLender
from locust_ext.load.quota_state import QuotaState
from locust_ext.measure.report_ledger import ReportLedger
from locust_ext.reports import compared
from locust_ext.run.controller import RunController
from locust_ext.run.following import Following
from locust_ext.run.ordering import Ordering
from locust_ext.safety.pace import Pace
from locust_ext.storms import coordinator
from locust_ext.storms.reconnect import Member
from tests import simulation
from tests.laws import LAWS, broken
from tests.simulation import LOADS, MISHAPS, play

SEEDS = int(os.environ.get("LOCUST_EXT_TESTS_SEEDS", "0"))
"""How many seeds each load is played by with each mishap; 0: one, and with a quarter of them in each pull request."""

ALWAYS = ("all is well", "everything")

SISTERS = ("iterations of each", "arrivals that end")
"""Loads that are played with everything at once in each pull request, since they are much like another one."""


def rows():
    """Return what is played: each load, each mishap."""
    for number, load in enumerate(LOADS):
        for other, mishap in enumerate(MISHAPS):
            often = mishap == "everything" if load in SISTERS else mishap in ALWAYS or (number + other) % 4 == 1
            rare = () if SEEDS or often else pytest.mark.long
            for seed in range(max(1, SEEDS)):
                yield pytest.param(load, mishap, seed, marks=rare)


@pytest.mark.parametrize("load, mishap, seed", list(rows()), ids=str)
def test_every_law_holds(monkeypatch, tmp_path, load, mishap, seed):
    """Whatever becomes of letters and workers."""
    played = play(monkeypatch, tmp_path, LOADS[load], MISHAPS[mishap], f"{load} {mishap} {seed}")
    assert broken(played) == []


def test_a_seed_is_a_run(monkeypatch, tmp_path):
    """The same one again, to the last request; another seed is another run."""
    load, mishap = LOADS["arrivals"], MISHAPS["everything"]
    books = [play(monkeypatch, tmp_path, load, mishap, seed).book for seed in ("a", "a", "b")]
    runs = [(book.sent, book.told, book.began, book.arrivals) for book in books]
    assert runs[0] == runs[1] != runs[2]


def leave_out(owner, name, value=None):
    """Return what makes a function do nothing."""
    return lambda patch: patch.setattr(owner, name, lambda *_, **__: value)


def double_the_cap(patch):
    """Let a process send twice what it was lent."""
    set_pace = Pace.set
    patch.setattr(Pace, "set", lambda pace, quota, window: set_pace(pace, 2 * quota, window))


def give_all_to_each(patch):
    """Have every process make all arrivals."""
    patch.setattr(Division, "share", lambda one, member: Share(0, 1, one.since) if member in one.members else None)


def lose_some(patch):
    """Lose every tenth arrival, and count none of them."""
    offer = IterationQueue.offer
    patch.setattr(IterationQueue, "offer", lambda queue, *now: offer(queue, *now) if int(now[0] * 20) % 10 else None)
    patch.setattr(Due, "missing", lambda *_: 0)


def lend_double(patch):
    """Lend twice as many iterations as there are."""
    begin = SharedLender.__init__
    patch.setattr(SharedLender, "__init__", lambda lender, total: begin(lender, 2 * total))


def drop_all(patch):
    """Have a storm drop everybody."""
    patch.setattr(coordinator, "quotas", lambda live, _: dict(live))


def forget_the_end(patch):
    """Let a worker and a master go on with a ramp when the run is over."""
    patch.setattr(Following, "shut", lambda *_: None)
    patch.setattr(Ordering, "close", lambda *_: None)
    patch.setattr("locust_ext.run.controller.end_ramp", lambda _: None)


def judge_badly(patch):
    """Have every run fail."""
    patch.setattr(compared, "conclude", lambda *_: Verdict("failed", 99, "so"))


BREAKS = [
    ("ends", "users", "all is well", leave_out(RunController, "conclude")),
    ("knows_what_was_told", "users", "a worker dies", leave_out(ReportLedger, "problems", [])),
    ("keeps_the_cap", "a cap", "all is well", double_the_cap),
    ("begins_an_arrival_once", "arrivals", "all is well", give_all_to_each),
    ("loses_no_arrival", "arrivals", "all is well", lose_some),
    ("makes_no_more", "iterations", "all is well", lend_double),
    ("makes_all", "iterations", "it is stopped", lambda patch: patch.setattr(QuotaState, "doubts", [])),
    ("drops_its_share", "a storm", "all is well", drop_all),
    ("brings_all_back", "a storm", "all is well", leave_out(Member, "_come_back")),
    ("starts_nobody_after_the_end", "users", "it is stopped", forget_the_end),
    ("passes_when_all_is_well", "users", "all is well", judge_badly),
]


@pytest.mark.parametrize("law, load, mishap, breaks", BREAKS, ids=[row[0] for row in BREAKS])
def test_each_law_can_fail(monkeypatch, tmp_path, law, load, mishap, breaks):
    """Whoever breaks the code breaks a law."""
    monkeypatch.setattr(simulation, "BOUND", 80.0)
    with monkeypatch.context() as patch:
        breaks(patch)
        played = play(monkeypatch, tmp_path, LOADS[load], MISHAPS[mishap], f"{law} 0")
    assert law in {one.partition(":")[0] for one in broken(played)}


def test_every_law_is_seen_to_fail():
    """None is left out of the table above."""
    assert [row[0] for row in BREAKS] == [law.__name__ for law in LAWS]
