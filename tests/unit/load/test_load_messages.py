"""What processes say to each other of arrivals: what is no schedule, no share and no load is refused as a whole."""

from __future__ import annotations

import math
import re

import pytest

from locust_ext.load.messages import MOST_SCENARIOS, ArrivalsTold, Presence, ShareTold
from locust_ext.load.pieces import Decay, Line
from locust_ext.load.schedule import MOST_LEVEL, MOST_PIECES, Schedule, from_rows, lines, to_rows
from locust_ext.process.wire import UnfitError

LINE = ["Line", "steady", 10, 5, 5]
DECAY = ["Decay", "fall", 10, 5, 1, 2]

CURVE = "a piece is of a curve that is known, and of numbers from 0 on"
NUMBERS = "a piece has the numbers of its curve"
ROW = "a piece is the name of a curve, a phase and numbers"
LASTS = "a decay lasts, and so does its half-life"

REFUSED = [
    ("no list", "Line", "a schedule is at most 100,000 pieces"),
    ("too many pieces", [LINE] * (MOST_PIECES + 1), "a schedule is at most 100,000 pieces"),
    ("a row that is none", [LINE, "Line"], ROW),
    ("a row of a kind alone", [["Line"]], ROW),
    ("a curve that nobody knows", [["Sine", "steady", 10, 5, 5]], CURVE),
    ("a kind that is a number", [[1, "steady", 10, 5, 5]], CURVE),
    ("a phase that is a number", [["Line", 1, 10, 5, 5]], CURVE),
    ("a time backwards", [["Line", "steady", -1, 5, 5]], CURVE),
    ("no number", [["Line", "steady", 10, math.nan, 5]], CURVE),
    ("text for a number", [["Line", "steady", 10, "5", 5]], CURVE),
    ("truth for a number", [["Line", "steady", 10, True, 5]], CURVE),
    ("more users than anybody has", [["Line", "steady", 10, 5, 1e9 + 1]], CURVE),
    ("more users at its beginning", [["Line", "steady", 10, 1e9 + 1, 5]], CURVE),
    ("too few numbers", [LINE[:-1]], NUMBERS),
    ("too many numbers", [[*LINE, 5]], NUMBERS),
    ("a decay without a half-life", [["Decay", "fall", 10, 5, 1, 0]], LASTS),
    ("a decay of no length", [["Decay", "fall", 0, 5, 1, 2]], LASTS),
    ("a decay without an end", [["Decay", "fall", math.inf, 5, 1, 2]], LASTS),
    ("a ramp without an end", [["Line", "steady", math.inf, 5, 6]], "a line without end is level"),
]


