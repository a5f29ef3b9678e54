"""Where a start-up transient ends, and that a leak from the first second has none."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.settling import settled_from

BLOCKS = 24


def blocks(values, deviation=0.0, seed=0):
    """Return blocks 20 minutes apart."""
    rng = Random(seed)
    return [(index * 1200.0, value + rng.gauss(0, deviation)) for index, value in enumerate(values)]


SLOPE = [200 + index for index in range(BLOCKS)]
SHAPES = [
    ("a level", [200] * BLOCKS, 0, 0),
    ("a leak from the first second", SLOPE, 0, 0),
    ("a slope down", SLOPE[::-1], 0, 0),
    ("what speeds up does not settle", [200 + index**2 / 20 for index in range(BLOCKS)], 0, 0),
    ("a cache fills in an hour", [200 - 140 * math.exp(-index) for index in range(BLOCKS)], 4, 12),
    ("a spike is gone in an hour", [200 + 200 * math.exp(-2 * index) for index in range(BLOCKS)], 2, 9),
    ("a cache fills, and it leaks", [x - 140 * math.exp(-index) for index, x in enumerate(SLOPE)], 4, 12),
]


@pytest.mark.parametrize("values, first, last", [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_where_it_settles(values, first, last):
    """The earliest block from which on the slope is steady, and half as much again."""
    assert first <= settled_from(blocks(values, 0.3), 10.0, 12) <= last


def test_what_bends_to_the_end_never_settles():
    """So there is nothing to judge."""
    assert settled_from(blocks([200 - 140 * math.exp(-index / 10) for index in range(BLOCKS)]), 10.0, 12) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=30), st.floats(0, 1e6), st.booleans())
def test_any_blocks(values, least, teeth):
    """Nobody raises, and enough of them are left."""
    fewest = max(4, len(values) // 2)
    first = settled_from(blocks(values), least, fewest, teeth=teeth)
    assert first is None or 0 <= first <= len(values) - fewest


def test_few_teeth_have_to_bend_by_more():
    """Of 200 rows of 10 by chance fewer are cut than as blocks."""
    rows = [blocks([200.0] * 10, 4.0, seed) for seed in range(200)]
    cut = {teeth: sum(settled_from(row, 10.0, 5, teeth=teeth) != 0 for row in rows) for teeth in (True, False)}
    assert cut[True] < cut[False]
    assert cut[True] <= 20
