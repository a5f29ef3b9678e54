"""Load that never was, as tables: ends before the end, and what was counted after it."""

import pytest

from locust_ext.gates.circumstances import Circumstances, doubts
from locust_ext.gates.planned import cut_short

ENDS = [
    ("as planned", 30.0, 30.0, False, None, ""),
    ("a timer that counts from before the run", 29.1, 30.0, False, None, ""),
    ("a little early of a long run", 3550.0, 3600.0, False, None, ""),
    ("later than planned", 33.0, 30.0, False, 2, ""),
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


@pytest.mark.parametrize("ended, planned, told, workers, reason", [r[1:] for r in ENDS], ids=[r[0] for r in ENDS])
def test_cut_short(ended, planned, told, workers, reason):
    """A run that ends before its planned end proves nothing, unless it was told to end."""
    assert cut_short(ended, planned, told=told, workers=workers) == reason
    assert doubts(Circumstances(cut_short=reason)) == ([reason] if reason else [])
