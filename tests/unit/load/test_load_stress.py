"""The stress shape: levels that climb, and what its parameters promise of the search."""

import pytest
from pydantic import ValidationError

from locust_ext.load.schedule import Phase
from locust_ext.load.stress import MOST_LEVELS, Stress, can_prove, number_of

LADDERS = [
    ("the maximum is a step", dict(start_users=10, step_users=10, max_users=30), [10, 20, 30]),
    ("the maximum is not a step, and is reached", dict(start_users=10, step_users=15, max_users=30), [10, 25, 30]),
    ("one level", dict(start_users=10, step_users=10, max_users=10), [10]),
]


@pytest.mark.parametrize("given, levels", [row[1:] for row in LADDERS], ids=[row[0] for row in LADDERS])
def test_levels(given, levels):
    """The levels go up by the step and end at the maximum, whatever the step."""
    assert levels == Stress(**given).levels


def test_steps():
    """A level climbs in the first tenth of its step and then holds."""
    schedule = Stress(start_users=10, step_users=10, step=60.0, max_users=30).schedule()
    assert schedule.phases == (Phase("level-10", 0, 60), Phase("level-20", 60, 120), Phase("level-30", 120, 180))
    assert [schedule.level(at) for at in (0, 3, 6, 59, 63, 66)] == [0, 5, 10, 10, 15, 20]


def test_ramp():
    """A ramp is a straight line from level to level, and holds none."""
    schedule = Stress(start_users=10, step_users=10, step=60.0, max_users=30, climb="ramp").schedule()
    assert schedule.phases == (Phase("ramp-10", 0, 60), Phase("ramp-20", 60, 120), Phase("ramp-30", 120, 180))
    assert [schedule.level(at) for at in (0, 30, 60, 90, 120, 150)] == [0, 5, 10, 15, 20, 25]


PHASES = [
    ("a level that is held", "level-50", 50, True),
    ("a level that is tried again", "level-50-again", 50, True),
    ("a line of a ramp", "ramp-50", 50, False),
    ("a rest", "rest-1", None, False),
    ("a phase of another shape", "warmup", None, False),
    ("one that only begins like a level", "level-fifty", None, False),
    ("one that only begins with a level", "level-50-and-more", None, False),
    ("none", "", None, False),
]


@pytest.mark.parametrize("phase, number, proves", [row[1:] for row in PHASES], ids=[row[0] for row in PHASES])
def test_names_of_phases(phase, number, proves):
    """A phase says which level it is about, and only one that holds its level can prove it."""
    assert (number, proves) == (number_of(phase), can_prove(phase))


LENGTHS = [
    ("a rest is half a level", dict(step="60s"), 30, 2400 + 6 * 90),
    ("or as long as one says", dict(step="60s", rest="10s"), 10, 2400 + 6 * 70),
    ("or nothing", dict(step="60s", rest=0), 0, 2400 + 6 * 60),
    ("no search", dict(step="60s", probes=0), 30, 2400),
    ("a ramp takes as long as steps", dict(step="60s", climb="ramp", probes=1), 30, 2400 + 90),
]


@pytest.mark.parametrize("given, pause, longest", [row[1:] for row in LENGTHS], ids=[row[0] for row in LENGTHS])
def test_length(given, pause, longest):
    """The length of a rest, and of the whole at the most."""
    profile = Stress(**given)
    assert (pause, longest) == (profile.pause, profile.longest)


WRONG = [
    ("a maximum below the start", dict(max_users=10), "must not be less"),
    ("too many levels", dict(step_users=1), f"levels are more than {MOST_LEVELS}"),
    ("another way to climb", dict(climb="leaps"), "'steps' or 'ramp'"),
    ("less than no search", dict(probes=-1), "greater than or equal to 0"),
    ("an endless search", dict(probes=21), "less than or equal to 20"),
    ("a precision that is none", dict(precision="200%"), "is not a share"),
    ("a rest backwards", dict(rest=-1), "not negative"),
]


@pytest.mark.parametrize("given, message", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_parameters(given, message):
    """A parameter that cannot be is a validation error that says why."""
    with pytest.raises(ValidationError, match=message):
        Stress(**given)


def test_as_many_levels_as_there_may_be():
    """Two hundred are some; one more is told, with how many it would be."""
    assert len(Stress(start_users=1, step_users=1, max_users=200).levels) == MOST_LEVELS == 200
    with pytest.raises(ValidationError, match="201 levels are more than 200: take a larger step_users"):
        Stress(start_users=1, step_users=1, max_users=201)
    assert Stress(probes=20, max_users=50).probes == 20


def test_parameters_as_they_are_typed():
    """All of them can be text, as on the command line."""
    typed = dict(start_users="10", max_users="100", climb="ramp", probes="3", precision="10%", rest="5s")
    profile = Stress(**typed)
    assert (profile.climb, profile.probes, profile.precision, profile.rest) == ("ramp", 3, 0.1, 5.0)
