"""The shapes of traffic: defaults are what each shape is for, and parameters check themselves."""

from itertools import pairwise

import pytest
from pydantic import ValidationError

from locust_ext.load.profile import Profile
from locust_ext.load.profiles import PROFILES, MarketOpen, Smoke, Soak, Spike
from locust_ext.load.stress import Stress

DEFAULTS = [
    ("smoke", Smoke(), 60, 10, ["warmup", "steady"]),
    ("spike", Spike(), 190, 200, ["warmup", "climb", "peak", "fall", "recovery"]),
    ("soak", Soak(), 7680, 200, ["ramp", "soak", "cooldown", "rest"]),
    ("stress", Stress(), 2400, 2000, [f"level-{users}" for users in range(50, 2001, 50)]),
    ("market-open", MarketOpen(), 725, 2000, ["pre-open", "bell", "surge", "decay", "plateau", "cooldown"]),
]


@pytest.mark.parametrize("profile, seconds, peak, phases", [r[1:] for r in DEFAULTS], ids=[r[0] for r in DEFAULTS])
def test_defaults(profile, seconds, peak, phases):
    """Each shape lasts as long, rises as high and has the phases that the documentation says."""
    schedule = profile.schedule()
    assert seconds == pytest.approx(schedule.duration)
    assert peak == schedule.peak
    assert phases == [phase.name for phase in schedule.phases]


CORNERS = [
    (Smoke(), [("warmup", 0, 5, 0, 10), ("steady", 5, 60, 10, 10)]),
    (
        Spike(),
        [
            ("warmup", 0, 30, 20, 20),
            ("climb", 30, 60, 20, 200),
            ("peak", 60, 120, 200, 200),
            ("fall", 120, 130, 200, 20),
            ("recovery", 130, 190, 20, 20),
        ],
    ),
    (
        Soak(),
        [
            ("ramp", 0, 300, 0, 200),
            ("soak", 300, 7500, 200, 200),
            ("cooldown", 7500, 7620, 200, 0),
            ("rest", 7620, 7680, 0, 0),
        ],
    ),
    (
        MarketOpen(),
        [
            ("pre-open", 0, 60, 0, 200),
            ("bell", 60, 65, 200, 2000),
            ("surge", 65, 125, 2000, 2000),
            ("decay", 125, 365, 2000, 1200),
            ("plateau", 365, 665, 1200, 1200),
            ("cooldown", 665, 725, 1200, 0),
        ],
    ),
]


@pytest.mark.parametrize("profile, corners", [pytest.param(*row, id=row[0].kind) for row in CORNERS])
def test_corners(profile, corners):
    """Each phase of a shape begins and ends when, and where, the documentation says."""
    found = []
    for piece, phase in zip(profile.schedule().pieces, profile.schedule().phases, strict=True):
        found.append((phase.name, phase.start, phase.end, piece.level(0.0), piece.level(piece.duration)))
    assert [row[0] for row in found] == [row[0] for row in corners]
    assert [row[1:] for row in found] == [pytest.approx(row[1:]) for row in corners]


def test_names():
    """Every profile is found under its kind and says what it is about."""
    assert list(PROFILES) == ["smoke", "spike", "soak", "stress", "market-open", "stages", "replay"]
    assert all(kind == profile.kind and profile.about for kind, profile in PROFILES.items())


def test_smoke_is_short():
    """A smoke run fits into a pull request: under two minutes."""
    assert Smoke().schedule().duration < 120


def test_spike_climbs_tenfold_within_thirty_seconds_as_a_ramp():
    """From the baseline to ten times as much within 30 s, as a straight line; then back, then a recovery."""
    schedule = Spike().schedule()
    warmup, climb, peak, fall, recovery = schedule.phases
    assert climb.end - climb.start <= 30
    assert schedule.level(warmup.start) == schedule.level(climb.start) == 20
    assert schedule.level(peak.start) == 10 * schedule.level(climb.start)
    assert schedule.level((climb.start + climb.end) / 2) == pytest.approx(110)
    assert schedule.level(peak.end - 1e-9) == pytest.approx(200)
    assert schedule.level(fall.end) == schedule.level(recovery.end - 1e-9) == 20


