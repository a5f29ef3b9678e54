"""Loads at the limits of what may be asked: levels that are equal, stages that go down to nobody, names of profiles."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from locust_ext.load.options import ArrivalOptions
from locust_ext.load.profiles import PROFILES, MarketOpen, Smoke, Spike
from locust_ext.load.schedule import Phase
from locust_ext.load.stages import Stages
from locust_ext.load.stress import Stress

FLAT = [
    ("the plateau", {"open_users": 1200}, (1200, 1200)),
    ("the build-up", {"open_users": 1200, "pre_open_users": 1200}, (1200, 1200)),
    ("nobody before", {"pre_open_users": 0}, (2000, 1200)),
    ("nobody after", {"plateau_users": 0}, (2000, 0)),
]


@pytest.mark.parametrize("given, levels", [pytest.param(*row[1:], id=row[0]) for row in FLAT])
def test_an_opening_as_high_as(given, levels):
    """The opening may be as high as what is before or after it, and that may be nobody."""
    schedule = MarketOpen(**given).schedule()
    assert (schedule.peak, schedule.level(430)) == levels


STAGES = [
    ("down to nobody", [{"users": 8, "spawn_rate": 4, "duration": 10}, {"users": 0, "spawn_rate": 2, "duration": 10}],
     [(2, 8), (9, 8), (11, 6), (14, 0), (19, 0)]),
    ("down to nobody, in k6's notation", [{"target": 8, "duration": "10s"}, {"target": 0, "duration": "4s"}],
     [(5, 4), (12, 4), (13, 2)]),
    ("without a rate at once", [{"users": 8, "duration": 10}], [(0, 8), (9, 8)]),
    ("exactly as long as it takes", [{"users": 8, "spawn_rate": 2, "duration": 4}], [(2, 4), (3.99, 7.98)]),
    ("cut off", [{"users": 80, "spawn_rate": 2, "duration": 4}, {"users": 8, "spawn_rate": 9, "duration": 4}],
     [(2, 4), (4, 8), (7, 8)]),
]  # fmt: skip


@pytest.mark.parametrize("stages, levels", [pytest.param(*row[1:], id=row[0]) for row in STAGES])
def test_stages(stages, levels):
    """A stage goes on from where the one before it ended."""
    schedule = Stages(stages=stages).schedule()
    assert [schedule.level(at) for at, _ in levels] == pytest.approx([level for _, level in levels])


def test_a_first_stage_goes_on_from_the_first_users():
    """Its phases are numbered, or called what they are called."""
    schedule = Stages(start_users=6, stages=[{"target": 2, "duration": 4}, {"target": 2, "duration": 4, "phase": "on"}])
    assert schedule.schedule().phases == (Phase("stage-1", 0, 4), Phase("on", 4, 8))
    assert schedule.schedule().level(1) == 5


def test_the_names_of_profiles():
    """Each is known by its own, and says what it is."""
    assert list(PROFILES) == ["smoke", "spike", "soak", "stress", "market-open", "stages", "replay"]
    assert all(profile.about for profile in PROFILES.values())
    assert [kind for kind, profile in PROFILES.items() if profile.needs] == ["stages", "replay"]


DEFAULTS = [
    (Smoke(), 60.0, 10, 575.0),
    (Spike(), 190.0, 200, 600 + 3300 + 12_000 + 1100 + 1200),
    (Stress(), 2400.0, 2000, None),
]


@pytest.mark.parametrize("profile, seconds, peak, area", DEFAULTS, ids=["smoke", "spike", "stress"])
def test_what_they_are_by_default(profile, seconds, peak, area):
    """Their length, their peak, and their user-seconds."""
    schedule = profile.schedule()
    assert (schedule.duration, schedule.peak) == (seconds, peak)
    assert area is None or schedule.total == pytest.approx(area)


POOLS = [
    ("nothing", {}, (50, 500)),
    ("few at the most", {"max_users": 20}, (20, 20)),
    ("many at the most", {"max_users": 2000}, (50, 2000)),
    ("a beginning", {"users": 80}, (80, 80)),
    ("both", {"users": 80, "max_users": 80}, (80, 80)),
]


@pytest.mark.parametrize("given, pool", [pytest.param(*row[1:], id=row[0]) for row in POOLS])
def test_pools(given, pool):
    """A pool that is sized at its beginning alone does not grow."""
    found = ArrivalOptions(rate="10/s", **given).pool
    assert (found.users, found.max_users) == pool
    assert (found.spacing, found.patience, found.graceful_stop) == ("uniform", 5.0, 30.0)


def test_more_users_at_the_beginning_than_at_the_most():
    """One of the two is wrong, and it says so."""
    with pytest.raises(ValidationError, match="max_users must not be less than users"):
        ArrivalOptions(rate="10/s", users=81, max_users=80)