@pytest.mark.parametrize("rows, why", [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_rows_that_are_no_schedule(rows, why):
    """They are refused, each with what is wrong: a master's word is input."""
    with pytest.raises(UnfitError, match=f"^{re.escape(why)}$"):
        from_rows(rows)


TAKEN = [
    ("a phase and its numbers", [LINE, DECAY], Schedule((Line("steady", 10, 5, 5), Decay("fall", 10, 5, 1, 2)))),
    ("nothing", [], Schedule(())),
    ("as many users as there can be", [["Line", "x", 10, 0, 1e9]], Schedule((Line("x", 10, 0, MOST_LEVEL),))),
    ("a jump", [["Line", "x", 0, 0, 7]], Schedule((Line("x", 0, 0, 7),))),
    ("an hour longer than any level", [["Line", "x", 1e9 + 3600, 1, 1]], Schedule((Line("x", 1e9 + 3600, 1, 1),))),
    ("a short half-life", [["Decay", "x", 0.5, 5, 1, 0.1]], Schedule((Decay("x", 0.5, 5, 1, 0.1),))),
]


@pytest.mark.parametrize("rows, schedule", [pytest.param(*row[1:], id=row[0]) for row in TAKEN])
def test_rows_that_are_a_schedule(rows, schedule):
    """Whatever fits is the schedule, from a list or from a tuple."""
    assert from_rows(rows) == from_rows(tuple(map(tuple, rows))) == schedule


def test_as_many_pieces_as_may_travel():
    """A recording of a day, second by second, does."""
    assert len(from_rows([LINE] * MOST_PIECES).pieces) == MOST_PIECES


SCENARIO = {
    "name": "orders",
    "users": ["Feed (orders)"],
    "originals": {"Feed": "Feed (orders)"},
    "tags": {"team": "a"},
    "open": True,
    "spacing": "uniform",
    "patience": 5.0,
}


def test_what_is_told_of_a_run():
    """Up to a hundred scenarios, each with how its arrivals are made."""
    told = ArrivalsTold.of({"scenarios": [SCENARIO] * MOST_SCENARIOS})
    assert len(told.scenarios) == MOST_SCENARIOS == 100
    assert told.scenarios[0].model_dump() == {**SCENARIO, "users": ("Feed (orders)",)}
    assert ArrivalsTold.of(told.told()) == told


WRONG_LOADS = [
    ("more scenarios than a run has", [SCENARIO] * 101, "at most 100 items"),
    ("a spacing that nobody knows", [{**SCENARIO, "spacing": "poissonian"}], "match pattern"),
    ("another one", [{**SCENARIO, "spacing": "non-uniform"}], "match pattern"),
    ("impatience", [{**SCENARIO, "patience": -1.0}], "greater than or equal to 0"),
    ("more classes than there are", [{**SCENARIO, "users": ["a"] * 1001}], "at most 1000 items"),
    ("more originals than there are", [{**SCENARIO, "originals": {f"{n}": "a" for n in range(1001)}}], "at most 1000"),
    ("more tags than there are", [{**SCENARIO, "tags": {f"{n}": "a" for n in range(1001)}}], "at most 1000 items"),
]


@pytest.mark.parametrize("scenarios, why", [pytest.param(*row[1:], id=row[0]) for row in WRONG_LOADS])
def test_loads_that_are_refused(scenarios, why):
    """The refusal says in which key, and why."""
    with pytest.raises(UnfitError, match=rf"^scenarios.*{why}"):
        ArrivalsTold.of({"scenarios": scenarios})


QUEUE = {"name": "orders", "idle": 1, "busy": 2, "waiting": 3, "short": 4, "dropped": 5, "schedule": -1}

PRESENCES = [
    ("as many queues as scenarios", [QUEUE] * 100, True),
    ("more queues than scenarios", [QUEUE] * 101, False),
    ("a schedule", [{**QUEUE, "schedule": 10**12}], True),
    ("no schedule that there can be", [{**QUEUE, "schedule": -2}], False),
    ("more schedules than anybody counts", [{**QUEUE, "schedule": 10**12 + 1}], False),
    ("fewer than no users", [{**QUEUE, "idle": -1}], False),
    ("no queues", [], True),
]


@pytest.mark.parametrize("queues, fits", [pytest.param(*row[1:], id=row[0]) for row in PRESENCES])
def test_how_queues_may_stand(queues, fits):
    """-1 is a queue that has no schedule yet."""
    data = {"run": "r1", "asked": 1.0, "queues": queues}
    if fits:
        assert [queue.model_dump() for queue in Presence.of(data).queues] == queues
    else:
        with pytest.raises(UnfitError, match="queues"):
            Presence.of(data)


ORDERS = lines(40, [("steady", 20, 40)])
SHARE = {"run": "r1", "asked": 1.0, "elapsed": 2.0, "share": (0, 1, 0.0), "schedules": [("orders", 0, to_rows(ORDERS))]}


def test_a_share_travels():
    """With the schedule, which may come as rows or as what they are made of."""
    told = ShareTold.of(SHARE)
    assert told.schedules == (("orders", 0, ORDERS),)
    assert ShareTold.of(told.told()) == told
    assert ShareTold(**{**SHARE, "schedules": (("orders", 0, ORDERS),)}) == told
    assert ShareTold.of({**SHARE, "schedules": SHARE["schedules"] * 100}).schedules[99] == ("orders", 0, ORDERS)


SHARES = [
    ("the last of two", {"share": (1, 2, 0.0)}, ""),
    ("none", {"share": None}, ""),
    ("what nobody asked for", {"asked": None}, ""),
    ("what nobody asked for, before the beginning", {"asked": None, "elapsed": None}, ""),
    ("the second of one", {"share": (1, 1, 0.0)}, "the share is one that there is not"),
    ("one of none", {"share": (0, 0, 0.0)}, "share"),
    ("a share since before the beginning", {"share": (0, 1, -1.0)}, "share"),
    ("an answer without the time", {"elapsed": None}, "the one that asks is told the age of the run"),
    ("a schedule that is none", {"schedules": [("orders", 0, [["Line"]])]}, "schedules"),
    ("more schedules than scenarios", {"schedules": SHARE["schedules"] * 101}, "schedules"),
]


@pytest.mark.parametrize("given, why", [pytest.param(*row[1:], id=row[0]) for row in SHARES])
def test_what_a_share_may_be(given, why):
    """One of those that there are; and who asks is told how old the run is."""
    if not why:
        assert ShareTold.of({**SHARE, **given}).share == {**SHARE, **given}["share"]
        return
    with pytest.raises(UnfitError, match=why):
        ShareTold.of({**SHARE, **given})
