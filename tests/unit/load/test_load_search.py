"""The search for the cliff, on targets whose capacity is known."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.search import LevelState, Search
from locust_ext.load.stress import Stress, can_prove

TEN = Stress(start_users=50, step_users=50, step=10.0, max_users=500, rest=5.0)
RAMP = TEN.model_copy(update={"climb": "ramp"})
P95 = "http_req_duration: p(95)<400"


def run(profile, capacity, share=0.5, time_scale=1.0):
    """Return a search and those that followed, one after each break, on a target that breaks above ``capacity``.

    The break shows when ``share`` of a level's time has passed since the level, or the ramp, went above the capacity.
    """
    searches, now = [Search.of(profile, time_scale)], 0.0
    while True:
        search = searches[-1]
        lag = share * profile.step * time_scale
        shows = min((above(search, level, capacity) + lag for level in search.levels), default=math.inf)
        if not now < shows < search.schedule.duration:
            return searches
        now = shows
        searches.append(search.broke(search.schedule.phase(now - 1e-9), now, P95))


def above(search, level, capacity):
    """Return when a level that is to come is more than the target can: at once, or where its line passes that."""
    if level.fate is not LevelState.AHEAD or level.number <= capacity:
        return math.inf
    if can_prove(level.phase):
        return level.start
    first = search.schedule.level(level.start)
    return level.start + (level.end - level.start) * max(0.0, (capacity - first) / (level.number - first))


def finished(search):
    """Tell whether nothing is left to try."""
    return all(level.fate is not LevelState.AHEAD for level in search.levels)


def at_its_end(search):
    """Return the search after its schedule, in which nothing more has broken."""
    for level in search.levels:
        search = search.held(level.phase, level.end)
    return search


def after_the_break(search):
    """Return the phases that follow the climb, each with what became of it."""
    fates = {level.phase: level.fate.value for level in search.levels}
    climb = {level.phase for level in search.levels if not level.probe}
    return [
        f"{phase.name} {fates.get(phase.name, '')}".strip()
        for phase in search.schedule.phases
        if phase.name not in climb
    ]


def test_at_the_start_the_whole_climb_is_ahead():
    """Before anything is known the schedule is that of the profile, stretched."""
    search = Search.of(TEN, 0.5)
    assert search.schedule == TEN.schedule().scaled(time=0.5)
    first, second = search.levels[:2]
    assert (first.phase, first.number, first.start, first.end, first.fate) == ("level-50", 50, 0, 5, LevelState.AHEAD)
    assert (second.phase, second.number, second.start, second.end) == ("level-100", 100, 5, 10)
    assert (search.good, search.bad, finished(search), search.longest) == (0, None, False, 95)


def test_a_break_cuts_rests_and_tries_the_middle():
    """At the break the load jumps to the last level that held, rests there, and climbs to the middle."""
    search = Search.of(TEN).broke("level-300", 53.0, P95)
    assert (search.good, search.bad, finished(search)) == (250, 300, False)
    phases = [(phase.name, phase.start, phase.end) for phase in search.schedule.phases]
    assert phases[5:] == [("level-300", 50, 53), ("rest-1", 53, 58), ("level-275", 58, 68), ("level-287", 68, 78)]
    assert [search.schedule.level(at) for at in (52.9, 53, 57.9, 58.5, 59, 68, 68.5, 69, 77)] == pytest.approx(
        [300, 250, 250, 262.5, 275, 275, 281, 287, 287]
    )
    broken = search.levels[5]
    assert (broken.phase, broken.start, broken.end) == ("level-300", 50, 53)
    assert (broken.fate, broken.broke_by) == (LevelState.BROKE, P95)


def test_the_rest_is_at_half_when_nothing_has_held():
    """After the first level broke, no level is known to be good for a rest."""
    assert Search.of(TEN).broke("level-50", 5.0).schedule.level(6) == 25
    assert Search.of(RAMP).broke("ramp-300", 55.0).schedule.level(56) == 150


EXAMPLES = [
    ("in the upper half", TEN, {}, 290, "rest-1, level-275 held, level-287 held"),
    ("in the lower half", TEN, {}, 255, "rest-1, level-275 broke, rest-2, level-262 broke"),
    ("nothing breaks", TEN, {}, 10**6, ""),
    (
        "the first level breaks: there is one between 1 and it",
        *(TEN, {"probes": 4}, 10),
        "rest-1, level-25 broke, rest-2, level-12 broke, rest-3, level-6 held, level-9 held",
    ),
    (
        "not even one is possible",
        *(TEN, {"start_users": 4}, 0),
        "rest-1, level-2 broke, rest-2, level-1 broke",
    ),
    ("the first level is one", TEN, {"start_users": 1}, 0, ""),
    ("no search", TEN, {"probes": 0}, 255, ""),
    ("one probe", TEN, {"probes": 1}, 255, "rest-1, level-275 broke"),
    ("no rest", TEN, {"rest": 0.0}, 255, "level-275 broke, level-262 broke"),
    ("near enough at once", TEN, {"precision": 0.2}, 255, ""),
    (
        "to the last one",
        TEN,
        {"precision": 0.0, "probes": 3},
        299,
        "rest-1, level-275 held, level-287 held, level-293 held",
    ),
    (
        "a ramp, and the break shows in the same line",
        *(RAMP, {}, 252),
        "rest-1, level-250 held, level-275 broke, rest-2, level-262 broke",
    ),
    (
        "a ramp, and the break shows one line later",
        *(RAMP, {}, 290),
        "rest-1, level-300 broke, rest-2, level-275 held, level-287 held",
    ),
    (
        "a ramp, and what it passed is near enough: it must still hold",
        RAMP,
        {"precision": 0.5},
        190,
        "rest-1, level-150 held",
    ),
    (
        "a ramp that breaks in its first line",
        *(RAMP, {"probes": 3}, 20),
        "rest-1, level-25 broke, rest-2, level-12 held, level-18 held",
    ),
]


@pytest.mark.parametrize(
    "profile, options, capacity, steps", [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_examples(profile, options, capacity, steps):
    """What comes after the break, and what becomes of each level."""
    search = run(profile.model_copy(update=options), capacity)[-1]
    assert steps == ", ".join(after_the_break(at_its_end(search)))


def test_what_a_ramp_passed_may_not_hold():
    """A level that a ramp went through is only assumed to be good; when it breaks, the search goes on below it."""
    search = Search.of(RAMP.model_copy(update={"precision": 0.5})).broke("ramp-250", 43.0)
    assert after_the_break(search) == ["rest-1", "level-150 ahead"]
    assert after_the_break(search.broke("level-150", 50.0)) == ["rest-1", "level-150 broke", "rest-2", "level-75 ahead"]


def test_a_break_that_shows_late():
    """A level that seemed to have held, and broke after all, has broken; what was under way is cut."""
    search = Search.of(TEN).broke("level-300", 53.0).broke("level-275", 68.4)
    assert after_the_break(search) == ["rest-1", "level-275 broke", "level-287 cut", "rest-2", "level-262 ahead"]
    lower = search.broke("level-250", 69.0)
    assert (lower.good, lower.bad) == (200, 250)
    assert after_the_break(lower)[3:] == ["rest-2", "level-225 ahead", "level-237 ahead", "level-243 ahead"]


def test_a_rest_that_is_under_way_gets_no_longer():
    """A break that shows in a rest lowers it, and the next level comes when it would have come."""
    search = Search.of(TEN).broke("level-300", 53.0).broke("level-250", 55.0)
    assert [search.schedule.level(at) for at in (54, 56)] == [250, 200]
    assert [(phase.start, phase.end) for phase in search.schedule.phases if phase.name == "rest-1"] == [(53, 58)]


def test_a_break_at_the_very_end_of_a_rest():
    """The rest is over, and no other one follows it."""
    search = Search.of(TEN).broke("level-300", 53.0).broke("level-250", 58.0)
    assert after_the_break(search)[:2] == ["rest-1", "level-225 ahead"]
    assert [(phase.start, phase.end) for phase in search.schedule.phases if phase.name == "level-225"] == [(58, 68)]


def test_a_break_at_the_instant_at_which_the_next_level_begins():
    """That level has not begun, and so is not one of the run."""
    search = Search.of(TEN).broke("level-250", 50.0)
    assert [(one.number, one.fate) for one in search.levels if not one.probe][-2:] == [
        (200, LevelState.HELD),
        (250, LevelState.BROKE),
    ]
    assert (search.good, search.bad) == (200, 250)
    assert after_the_break(search)[0] == "rest-1"


PASSED = [
    ("in the first line nothing was passed", "ramp-50", 5.0, ["level-25 ahead", "level-37 ahead"]),
    ("in the second line nothing was passed for sure", "ramp-100", 15.0, ["level-50 ahead", "level-75 ahead"]),
    ("in the third line the first level was", "ramp-150", 25.0, ["level-100 ahead", "level-125 ahead"]),
    ("in the fourth line the second level was", "ramp-200", 35.0, ["level-150 ahead", "level-175 ahead"]),
]


@pytest.mark.parametrize("phase, at, first", [pytest.param(*row[1:], id=row[0]) for row in PASSED])
def test_what_a_ramp_has_passed_for_sure(phase, at, first):
    """It is the start of the line before the one that broke: the search begins above it."""
    assert after_the_break(Search.of(RAMP).broke(phase, at))[1:3] == first


def test_a_late_break_that_tells_nothing_new():
    """When a lower level has broken already, what is under way goes on."""
    search = Search.of(TEN).broke("level-300", 53.0).broke("level-275", 68.4)
    noted = search.broke("level-287", 75.0, P95)
    assert noted.schedule == search.schedule
    assert [one.broke_by for one in noted.levels if one.phase == "level-287"] == [P95]


def test_a_level_that_was_cut_is_tried_again_under_another_name():
    """No two phases share a name, so that the samples of both tries stay apart."""
    search = Search.of(RAMP.model_copy(update={"max_users": 301})).broke("ramp-301", 65.0)
    assert after_the_break(search)[:2] == ["rest-1", "level-275 ahead"]
    assert after_the_break(search.broke("ramp-300", 71.0)) == [
        *("rest-1", "level-275 cut", "rest-2"),
        *("level-250 ahead", "level-275-again ahead", "level-287 ahead"),
    ]


IGNORED = [
    ("a rest", "rest-1", 54.0),
    ("a phase that is not known", "level-7", 54.0),
    ("a level that broke before", "level-300", 54.0),
    ("a level that has not begun", "level-275", 54.0),
]


@pytest.mark.parametrize("phase, at", [row[1:] for row in IGNORED], ids=[row[0] for row in IGNORED])
def test_what_breaks_nothing(phase, at):
    """Only a level that is under way, or was, can break, and only once."""
    search = Search.of(TEN).broke("level-300", 53.0)
    assert search == search.broke(phase, at)


def test_after_the_end_nothing_is_tried():
    """A level that turns out to have broken when the schedule is over is known, and the run stays over."""
    search = Search.of(TEN).broke("level-500", 100.0)
    assert search.schedule == Search.of(TEN).schedule
    assert (search.good, search.bad, finished(search)) == (450, 500, True)


def test_held():
    """A level holds at the end of its time, not before; in the climb that changes nothing else."""
    search = Search.of(TEN)
    assert search.held("level-50", 9.9) == search
    assert search.held("rest-1", 9.9) == search
    held = search.held("level-50", 10.0)
    assert (held.good, held.bad, held.schedule) == (50, None, search.schedule)
    assert Search.of(RAMP).held("ramp-50", 10.0).good == 0, "a ramp proves nothing"
    assert held.held("level-50", 10.0) == held


CAPACITIES = st.one_of(st.integers(0, 600), st.floats(0, 600))
PROFILES = st.builds(
    Stress,
    start_users=st.integers(1, 120),
    step_users=st.integers(3, 90),
    max_users=st.integers(120, 500),
    step=st.sampled_from([1.0, 10.0, 60.0]),
    rest=st.sampled_from([None, 0.0, 7.0]),
    climb=st.sampled_from(["steps", "ramp"]),
    probes=st.integers(0, 12),
    precision=st.sampled_from([0.0, 0.01, 0.05, 0.3, 1.0]),
)


def assert_sound(search):
    """What holds for any search: names are unique, levels have their phases' times, and it ends in time."""
    names = [phase.name for phase in search.schedule.phases]
    assert len(names) == len(set(names))
    times = {phase.name: (phase.start, phase.end) for phase in search.schedule.phases}
    assert [(one.start, one.end) for one in search.levels] == [times[one.phase] for one in search.levels]
    assert all(one.end <= other.start for one, other in pairwise(search.levels))
    assert sum(one.probe for one in search.levels) <= search.profile.probes
    assert search.schedule.duration <= search.longest * (1 + 1e-9)
    assert search.good < (search.bad or math.inf)


