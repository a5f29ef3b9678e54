"""Users that were there beside those that were planned, as tables."""

import pytest

from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.load.profiles import Smoke
from locust_ext.load.schedule import Phase, lines
from locust_ext.load.user_time import Aim, Planned, never_reached, other_users, ramps, whole

SMOKE = Smoke(users=10, duration="60s", ramp="5s").schedule()
FLAT = lines(200, [("warmup", 3, 200), ("steady", 30, 200)])
PHASES = [Phase("warmup", 0, 3), Phase("steady", 3, 33)]

THERE = [
    ("as planned", {"steady": 6000.0}, []),
    ("nine of ten", {"steady": 5450.0}, []),
    ("fewer than nine of ten", {"steady": 5300.0}, ["there were 176.7 users on average in steady, and 200.0"]),
    ("none", {}, ["there were 0.0 users on average in steady"]),
    ("eleven of ten", {"steady": 6590.0}, []),
    ("280 for 200", {"steady": 8400.0}, ["there were 280.0 users on average in steady, and 200.0 were planned"]),
    ("a phase of 3 s proves nothing", {"steady": 6000.0, "warmup": 9.0}, []),
]


@pytest.mark.parametrize("there, sentences", [row[1:] for row in THERE], ids=[row[0] for row in THERE])
def test_other_users(there, sentences):
    """Below 90 % of the planned user-seconds, or above 110 %, the load was another one; the rest is allowed for."""
    found = other_users(Planned(FLAT), PHASES, there)
    assert len(found) == len(sentences)
    assert all(sentence in one for one, sentence in zip(found, sentences, strict=True))
    assert doubts(RunHealth(other_users=tuple(found))) == found


def stepped(schedule, seconds, late, tick=1.0, step=0.01):
    """Return the user-seconds by phase of a shape that is followed tick by tick, ``late`` seconds after each."""
    there = {}
    for number in range(round(seconds / step)):
        t = number * step
        seen = max(0.0, t - late) // tick * tick
        users = int(schedule.level(seen) + 0.5) if t >= late else 0
        phase = schedule.phase(t)
        there[phase] = there.get(phase, 0.0) + users * step
    return there


@pytest.mark.parametrize("late", [0.0, 0.4])
def test_a_shape_that_is_followed_tick_by_tick_is_as_planned(late):
    """Steps of a second, rounding and a little delay are not another load, in a ramp neither."""
    assert other_users(Planned(SMOKE, lag=1.5), SMOKE.phases, stepped(SMOKE, 60, late)) == []


def test_counting_that_goes_on_after_the_end():
    """Workers that count a little longer than the run lasted here have no more users than planned."""
    there = {"steady": 200.0 * 40}
    assert other_users(Planned(FLAT), PHASES, there)
    assert other_users(Planned(FLAT), PHASES, there, longer=10.0) == []


def test_a_phase_that_comes_twice():
    """Both of its stretches count."""
    phases = [Phase("a", 0, 4), Phase("storm", 4, 10), Phase("a", 10, 14)]
    plan = Planned(lines(10, [("", 14, 10)]))
    assert other_users(plan, phases, {"a": 80.0, "storm": 60.0}) == []
    assert len(other_users(plan, phases, {"a": 40.0, "storm": 60.0})) == 1


RAMPS = [
    ("all at once", [Aim(0, 5, 5)], 12, [(1, 5), (11, 5)]),
    ("a ramp", [Aim(0, 60, 4)], 30, [(5, 20), (14, 56), (20, 60)]),
    ("a ramp that is cut off", [Aim(0, 60, 4)], 6, [(5, 20)]),
    ("changed on its way", [Aim(0, 60, 4), Aim(5, 10, 2)], 30, [(4, 16), (7, 16), (12, 10)]),
    ("no rate is at once", [Aim(0, 5, 0)], 10, [(0, 5), (9, 5)]),
    ("the same users again", [Aim(0, 5, 5), Aim(5, 5, 9)], 10, [(4, 5), (6, 5)]),
]


@pytest.mark.parametrize("aims, until, levels", [row[1:] for row in RAMPS], ids=[row[0] for row in RAMPS])
def test_ramps(aims, until, levels):
    """The plan of ``-u`` and ``-r``, and of a form that changed them, is a schedule like any other."""
    schedule = ramps(aims, until)
    assert schedule.duration == pytest.approx(until)
    assert [schedule.level(at) for at, _ in levels] == pytest.approx([level for _, level in levels])


REACHED = [
    ("in time", [Aim(0, 60, 4)], 20, ""),
    ("never", [Aim(0, 60, 4)], 6, "24 of 60 users"),
    ("at the last moment", [Aim(0, 60, 10)], 6, ""),
    ("nothing was asked", [], 6, ""),
    ("no time", [Aim(0, 60, 10)], 0, ""),
]


@pytest.mark.parametrize("aims, until, sentence", [row[1:] for row in REACHED], ids=[row[0] for row in REACHED])
def test_never_reached(aims, until, sentence):
    """Users that the ramp cannot have brought in time are a warning."""
    found = never_reached(aims, until)
    assert bool(found) == bool(sentence)
    assert sentence in found


def test_whole():
    """What was before the first phase is a stretch without a name; a run without phases is one."""
    assert whole([], 8.0) == [Phase("", 0.0, 8.0)]
    assert whole(PHASES, 33.0) == PHASES
    assert whole([Phase("a", 2.0, 4.0), Phase("b", 4.0, 4.0)], 4.0) == [Phase("", 0.0, 2.0), Phase("a", 2.0, 4.0)]


DROPPED = [
    (
        "a share that lapsed",
        {"iterations": 713, "dropped_iterations": 87, "unmade_iterations": 87},
        ["made by no process"],
    ),
    ("a pool that is too small", {"iterations": 713, "dropped_iterations": 87}, ["found no free user"]),
    (
        "both",
        {"iterations": 600, "dropped_iterations": 200, "unmade_iterations": 100},
        ["100 of 800 due iterations were made by no process", "100 of 800 due iterations found no free user"],
    ),
    ("one per cent", {"iterations": 792, "dropped_iterations": 8, "unmade_iterations": 8}, []),
]


@pytest.mark.parametrize("given, sentences", [row[1:] for row in DROPPED], ids=[row[0] for row in DROPPED])
def test_dropped(given, sentences):
    """Beyond 1 % of what was due the load was another one, and the sentence says whose doing it was."""
    found = doubts(RunHealth(**given))
    assert len(found) == len(sentences)
    assert all(sentence in one for one, sentence in zip(found, sentences, strict=True))
