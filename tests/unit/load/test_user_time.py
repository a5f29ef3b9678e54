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


RISING = Planned(lines(0, [("", 10, 10)]), lag=2.0)
PEAK = Planned(lines(0, [("", 4.8, 0), ("", 0, 10), ("", 0.4, 10), ("", 0, 0), ("", 10, 0)]), lag=2.0)
JUMP = [("", 0.12, 0), ("", 0, 10), ("", 8000, 10)]

BOUNDS = [
    ("users come two seconds late, or one early", RISING, 4.0, 5.0, (2.5, 5.5)),
    ("at the beginning none need be there", RISING, 0.0, 1.0, (0.0, 1.5)),
    ("after the end they go as late", RISING, 10.0, 11.0, (0.0, 9.5)),
    ("a peak that is over is still there", PEAK, 6.0, 6.1, (0.0, 1.0)),
    ("one that is to come is not", PEAK, 3.0, 3.1, (0.0, 0.0)),
    ("nothing before it begins", Planned(FLAT, begins=9.0), 0.0, 8.0, (0.0, 0.0)),
    ("a second before it begins", Planned(FLAT, begins=9.0), 8.0, 9.0, (0.0, 200.0)),
    ("its first second", Planned(FLAT, begins=9.0), 9.0, 10.0, (0.0, 200.0)),
    ("and from then on", Planned(FLAT, begins=9.0), 10.0, 12.0, (400.0, 400.0)),
    ("a moment", Planned(FLAT), 5.0, 5.0, (0.0, 0.0)),
    ("ten looks a second", Planned(lines(0, JUMP), lag=0.0), 0.0, 0.3, (2.0, 3.0)),
    ("two thousand at the most", Planned(lines(0, [("", 1.5, 0), *JUMP]), lag=0.0), 0.0, 4000.0, (39980.0, 40000.0)),
]


@pytest.mark.parametrize("planned, start, end, bounds", [pytest.param(*row[1:], id=row[0]) for row in BOUNDS])
def test_bounds(planned, start, end, bounds):
    """A plan is what it may have meant: users come a second before, and up to the lag after it says so."""
    assert planned.bounds(start, end) == pytest.approx(bounds)


def test_how_many_whole_users():
    """They are rounded; before the beginning there are none, and the plan's user-seconds count from it."""
    planned = Planned(lines(0, [("", 10, 10)]), begins=3.0)
    assert Planned(FLAT).level(0.0) == 200.0
    assert [planned.level(at) for at in (2.9, 3.0, 3.4, 3.5, 4.4, 4.5, 12.9)] == [0, 0, 0, 1, 1, 2, 10]
    assert [planned.user_seconds(*span) for span in ((0, 3), (0, 5), (5, 13), (13, 20))] == [0, 2, 48, 0]


EDGES = [  # of 10 users for 10 s, that is from 90 to 111 user-seconds
    ("just enough", 90.0, True),
    ("just too few", 89.9, False),
    ("just not too many", 111.0, True),
    ("just too many", 111.1, False),
]


@pytest.mark.parametrize("there, fits", [pytest.param(*row[1:], id=row[0]) for row in EDGES])
def test_at_the_edges(there, fits):
    """Nine of ten and eleven of ten are the load, and one user-second is nobody's."""
    planned = Planned(lines(10, [("", 30, 10)]))
    assert (other_users(planned, [Phase("a", 5, 15), Phase("b", 15, 16)], {"a": there}) == []) is fits


def test_what_the_sentence_says():
    """A run without phases has no name for its whole; both numbers are means over its time."""
    planned = Planned(lines(0, [("", 10, 2000), ("", 10, 2000)]))
    assert other_users(planned, [Phase("", 0, 20)], {"": 100_000.0}) == [
        "there were 5,000.0 users on average, and 1,500.0 were planned: the load was not the one that was asked for"
    ]
    assert other_users(planned, [Phase("a", 10, 15)], {}) == [
        "there were 0.0 users on average in a, and 2,000.0 were planned: the load was not the one that was asked for"
    ]
    assert other_users(planned, [Phase("a", 10, 14.9)], {}) == []


def test_only_the_last_phase_is_counted_longer():
    """A phase before it ended when it ended."""
    phases = [Phase("a", 5, 15), Phase("b", 15, 25)]
    planned = Planned(lines(10, [("", 25, 10)]))
    assert other_users(planned, phases, {"a": 100.0, "b": 120.0}, longer=2.0) == []
    assert len(other_users(planned, phases, {"a": 120.0, "b": 100.0}, longer=2.0)) == 1


RAMPS = [
    ("all at once", [Aim(0, 5, 5)], 12, [(1, 5), (11, 5)]),
    ("a ramp", [Aim(0, 60, 4)], 30, [(5, 20), (14, 56), (20, 60)]),
    ("a ramp that is cut off", [Aim(0, 60, 4)], 6, [(5, 20)]),
    ("changed on its way", [Aim(0, 60, 4), Aim(5, 10, 2)], 30, [(4, 16), (7, 16), (12, 10)]),
    ("no rate is at once", [Aim(0, 5, 0)], 10, [(0, 5), (9, 5)]),
    ("a slow ramp", [Aim(0, 60, 0.5)], 130, [(30, 15), (118, 59), (121, 60)]),
    ("a slow ramp that is cut off", [Aim(0, 60, 0.5)], 60, [(30, 15), (59, 29.5)]),
    ("a ramp of one a second that is cut off", [Aim(0, 60, 1)], 30, [(15, 15), (29, 29)]),
    ("down", [Aim(0, 60, 60), Aim(10, 20, 4)], 30, [(9, 60), (15, 40), (19, 24), (21, 20)]),
    (
        "cut off, then up again",
        [Aim(0, 60, 4), Aim(5, 0, 2), Aim(10, 30, 10)],
        20,
        [(5, 20), (9, 12), (11, 20), (13, 30)],
    ),
    ("at once, then down at once", [Aim(0, 8, 0), Aim(4, 3, 0)], 10, [(0, 8), (3.9, 8), (4, 3), (9.9, 3)]),
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
    ("half a user less", [Aim(0, 60, 10)], 5.951, ""),
    ("more than half a user less", [Aim(0, 60, 10)], 5.94, "59 of 60 users"),
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