def assert_agree(before, after, until):
    """Two schedules are the same until a time, in level and in area."""
    times = [until * share / 40 for share in range(40)]
    assert [before.level(at) for at in times] == pytest.approx([after.level(at) for at in times])
    assert [before.area(at) for at in [*times, until]] == pytest.approx([after.area(at) for at in [*times, until]])


@given(PROFILES, CAPACITIES, st.floats(0.05, 0.95), st.sampled_from([0.05, 1.0, 3.0]))
def test_the_search_finds_the_capacity(profile, capacity, share, time_scale):
    """The capacity lies between good and bad, and these are near enough to each other unless the probes are spent."""
    searches = run(profile, capacity, share, time_scale)
    search = at_its_end(searches[-1])
    assert finished(search)
    assert_sound(search)
    if search.bad is not None:
        assert search.good <= capacity < search.bad
        spent = sum(one.probe for one in search.levels) == profile.probes
        assert spent or search.bad - search.good <= max(1, profile.precision * search.bad)
    elif profile.climb == "steps":
        assert search.good == profile.max_users <= capacity


@given(PROFILES, CAPACITIES, st.floats(0.05, 0.95), st.sampled_from([0.05, 1.0, 3.0]))
def test_a_break_never_changes_the_past(profile, capacity, share, time_scale):
    """Up to the break the new schedule is the old one, in level and in area, however many breaks follow."""
    searches = run(profile, capacity, share, time_scale)
    for before, after in pairwise(searches):
        at = max(one.end for one in after.levels if one.fate is LevelState.BROKE)
        assert_agree(before.schedule, after.schedule, at)
        assert_sound(after)


@given(PROFILES, st.lists(st.tuples(st.floats(0, 1), st.floats(0.001, 1)), max_size=20))
def test_any_breaks_at_all(profile, events):
    """However late and in whatever order breaks show, the search stays sound and ends."""
    search, now = Search.of(profile), 0.0
    for which, when in events:
        now += (search.schedule.duration - now) * when * 0.3
        begun = [phase.name for phase in search.schedule.phases if phase.start < now]
        if not begun:
            continue
        after = search.broke(begun[int(which * (len(begun) - 1))], now)
        assert_agree(search.schedule, after.schedule, now)
        assert_sound(after)
        search = after
    assert finished(at_its_end(search))
