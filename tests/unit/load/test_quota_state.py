"""What is said of iterations: how far they are, how they ended, and when that proves nothing."""

from __future__ import annotations

import pytest

from locust_ext.load.quota_state import QuotaState, progress_of
from locust_ext.reports.iterations import iterations_of

ENDS = [
    ("all made", QuotaState("", 1000, 1000, 1000), "all 1,000 iterations were made", []),
    ("one", QuotaState("", 1, 1, 1), "its one iteration was made", []),
    (
        "its longest time",
        QuotaState("", 1000, 840, 840, timed_out=600.0),
        "840 of 1,000 iterations were begun when max_duration (10m) was over; 160 were not",
        [],
    ),
    (
        "its longest time, of a scenario, but for one",
        QuotaState("orders", 10, 9, 9, timed_out=600.0),
        "orders: 9 of 10 iterations were begun when max_duration (10m) was over; 1 was not",
        [],
    ),
    (
        "something else",
        QuotaState("orders", 1000, 840, 840),
        "orders: 840 of 1,000 iterations were begun",
        ["orders: 160 of 1,000 iterations were not begun"],
    ),
    (
        "a worker that was lost",
        QuotaState("", 1000, 992, 992, 8, 8),
        "992 of 1,000 iterations were begun",
        ["8 iterations were lent to a worker that was lost: it is not known whether they were made"],
    ),
    (
        "a worker that was lost in the middle of one",
        QuotaState("orders", 10, 10, 9),
        "orders: 10 of 10 iterations were begun; 1 of them did not come to its end",
        ["orders: 1 iteration was begun where nobody told of its end"],
    ),
    (
        "its users, of which two found no row",
        QuotaState("", 10, 10, 10, interrupted=2),
        "10 of 10 iterations were begun; 2 of them did not come to their end",
        ["2 iterations were begun and not ended: their users were stopped, or found no row"],
    ),
    (
        "the time of the run, in the last one",
        QuotaState("orders", 10, 10, 10, interrupted=1),
        "orders: 10 of 10 iterations were begun; 1 of them did not come to its end",
        ["orders: 1 iteration was begun and not ended: its user was stopped, or found no row"],
    ),
    (
        "its longest time, when all were begun",
        QuotaState("", 10, 10, 10, timed_out=60.0, interrupted=10),
        "10 of 10 iterations were begun when max_duration (1m) was over; 10 of them did not come to their end",
        [],
    ),
    (
        "a word that did not come, and its longest time",
        QuotaState("", 1000, 900, 890, 1, 0, timed_out=60.0),
        "900 of 1,000 iterations were begun when max_duration (1m) was over; 99 were not",
        [
            "1 iteration was lent to a process whose last word did not come: it is not known whether it was made",
            "10 iterations were begun where nobody told of their end",
        ],
    ),
]


@pytest.mark.parametrize("state, text, doubts", [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_how_it_ended(state, text, doubts):
    """In a sentence, with figures that add up."""
    assert (state.text, state.doubts) == (text, doubts)
    (finding,) = iterations_of([state])
    figures = finding.figures
    assert finding.text == text
    assert figures["begun"] + figures["missing"] + figures["unknown"] == figures["iterations"] == state.total
    assert state.left_over == (state.missing if state.timed_out is not None else 0)


def test_progress():
    """Of all loads together, and nothing where there are none."""
    states = (QuotaState("a", 1000, 400), QuotaState("b", 12, 12))
    assert progress_of(states[:1]) == "400 of 1,000 iterations"
    assert progress_of(states) == "412 of 1,012 iterations"
    assert progress_of(()) == ""