def test_soak_holds_for_hours():
    """Between ramp and cooldown the users are constant for two hours, the cooldown ends at none, and so does the rest."""
    schedule = Soak().schedule()
    _, soak, cooldown, rest = schedule.phases
    assert soak.end - soak.start == 7200
    assert schedule.level(soak.start) == schedule.level(soak.end - 1) == 200
    assert schedule.level(cooldown.end - 1e-9) == pytest.approx(0, abs=1e-6)
    assert {schedule.level(rest.start), schedule.level(rest.end - 1e-9)} == {0}


RESTS = [
    ("without a rest it ends with the cooldown", dict(rest=0), ["ramp", "soak", "cooldown"], 7620),
    ("without a cooldown all leave at once, and it rests", dict(cooldown=0), ["ramp", "soak", "rest"], 7560),
    ("a rest as long as you like", dict(rest="10m"), ["ramp", "soak", "cooldown", "rest"], 8220),
]


@pytest.mark.parametrize("given, phases, seconds", [row[1:] for row in RESTS], ids=[row[0] for row in RESTS])
def test_a_soak_rests(given, phases, seconds):
    """After the load there is none, for as long as it is said."""
    schedule = Soak(**given).schedule()
    assert ([phase.name for phase in schedule.phases], schedule.duration) == (phases, seconds)
    assert schedule.level(schedule.duration - 1e-6) == pytest.approx(0, abs=1e-3)


def test_market_open_decays_by_half_lives():
    """After the surge the users fall by halves, and arrive at the plateau exactly."""
    schedule = MarketOpen().schedule()
    _, bell, surge, decay, plateau, _ = schedule.phases
    assert bell.end - bell.start == 5
    assert schedule.level(bell.start) == 200
    assert schedule.level(surge.start) == schedule.level(decay.start) == 2000
    steps = [schedule.level(decay.start + 60 * n) for n in range(4)] + [schedule.level(decay.end - 1e-9)]
    falls = [high - low for high, low in pairwise(steps)]
    assert [fall / 2 for fall in falls[:-1]] == pytest.approx(falls[1:])
    assert schedule.level(plateau.start) == 1200


@pytest.mark.parametrize("profile", [row[1] for row in DEFAULTS], ids=[row[0] for row in DEFAULTS])
def test_levels_are_never_negative(profile):
    """At no second is there less than nobody."""
    schedule = profile.schedule()
    assert all(schedule.level(second) >= 0 for second in range(int(schedule.duration) + 2))


def test_no_warmup_is_no_phase():
    """A phase of no length is left out, and the level jumps."""
    schedule = Spike(warmup=0.0, climb=0.0).schedule()
    assert [phase.name for phase in schedule.phases] == ["peak", "fall", "recovery"]
    assert schedule.level(0) == 200


WRONG = [
    ("a ramp as long as the run", Smoke, dict(ramp="60s"), "ramp must be shorter"),
    ("no users", Smoke, dict(users=0), "greater than or equal to 1"),
    ("half a user", Smoke, dict(users=1.5), "integer"),
    ("no time", Smoke, dict(duration="0s"), "greater than 0"),
    ("a wrong unit", Smoke, dict(duration="60 parsecs"), "is not a duration"),
    ("a spike that is none", Spike, dict(factor=1), "greater than 1"),
    ("an endless spike", Spike, dict(factor=float("inf")), "less than or equal"),
    ("an unknown parameter", Spike, dict(factr=5), "not permitted"),
    ("an opening below the plateau", MarketOpen, dict(open_users=300), "must be the highest"),
    ("an opening below the build-up", MarketOpen, dict(pre_open_users=3000), "must be the highest"),
    ("more users than there are", Soak, dict(users=10**7), "less than or equal"),
]


@pytest.mark.parametrize("profile, given, message", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_parameters(profile, given, message):
    """A parameter that cannot be is a validation error that says why."""
    with pytest.raises(ValidationError, match=message):
        profile(**given)


def test_a_profile_is_frozen():
    """Parameters do not change after they were checked."""
    with pytest.raises(ValidationError, match="frozen"):
        Smoke().users = 5


def test_the_base_has_no_schedule():
    """The base class is not a shape."""
    with pytest.raises(NotImplementedError):
        Profile().schedule()
