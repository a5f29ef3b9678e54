"""The curves that schedules are made of."""

import math

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


WHENS = [
    ("a rectangle", Line("p", 10, 3, 3), 12, 4),
    ("a rising line", Line("p", 10, 0, 10), 12.5, 5),
    ("a falling line", Line("p", 10, 10, 0), 37.5, 5),
    ("the whole of a line", Line("p", 10, 0, 10), 50, 10),
    ("more than there is", Line("p", 10, 0, 10), 500, 10),
    ("in a pause never", Line("p", 10, 0, 0), 1, 10),
    ("in a jump at once", Line("p", 0, 0, 10), 0, 0),
    ("at once where there is load from the beginning", Line("p", 10, 5, 1), 0, 0),
    ("a line without end", Line("p", math.inf, 4, 4), 1e9, 2.5e8),
    ("at once where it rises from nothing", Line("p", 10, 0, 10), 0, 0),
    ("nearly level", Line("p", 10, 1e6, 1e6 + 1e-9), 5e6, 5),
    ("a decay of nothing", Decay("p", 10, 5, 5, 1), 25, 5),
    ("more than a decay has", Decay("p", 10, 5, 1, 2), 500, 10),
]


@pytest.mark.parametrize("piece, area, at", [row[1:] for row in WHENS], ids=[row[0] for row in WHENS])
def test_when(piece, area, at):
    """The time at which the area is that much; the end where it never is."""
    assert at == pytest.approx(piece.when(area))


CURVES = [
    Line("p", 10, 2, 12),
    Line("p", 10, 12, 2),
    Line("p", 10, 5, 5),
    Line("p", 10, 7, 0),
    Decay("p", 240, 2000, 1200, 60),
    Decay("p", 10, 1, 100, 200),
    Decay("p", 10, 0, 100, 2),
]


@pytest.mark.parametrize("piece", CURVES, ids=lambda piece: f"{type(piece).__name__}-{piece.start}-{piece.end}")
@pytest.mark.parametrize("share", [0.001, 0.25, 0.5, 0.9, 1])
def test_when_undoes_area(piece, share):
    """The time is the one at which the area was taken, and the other way round."""
    at = piece.duration * share
    assert piece.when(piece.area(at)) == pytest.approx(at)
    area = piece.area(piece.duration) * share
    assert piece.area(piece.when(area)) == pytest.approx(area)


@pytest.mark.parametrize("piece", CURVES, ids=lambda piece: f"{type(piece).__name__}-{piece.start}-{piece.end}")
@pytest.mark.parametrize("share", [0.001, 0.25, 1])
def test_cut(piece, share):
    """What is cut off is gone, what is left is as it was."""
    end = piece.duration * share
    left = piece.cut(end)
    assert (left.duration, left.phase) == (end, piece.phase)
    for part in (0, 0.3, 1):
        assert left.level(end * part) == pytest.approx(piece.level(end * part))
        assert left.area(end * part) == pytest.approx(piece.area(end * part), abs=1e-9)


def test_a_line_without_end():
    """It is level, and can be cut."""
    endless = Line("steady", math.inf, 4, 4)
    assert (endless.level(1e9), endless.area(1e3), endless.peak) == (4, 4000, 4)
    assert endless.cut(5) == Line("steady", 5, 4, 4)
    assert endless.scaled(0.5, 2) == Line("steady", math.inf, 8, 8)
    assert Line("rest", math.inf, 0, 0).area(math.inf) == 0
