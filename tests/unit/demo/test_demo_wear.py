"""What load does to the target over time: leaks by requests, teeth, fills and slow-downs by the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.demo import wear
from locust_ext.demo.ballast import CHUNK
from locust_ext.demo.faults import FAULTS, Dials, dials
from locust_ext.demo.wear import MOST_BYTES, MOST_DESCRIPTORS, MOST_SLOWDOWN, Wear, bytes_held, slowdown

KIB, MIB = 1024, 1024 * 1024

HELD = [
    ("nothing without a fault", [], 10**9, 1e9, 0),
    ("a page a request", ["memory-leak"], 1000, 0.0, 4000 * KIB),
    ("a leak is driven by requests alone", ["memory-leak"], 1000, 1e6, 4000 * KIB),
    ("a leak ends before the machine does", ["memory-leak"], 10**9, 0.0, 512 * MIB),
    ("a tooth begins with nothing", ["sawtooth"], 1, 0.0, 0),
    ("half of a tooth", ["sawtooth"], 1, 4.5, 5 * MIB),
    ("a tooth ends with nothing", ["sawtooth"], 1, 9.0, 0),
    ("the hundredth is like the first", ["sawtooth"], 1, 904.5, 5 * MIB),
    ("a cache begins with nothing", ["cache-fill"], 1, 0.0, 0),
    ("95 % after 30 s", ["cache-fill"], 1, 30.0, 0.95 * 48 * MIB),
    ("and it stays", ["cache-fill"], 1, 1e6, 48 * MIB),
    ("teeth stand on a cache", ["cache-fill", "sawtooth"], 1, 904.5, 53 * MIB),
]


@pytest.mark.parametrize("faults, requests, seconds, held", [row[1:] for row in HELD], ids=[row[0] for row in HELD])
def test_bytes_held(faults, requests, seconds, held):
    """A figure for each moment."""
    assert bytes_held(dials(faults), requests, seconds) == pytest.approx(held, rel=0.001)


SLOWDOWNS = [
    ("a healthy target keeps its pace", [], 1e9, 1.0),
    ("it begins at its usual pace", ["drift"], 0.0, 1.0),
    ("half a minute", ["drift"], 30.0, 2**0.5),
    ("a minute", ["drift"], 60.0, 2.0),
    ("two", ["drift"], 120.0, 4.0),
    ("it does not stand still for ever", ["drift"], 1e9, 1000.0),
]


@pytest.mark.parametrize("faults, seconds, factor", [row[1:] for row in SLOWDOWNS], ids=[row[0] for row in SLOWDOWNS])
def test_slowdown(faults, seconds, factor):
    """Times double each minute, where they do."""
    assert slowdown(dials(faults), seconds) == pytest.approx(factor)


@given(st.sampled_from([[], *([name] for name in FAULTS)]), st.integers(0, 10**12), st.floats(0, 1e12, allow_nan=False))
def test_all_of_it_is_bounded(faults, requests, seconds):
    """Whatever the load and however long, no fault alone takes more than its limit."""
    turned = dials(faults)
    assert 0 <= bytes_held(turned, requests, seconds) <= MOST_BYTES
    assert 1 <= slowdown(turned, seconds) <= MOST_SLOWDOWN


@pytest.fixture
def worn(world):
    """Make targets that wear, and give back what they hold after the test."""
    made = []

    def make(*faults):
        made.append(Wear(dials(faults), clock=world.clock))
        return made[-1]

    yield make
    for one in made:
        one.descriptors.close()
        one.ballast.hold(0)


def test_the_clock_begins_with_the_first_request(world, worn):
    """A target that waited for its load for an hour is as good as new."""
    drifting = worn("drift")
    world.run(3600.0)
    assert drifting.slowdown == 1.0
    drifting.request()
    world.run(3660.0)
    assert drifting.slowdown == pytest.approx(2.0)


def test_each_twentieth_request_leaves_a_descriptor(worn):
    """And without requests none more."""
    leaking = worn("fd-leak")
    for _ in range(59):
        leaking.request()
    assert leaking.descriptors.held == 2
    leaking.request()
    assert leaking.descriptors.held == 3


def test_memory_follows_requests_and_clock(world, worn):
    """What is held is what the dials say, as of the last request."""
    leaking, jagged = worn("memory-leak"), worn("sawtooth")
    for _ in range(64):
        leaking.request()
    assert leaking.ballast.held == 2 * CHUNK
    jagged.request()
    world.run(4.5)
    jagged.request()
    assert jagged.ballast.held == 5 * MIB
    world.run(9.0)
    assert jagged.ballast.held == 5 * MIB
    jagged.request()
    assert jagged.ballast.held == 0


def test_a_healthy_target_holds_nothing(worn):
    """However many requests."""
    healthy = worn()
    for _ in range(1000):
        healthy.request()
    assert (healthy.ballast.held, healthy.descriptors.held, healthy.slowdown) == (0, 0, 1.0)


LIMITS = [("half of a small limit", 256, 128), ("of a large one as many as are enough", 2**20, MOST_DESCRIPTORS)]
LIMITS += [("no limit", wear.resource.RLIM_INFINITY, MOST_DESCRIPTORS)]


@pytest.mark.parametrize("limit, most", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_descriptors_that_a_process_needs_are_left(world, monkeypatch, limit, most):
    """A leak ends where the target could not be asked any more."""
    monkeypatch.setattr(wear.resource, "getrlimit", lambda _: (limit, limit))
    assert Wear(Dials(), clock=world.clock).descriptors._limit == most
