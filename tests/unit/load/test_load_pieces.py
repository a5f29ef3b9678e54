"""The curves that schedules are made of."""

import pytest

from locust_ext.load.pieces import Decay, Line

LEVELS = [
    ("a line begins at its start", Line("p", 10, 2, 12), 0, 2),
    ("a line is straight", Line("p", 10, 2, 12), 5, 7),
    ("a line ends at its end", Line("p", 10, 2, 12), 10, 12),
    ("a line without duration is a jump", Line("p", 0, 2, 12), 0, 12),
    ("a decay begins at its start", Decay("p", 240, 2000, 1200, 60), 0, 2000),
    ("half of the way to where it would go after one half-life", Decay("p", 60, 0, 100, 60), 60, 100),
    ("most of the way after the first half-life of four", Decay("p", 240, 0, 15, 60), 60, 8),
    ("a decay arrives exactly", Decay("p", 240, 2000, 1200, 60), 240, 1200),
]


@pytest.mark.parametrize("piece, at, level", [row[1:] for row in LEVELS], ids=[row[0] for row in LEVELS])
def test_level(piece, at, level):
    """The level is that of the closed form."""
    assert level == pytest.approx(piece.level(at))


AREAS = [
    ("a rectangle", Line("p", 10, 3, 3), 4, 12),
    ("a trapezium", Line("p", 10, 0, 10), 10, 50),
    ("half a trapezium", Line("p", 10, 0, 10), 5, 12.5),
    ("nothing at the start", Decay("p", 10, 5, 1, 2), 0, 0),
    ("nothing below a jump", Line("p", 0, 0, 10), 0, 0),
]


@pytest.mark.parametrize("piece, until, area", [row[1:] for row in AREAS], ids=[row[0] for row in AREAS])
def test_area(piece, until, area):
    """The area is the integral of the level."""
    assert area == pytest.approx(piece.area(until))


PIECES = [Line("p", 10, 2, 12), Line("p", 0, 2, 12), Decay("p", 240, 2000, 1200, 60)]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: f"{type(piece).__name__}-{piece.duration}")
def test_scaled(piece):
    """Stretching time by a and height by b stretches the area by both, and keeps the phase and its shape."""
    stretched = piece.scaled(3, 0.5)
    assert stretched.duration == piece.duration * 3
    assert stretched.peak == piece.peak / 2
    assert stretched.phase == piece.phase
    for share in (0, 0.25, 1):
        at = piece.duration * share
        assert stretched.level(at * 3) == pytest.approx(piece.level(at) / 2)
        assert stretched.area(at * 3) == pytest.approx(piece.area(at) * 1.5)
