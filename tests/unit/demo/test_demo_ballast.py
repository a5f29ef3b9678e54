"""Memory and descriptors that are held: the system sees what is said, and gets back what is given back."""

import os
import resource
from pathlib import Path

import pytest

from locust_ext.demo import ballast
from locust_ext.demo.ballast import CHUNK, Ballast, Descriptors

MIB = 1024 * 1024
TOLERANCE = 2 * MIB
"""What the rest of this process may take or give back meanwhile, and what the kernel counts late."""


def resident():
    """Return the bytes of this process that are really there."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


@pytest.fixture
def held():
    """Hold memory, and give it back after the test."""
    made = Ballast()
    yield made
    made.hold(0)


SIZES = [
    ("nothing", 0, 0),
    ("less than nothing", -5, 0),
    ("a byte is a chunk", 1, CHUNK),
    ("a chunk", CHUNK, CHUNK),
    ("a byte more is another", CHUNK + 1, 2 * CHUNK),
    ("a fraction of a byte is none", CHUNK + 0.5, CHUNK),
]


@pytest.mark.parametrize("wanted, there", [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_whole_chunks(held, wanted, there):
    """What is held is what is wanted, rounded up to a chunk, whatever was held before."""
    for before in (0, 3 * CHUNK):
        held.hold(before)
        held.hold(wanted)
        assert held.held == there


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own count")
def test_the_system_sees_it(held):
    """Each byte is resident while it is held, and leaves the process at once."""
    before = resident()
    held.hold(32 * MIB)
    assert resident() - before == pytest.approx(32 * MIB, abs=TOLERANCE)
    held.hold(8 * MIB)
    assert resident() - before == pytest.approx(8 * MIB, abs=TOLERANCE)
    held.hold(0)
    assert resident() - before == pytest.approx(0, abs=TOLERANCE)


@pytest.fixture
def opened():
    """Hold at most five descriptors, and close them after the test."""
    made = Descriptors(5)
    yield made
    made.close()


def test_descriptors_are_open(opened, monkeypatch):
    """They are, and stay so when fewer are wanted, until they are closed."""
    closed, close = [], os.close
    monkeypatch.setattr(ballast.os, "close", lambda number: (closed.append(number), close(number)))
    opened.hold(2.9)
    first = list(opened._open)
    opened.hold(1)
    assert opened.held == len(first) == 2
    assert {os.path.samestat(os.fstat(number), Path(os.devnull).stat()) for number in first} == {True}
    assert closed == []
    opened.close()
    assert (opened.held, sorted(closed)) == (0, sorted(first))


def test_descriptors_end_at_their_limit(opened):
    """The process needs the others."""
    opened.hold(1_000_000)
    assert opened.held == 5


def test_a_system_that_has_no_more_is_believed(opened, monkeypatch):
    """Who cannot open another does not try again at each request."""
    real, asked = os.open, []

    def grudging(*given):
        asked.append(given)
        if len(asked) == 3:
            raise OSError(24, "Too many open files")
        return real(*given)

    monkeypatch.setattr(ballast.os, "open", grudging)
    for _ in range(3):
        opened.hold(5)
    assert (opened.held, len(asked)) == (2, 3)
