"""Stages in k6's notation and in Locust's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from locust_ext.load.stages import Stage, Stages

ARTICLE = [
    {"duration": 60, "users": 200, "spawn_rate": 50},
    {"duration": 30, "users": 2000, "spawn_rate": 800},
    {"duration": 600, "users": 2000, "spawn_rate": 200},
    {"duration": 60, "users": 100, "spawn_rate": 50},
]


def locust_says(stages, until):
    """Return the users at ``until`` by Locust's rules: in each stage nearer to its number, at its spawn rate."""
    users, left = 0.0, until
    for stage in stages:
        moved = stage["spawn_rate"] * min(stage["duration"], left)
        users += min(max(stage["users"] - users, -moved), moved)
        left -= stage["duration"]
        if left <= 0:
            break
    return users


MOMENTS = [
    ("the start", 0.0, 0),
    ("on the first climb", 2.0, 100),
    ("the first climb is over", 4.0, 200),
    ("the baseline", 59.0, 200),
    ("in the spike's climb", 61.0, 1000),
    ("the spike", 62.5, 2000),
    ("the plateau", 300.0, 2000),
    ("on the way down", 700.0, 1500),
    ("nearly down", 727.0, 150),
    ("down", 728.0, 100),
    ("the end", 749.9, 100),
]


@pytest.mark.parametrize("at, users", [row[1:] for row in MOMENTS], ids=[row[0] for row in MOMENTS])
def test_the_articles_stages(at, users):
    """The article's four stages give what Locust's rules give, at every moment."""
    schedule = Stages(stages=ARTICLE).schedule()
    assert users == pytest.approx(schedule.level(at))
    assert locust_says(ARTICLE, at) == pytest.approx(schedule.level(at))


def test_the_articles_stages_last_as_long_as_their_sum():
    """The durations of stages add up, each is a phase, and after them there is nothing."""
    schedule = Stages(stages=ARTICLE).schedule()
    assert schedule.duration == 750
    assert schedule.level(750) == 0
    assert [(phase.name, phase.end - phase.start) for phase in schedule.phases] == [
        ("stage-1", 60),
        ("stage-2", 30),
        ("stage-3", 600),
        ("stage-4", 60),
    ]


LOCUST_STAGES = st.lists(
    st.fixed_dictionaries(
        {
            "duration": st.integers(1, 10),
            "users": st.integers(0, 100),
            "spawn_rate": st.sampled_from([0.25, 1, 5, 50, 1000]),
        }
    ),
    min_size=1,
    max_size=3,
)


@given(LOCUST_STAGES, st.floats(0, 0.999))
def test_any_stages_of_locust(stages, share):
    """Whatever the stages, cut off or not, the level is what Locust's rules give."""
    schedule = Stages(stages=stages).schedule()
    at = schedule.duration * share
    assert locust_says(stages, at) == pytest.approx(schedule.level(at), abs=1e-6)


def test_below_one_user_a_second():
    """A spawn rate of a quarter user a second is a slope of a quarter, not a staircase and not a stop."""
    schedule = Stages(stages=[{"duration": 400, "users": 50, "spawn_rate": 0.25}]).schedule()
    assert [schedule.level(at) for at in (0, 2, 40, 200, 399)] == pytest.approx([0, 0.5, 10, 50, 50])


def test_a_climb_that_does_not_fit_is_cut_off():
    """A stage that ends before its number is reached hands on what it has reached."""
    stages = [{"duration": 10, "users": 100, "spawn_rate": 5}, {"duration": 10, "target": 50}]
    schedule = Stages(stages=stages).schedule()
    assert [schedule.level(at) for at in (0, 5, 10, 19)] == pytest.approx([0, 25, 50, 50])


def test_users_without_a_rate_jump():
    """Without a spawn rate the number is there at once."""
    schedule = Stages(stages=[{"duration": 10, "users": 7}]).schedule()
    assert schedule.level(0) == schedule.level(9) == 7


K6 = [{"target": 800, "duration": "5m"}, {"target": 800, "duration": "30m"}, {"target": 0, "duration": "2m"}]


def test_k6_notation():
    """A target is reached in a straight line over the whole duration, as in k6."""
    schedule = Stages(stages=K6).schedule()
    assert schedule.duration == 37 * 60
    assert [schedule.level(at) for at in (0, 150, 300, 2000, 2160)] == pytest.approx([0, 400, 800, 800, 400])


def test_k6_notation_from_a_start():
    """The first stage begins at the users of the start, and a target after no time is a jump."""
    schedule = Stages(
        start_users=100, stages=[{"target": 200, "duration": 10}, {"target": 0, "duration": 0}]
    ).schedule()
    assert [schedule.level(at) for at in (0, 5, 10)] == pytest.approx([100, 150, 0])


def test_mixed_and_named():
    """Both notations mix, and a stage may carry the name of its phase."""
    stages = [
        {"target": 10, "duration": 10, "phase": "warmup"},
        {"users": 30, "spawn_rate": 10, "duration": 5},
        {"target": 0, "duration": 5, "phase": "cooldown"},
    ]
    schedule = Stages(stages=stages).schedule()
    assert [phase.name for phase in schedule.phases] == ["warmup", "stage-2", "cooldown"]
    assert [schedule.level(at) for at in (5, 11, 14, 17.5)] == pytest.approx([5, 20, 30, 15])


WRONG = [
    ("no number", {"duration": 5}, "write either"),
    ("both numbers", {"duration": 5, "target": 1, "users": 1}, "write either"),
    ("a rate to a target", {"duration": 5, "target": 1, "spawn_rate": 1}, "goes with users"),
    ("no duration", {"target": 1}, "Field required"),
    ("a rate of nothing", {"duration": 5, "users": 1, "spawn_rate": 0}, "greater than 0"),
    ("an infinite rate", {"duration": 5, "users": 1, "spawn_rate": float("inf")}, "finite"),
    ("an unknown key", {"duration": 5, "taget": 1}, "not permitted"),
    ("less than nobody", {"duration": 5, "target": -1}, "greater than or equal"),
]


@pytest.mark.parametrize("stage, message", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_stages(stage, message):
    """A stage that means nothing, or two things, is a validation error that says why."""
    with pytest.raises(ValidationError, match=message):
        Stage(**stage)


EMPTY = [("no stages", []), ("stages of no time", [{"duration": 0, "target": 5}])]


@pytest.mark.parametrize("stages", [row[1] for row in EMPTY], ids=[row[0] for row in EMPTY])
def test_nothing_to_do(stages):
    """Stages that never last are refused."""
    with pytest.raises(ValidationError, match=r"at least 1 item|no time at all"):
        Stages(stages=stages)
