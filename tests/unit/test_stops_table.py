"""The table of stops and moments: what is in it, and what its laws see."""

from __future__ import annotations

import pytest

from tests.stops.cells import DELAYS, LEFT_OUT, MOMENTS, STOPS, Cell, combinations, table, why_left_out
from tests.stops.laws import Played, broken_by, worst_second
from tests.stops.play import MOMENT, STOP

ROWS = [  # pattern, how many cells it picks
    ("usr1/ending/web/workers/0.3", 1),
    ("usr1/ending/web/workers", len(DELAYS)),
    ("usr1/*/headless/local/2", len(MOMENTS) - 2),
    ("*/waiting/*/local", 0),
    ("stop/*/headless", 0),
    ("usr1-worker/*/*/local", 0),
    ("usr", 0),
]


@pytest.mark.parametrize("pattern, count", ROWS)
def test_patterns_pick_cells(pattern, count):
    """Part by part, from the left."""
    assert len(table([pattern])) == count


def test_every_stop_and_every_moment_is_played():
    """Anyone who adds one says how it is played, and every rule leaves something out."""
    assert set(STOP) == set(STOPS) == {cell.stop for cell in table()}
    assert set(MOMENT) == set(MOMENTS) == {cell.moment for cell in table()}
    assert {why for why, _ in LEFT_OUT} | {""} == {why_left_out(cell) for cell in combinations()}


SECONDS = [  # when requests came, when the target stood still, the most in a second
    ([], [], 0),
    ([0.0, 0.5, 1.0, 1.5], [], 2),
    ([1.0] * 30, [], 30),
    ([1.0] * 30, [(0.0, 1.0)], 10),
    ([1.0] * 30, [(5.0, 6.0)], 30),
]


@pytest.mark.parametrize("came, stalls, worst", SECONDS)
def test_the_worst_second(came, stalls, worst):
    """Any second; what the target wrote down late is taken off."""
    assert worst_second(came, stalls) == worst


def played(stop="sigterm", moment="steady", *, code=105, came=(1.0,), value=1, never=0, complete=True, **other):
    summary = {
        "exit_code": code,
        "complete": complete,
        "series": [{"metric": "http_reqs", "value": value}],
        "open_requests": {"count": never},
    }
    cell = Cell(stop, moment, "headless", "workers", 0.3)
    return Played(
        **{"unmarked": (), "stalls": (), "stopped_at": 2.0, **other}, cell=cell, code=code, summary=summary, came=came
    )


LAWS = [  # what happened, what breaks a law in it
    (played(), ""),
    (played(came=(1.0, 4.9), value=2), ""),
    (played(came=(1.0, 5.1), value=2), "later than"),
    (played(came=(1.0, 5.1), value=2, stalls=((4.9, 5.1),)), ""),
    (played(came=[1.0] * 23, value=23), "in a second"),
    (played(unmarked=(1.0,)), "without the mark"),
    (played(came=(1.0, 1.1)), "2 came, 1 counted"),
    (played(came=(1.0, 1.1), never=1), ""),
    (played(value=2, never=1, code=0, stop="run-time"), "1 came, 3 counted"),
    (played(complete=False), "reports were lost"),
    (played("usr1", came=(1.0, 1.1), complete=False, code=108), ""),
    (played(code=0), "exit code 0"),
    (played("usr1"), "exit code 105"),
    (played("usr1", code=108), ""),
    (played("usr1", "waiting", code=108), "was not to begin"),
    (played("usr1", "waiting", code=108, came=(), value=0), ""),
    (played("usr1", "starting", code=108), "was not to begin"),
    (played("flag", "starting", code=108), ""),
    (played("sigterm", "waiting", code=111, came=(), value=0, complete=False), ""),
    (played("stop", code=0), "exit code 0"),
    (played("stop", code=111), ""),
    (played("stop", "ending", code=0), ""),
    (played("run-time", code=0, came=(1.0, 1.1)), "2 came, 1 counted"),
    (played(log="FAILED: so (exit code 99, 1s)"), "were said"),
    (played(log="Traceback"), "a traceback"),
    (played(state="running"), "'running'"),
    (played(left_over=(1,)), "left over"),
]


@pytest.mark.parametrize("one, sentence", LAWS)
def test_what_breaks_a_law(one, sentence):
    """Each law is broken by something, and by nothing else."""
    assert sentence in "; ".join(broken_by(one))
    assert bool(list(broken_by(one))) == bool(sentence)
