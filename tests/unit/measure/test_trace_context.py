"""Ids of traces, and which requests get one."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.trace_context import MASK, STEP, TraceIds, gaps, trace_id_of

SHAPE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")
ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

bits = st.integers(0, MASK) | st.sampled_from([0, 1, MASK, MASK - STEP + 1])


@given(bits, bits, st.booleans())
def test_each_is_valid_and_another(prefix, start, sampled):
    """Whatever chance says: never all zeros, and each differs, in its lower half alone, too."""
    ids = TraceIds(prefix, start, sampled=sampled)
    made = [ids.new() for _ in range(50)]
    assert all(SHAPE.fullmatch(value) and value.startswith(ids.own) for value in made)
    assert len({value[19:35] for value in made}) == 50
    assert {value[-2:] for value in made} == {"01" if sampled else "00"}
    assert all(trace_id_of(value) == value[3:35] for value in made)


def test_zero_is_left_out():
    """The one number of all that must not be."""
    ids = TraceIds(0, MASK - STEP + 1)
    first, second = ids.new(), ids.new()
    assert first[19:35] == f"{STEP:016x}"
    assert second != first


@given(bits, bits)
def test_again(prefix, start):
    """One more attempt is in the same trace, in a span of its own."""
    ids = TraceIds(prefix, start)
    first = ids.new()
    second, third = ids.again(first), ids.again(first)
    assert {value[:36] for value in (first, second, third)} == {first[:36]}
    assert len({first, second, third}) == 3
    assert all(map(SHAPE.fullmatch, (second, third)))


def test_processes_differ():
    """Two that begin at the same number have other ids."""
    assert TraceIds(1, 7).new() != TraceIds(2, 7).new()
    assert not TraceIds(1, 7).new().startswith(TraceIds(2, 7).own)


VALUES = [
    pytest.param(f"00-{ID}-{SPAN}-01", ID, id="sampled"),
    pytest.param(f"00-{ID}-{SPAN}-00", ID, id="not sampled"),
    pytest.param(f"01-{ID}-{SPAN}-01-more", ID, id="a later version may go on"),
    pytest.param(f"00-{ID}-{SPAN}-01-more", "", id="this version ends there"),
    pytest.param(f"01-{ID}-{SPAN}-01more", "", id="not so"),
    pytest.param(f"ff-{ID}-{SPAN}-01", "", id="the version that is none"),
    pytest.param(f"00-{ID.upper()}-{SPAN}-01", "", id="capitals"),
    pytest.param(f"00-{'0' * 32}-{SPAN}-01", "", id="zeros"),
    pytest.param(f"00-{ID}-{'0' * 16}-01", "", id="a span of zeros"),
    pytest.param(f"00-{ID[1:]}-{SPAN}-01", "", id="too short"),
    pytest.param(f"00-{ID}-{SPAN}-01\n", "", id="a line feed"),
    pytest.param(f"01-{ID}-{SPAN}-01-{'a' * 100}", "", id="too long"),
    pytest.param("", "", id="empty"),
    pytest.param(None, "", id="nothing"),
    pytest.param([f"00-{ID}-{SPAN}-01"], "", id="two of them"),
    pytest.param(f"00-{ID}-{SPAN}-01".encode(), "", id="bytes"),
]


@pytest.mark.parametrize("value, trace_id", VALUES)
def test_reading_one_of_anybody_s(value, trace_id):
    """What is not one has no id."""
    assert trace_id_of(value) == trace_id


@given(st.text(alphabet="0123456789abcdef-", max_size=70))
def test_what_is_read_is_an_id(text):
    """Or nothing."""
    assert re.fullmatch(r"([0-9a-f]{32})?", trace_id_of(text))


def _chosen(share, requests, seed=1):
    """Return which of so many requests carry a trace."""
    gap, left, found = gaps(share, Random(seed).random), 0, []
    left = gap()
    for number in range(requests):
        left -= 1
        if left <= 0:
            left = gap()
            found.append(number)
    return found


SHARES = [0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.999]


@pytest.mark.parametrize("share", SHARES)
def test_the_share_is_kept(share):
    """Within five standard deviations."""
    amount = 50_000
    wanted, wide = share * amount, 5 * (amount * share * (1 - share)) ** 0.5
    assert abs(len(_chosen(share, amount)) - wanted) <= wide


def test_all():
    """Each of them."""
    assert _chosen(1, 20) == list(range(20))


@pytest.mark.parametrize("share", [1e-9, 1e-300, 5e-324])
def test_hardly_any(share):
    """It is a number, whatever the share."""
    assert min(gaps(share, Random(seed).random)() for seed in range(50)) > 1000


def test_a_cycle_of_requests_is_met_everywhere():
    """Ten requests in turns and a tenth of them chosen: each of the ten is chosen about as often."""
    counts = [0] * 10
    for number in _chosen(0.1, 50_000):
        counts[number % 10] += 1
    assert min(counts) > 400
    assert max(counts) < 600


@given(st.floats(0.0001, 1), st.floats(0, 1, exclude_max=True))
def test_a_gap_is_at_least_one(share, chance):
    """Whatever chance says."""
    gap = gaps(share, lambda: chance)()
    assert isinstance(gap, int)
    assert gap >= 1
