"""Load that never was, as tables: ends before the end, and what was counted after it."""

import pytest

from locust_ext.gates.planned import cut_short
from locust_ext.gates.run_health import RunHealth, doubts

ENDS = [
    ("as planned", 30.0, 30.0, False, None, ""),
    ("a timer that counts from before the run", 29.1, 30.0, False, None, ""),
    ("a little early of a long run", 3550.0, 3600.0, False, None, ""),
    ("as early as a timer may be", 29.0, 30.0, False, None, ""),
    ("a moment earlier", 28.99, 30.0, False, None, "the run ended after 29s of 30s, and nobody told it to"),
    ("as early as that of a long run may be", 3528.0, 3600.0, False, None, ""),
    (
        "a moment earlier than that",
        3527.9,
        3600.0,
        False,
        None,
        "the run ended after 58m48s of 1h, and nobody told it to",
    ),
    ("later than planned", 33.0, 30.0, False, 2, ""),
    ("on time, and all workers have gone", 30.0, 30.0, False, 0, ""),
    ("all workers left", 3.0, 30.0, False, 0, "the run ended after 3s of 30s, and its last worker was gone"),
    (
        "all workers left a run without end",
        3.0,
        None,
        False,
        0,
        "the run ended after 3s, since its last worker was gone",
    ),
    ("user code ended it", 9.0, 30.0, False, None, "the run ended after 9s of 30s, and nobody told it to"),
    ("user code, on a master", 9.0, 30.0, False, 2, "the run ended after 9s of 30s, and nobody told it to"),
    ("somebody told it to", 9.0, 30.0, True, None, ""),
    ("somebody told it to, and the workers too", 9.0, 30.0, True, 0, ""),
    ("no end was planned", 9.0, None, False, None, ""),
    ("no end was planned, on a master", 9.0, None, False, 1, ""),
]


STOPPED = "the run was stopped at 12s of 1m: somebody pressed Stop in the web UI"
STOPS = [
    ("before the planned end", 12.2, 60.0, False, None, STOPPED),
    ("the same, on a master", 12.2, 60.0, False, 2, STOPPED),
    ("the same, when the workers have gone", 12.2, 60.0, False, 0, STOPPED),
    ("when a signal or a rule had ended it", 12.2, 60.0, True, None, ""),
    ("a moment before its end", 59.2, 60.0, False, None, ""),
    ("after its end, while requests are waited for", 61.0, 60.0, False, None, ""),
    ("without a planned end", 12.2, None, False, None, ""),
    ("without a planned end, on a master", 12.2, None, False, 2, ""),
]


@pytest.mark.parametrize("ended, planned, told, workers, reason", [r[1:] for r in STOPS], ids=[r[0] for r in STOPS])
def test_stopped(ended, planned, told, workers, reason):
    """Somebody who presses Stop before the planned end has seen less than was planned, and the verdict says so."""
    assert cut_short(ended, planned, told=told, stopped=True, workers=workers) == reason


@pytest.mark.parametrize("ended, planned, told, workers, reason", [r[1:] for r in ENDS], ids=[r[0] for r in ENDS])
def test_cut_short(ended, planned, told, workers, reason):
    """A run that ends before its planned end proves nothing, unless it was told to end."""
    assert cut_short(ended, planned, told=told, workers=workers) == reason
    assert doubts(RunHealth(cut_short=reason)) == ([reason] if reason else [])
