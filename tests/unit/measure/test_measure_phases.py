"""A request belongs to the phase in which it began."""

import pytest

from locust_ext.measure.phases import REMEMBERED, PhaseLog


def log(*entries):
    """Return the log after these phases began."""
    found = PhaseLog()
    for name, at in entries:
        found.enter(name, at)
    return found


ENTRIES = [("warmup", 10), ("surge", 20), ("surge", 25), ("recovery", 30)]
TIMES = [
    ("before any phase there is none", 5, ""),
    ("at its beginning", 10, "warmup"),
    ("just before the next", 19.999, "warmup"),
    ("entering the same phase again changes nothing", 26, "surge"),
    ("the present one", 31, "recovery"),
    ("the future is the present", 1e9, "recovery"),
]


@pytest.mark.parametrize("at, phase", [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_at(at, phase):
    """The phase at a time is the last one that had begun by then."""
    assert phase == log(*ENTRIES).at(at)


def test_without_phases():
    """A run without phases has the empty one, at all times."""
    assert log().at(0) == log().at(1e9) == log().name == ""


def test_what_is_forgotten():
    """Of very many phases the last ones are remembered, and the oldest of these answers for all before."""
    phases = log(*((f"level-{number}", number) for number in range(100)))
    oldest = 100 - 1 - REMEMBERED
    assert [phases.at(99), phases.at(80), phases.at(0)] == ["level-99", "level-80", f"level-{oldest}"]


def test_how_long_a_phase_has_lasted():
    """At least until it was last looked at; of one that begins that is nothing, and entering it again changes nothing."""
    phases = log(("warmup", 10), ("surge", 20))
    assert phases.lasted == 0
    phases.look(23)
    phases.enter("surge", 25)
    assert phases.lasted == 3
    phases.enter("recovery", 30)
    assert phases.lasted == 0
