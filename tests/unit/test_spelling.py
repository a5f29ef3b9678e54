"""The name that was meant."""

import pytest

from locust_ext.text.spelling import MOST_LISTED, nearest, plural

ROWS = [
    ("a slip", "factr", ["hold", "factor"], "; did you mean 'factor'?"),
    ("nothing near lists all, sorted", "zzz", ["hold", "factor"], "; there are factor, hold"),
    ("no names, no hint", "zzz", [], ""),
    ("the nearest of two", "peaks", ["peak", "speaker"], "; did you mean 'peak'?"),
]


@pytest.mark.parametrize("word, names, hint", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_nearest(word, names, hint):
    """A suggestion is near, or it is the list of what there is."""
    assert hint == nearest(word, names)


def test_a_long_list_is_cut():
    """At most twenty names are listed, and the rest is said to be there."""
    hint = nearest("zzz", [f"metric-{number:03}" for number in range(100)])
    assert hint.endswith(f"metric-{MOST_LISTED - 1:03}, ...")


COUNTS = [(0, "0 samples"), (1, "1 sample"), (2, "2 samples"), (12345, "12,345 samples")]


@pytest.mark.parametrize("count, text", COUNTS, ids=[row[1] for row in COUNTS])
def test_plural(count, text):
    """One is singular, everything else is plural."""
    assert text == plural(count, "sample")
