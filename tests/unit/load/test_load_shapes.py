"""Schedules as Locust's shapes: what tick() answers, and that no import activates one."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from locust.util.load_locustfile import is_shape_class

import locust_ext
from locust_ext.load import shapes
from locust_ext.load.profiles import PROFILES, Spike
from locust_ext.load.schedule import lines
from locust_ext.load.shapes import PlannedShape, ProfileShape, ScheduleShape, SmokeShape, SpikeShape, StagesShape


def at(shape, seconds):
    """Return the shape with its clock at this time."""
    shape.get_run_time = lambda: seconds
    return shape


def under(shape, **options):
    """Return the shape in an environment with these parsed options."""
    shape.runner = SimpleNamespace(environment=SimpleNamespace(parsed_options=SimpleNamespace(**options)))
    return shape


def variant(base, **attributes):
    """Return a subclass that nothing can mistake for a locustfile's shape."""
    return type("Variant", (base,), {"abstract": True, **attributes})


SHIPPED = [name for name in locust_ext.__all__ if name.endswith("Shape")]


def test_importing_every_shape_activates_none():
    """A locustfile that imports all of locust_ext, or all of its shapes, has no shape of its own."""
    namespace = {name: getattr(locust_ext, name) for name in locust_ext.__all__} | vars(shapes)
    assert [name for name, thing in namespace.items() if is_shape_class(thing)] == []
    assert len(SHIPPED) == len(PROFILES)


def test_a_subclass_is_active():
    """A subclass in a locustfile is a shape for Locust, without a word about abstractness."""
    mine = type("Mine", (shapes.SoakShape,), {})
    assert is_shape_class(mine)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_shapes_follow_their_profile(name, tmp_path):
    """Without attributes a shape is its profile's defaults."""
    base = getattr(locust_ext, name)
    (tmp_path / "open.csv").write_text("0,1\n1,2\n", "utf-8")
    needed = {"StagesShape": {"stages": [{"target": 1, "duration": 1}]}, "ReplayShape": {"file": tmp_path / "open.csv"}}
    attributes = needed.get(name, {})
    shape = variant(base, **attributes)()
    assert base.profile(**attributes).schedule() == shape.schedule
    said = {field: getattr(shape, field) for field in base.profile.model_fields}
    assert base.profile.model_validate({**said, **attributes}) == shape.settings, "what stands in it is what holds"
    assert base.abstract is True


def test_attributes_are_parameters():
    """Class attributes take the spellings of the configuration."""
    shape = variant(SpikeShape, baseline_users=5, factor=4, hold="2m")()
    assert Spike(baseline_users=5, factor=4, hold=120.0) == shape.settings


TICKS = [
    ("the start", 0, (20, 20.0)),
    ("in the middle of the climb", 45, (110, 110.0)),
    ("the peak", 70, (200, 200.0)),
    ("the end", 190, None),
    ("long after", 1e6, None),
]


@pytest.mark.parametrize("seconds, answer", [row[1:] for row in TICKS], ids=[row[0] for row in TICKS])
def test_first_tick(seconds, answer):
    """A tick is the level now, in one step; after the end it is None."""
    assert answer == at(variant(SpikeShape)(), seconds).tick()


def test_the_same_users_give_the_same_tick():
    """While the level is flat the tuple stays the same, so that Locust dispatches nothing."""
    shape = variant(SpikeShape)()
    first = at(shape, 1).tick()
    assert first is at(shape, 2).tick()
    assert at(shape, 31).tick() == (26, 6.0)
    assert at(shape, 32).tick() == (32, 6.0)


def test_reset_begins_anew():
    """A second test with the same shape starts from nobody."""
    shape = variant(SpikeShape)()
    at(shape, 70).tick()
    shape.reset_time()
    assert at(shape, 0).tick() == (20, 20.0)


def test_the_real_clock():
    """A shape that has just begun answers with its first level."""
    assert SmokeShape().tick()[0] == 0


def test_run_time_ends_it_early():
    """``--run-time`` ends a shape before its schedule does."""
    shape = under(variant(SpikeShape)(), run_time=40)
    assert at(shape, 39.9).tick() is not None
    assert at(shape, 40).tick() is None


def test_time_scale_rehearses():
    """``--time-scale`` shortens every time of a shape in code."""
    shape = under(variant(SpikeShape)(), run_time=None, time_scale="0.1")
    assert shape.schedule.duration == pytest.approx(19)
    assert at(shape, 7).tick() == (200, 200.0)


def test_planned_shape_asks_each_time():
    """The chosen shape follows whatever the plan's schedule is now."""
    plan = [lines(5, [("a", 10, 5)])]
    shape = PlannedShape(lambda: plan[0])
    assert at(shape, 1).tick() == (5, 5.0)
    plan[0] = lines(8, [("b", 10, 8)])
    assert at(shape, 2).tick() == (8, 3.0)


def test_a_schedule_must_be_given():
    """The base class has no schedule of its own."""
    with pytest.raises(NotImplementedError):
        _ = ScheduleShape().schedule


CORNERS = st.lists(
    st.tuples(st.just("p"), st.floats(0, 30), st.one_of(st.integers(0, 500), st.floats(0, 20))), min_size=1, max_size=5
)


@given(CORNERS, st.floats(0, 1))
def test_users_never_differ_by_more_than_one_ticks_step(corners, offset):
    """At a tick users are the level, rounded; until the next they are off by no more than the schedule moves."""
    schedule = lines(0, corners)
    shape = PlannedShape(lambda: schedule)
    before = 0
    for second in range(int(schedule.duration) + 1):
        now = second + offset
        answer = at(shape, now).tick()
        if now >= schedule.duration:
            assert answer is None
            break
        users, rate = answer
        assert abs(users - schedule.level(now)) <= 0.5 + 1e-9
        assert rate >= max(1, abs(users - before))
        for part in (0.25, 0.5, 0.99):
            moved = abs(schedule.level(now + part) - schedule.level(now))
            assert abs(users - schedule.level(now + part)) <= moved + 0.5 + 1e-9
        before = users


def test_slow_slopes_advance_user_by_user():
    """At a quarter of a user a second, a user comes every four seconds."""
    shape = variant(StagesShape, stages=[{"duration": 40, "users": 10, "spawn_rate": 0.25}])()
    assert [at(shape, second).tick()[0] for second in range(0, 40, 4)] == list(range(10))


WRONG = [
    ("a wrong unit", SpikeShape, {"hold": "60 parsecs"}, "Variant.hold", "is not a duration"),
    ("a wrong type", SpikeShape, {"factor": "many"}, "Variant.factor", "number"),
    ("out of range", SmokeShape, {"users": 0}, "Variant.users", "must be at least 1, not 0"),
    ("no stages", StagesShape, {}, "Variant.stages", "missing"),
    ("an unknown key in a stage", StagesShape, {"stages": [{"taget": 5, "duration": 1}]}, "taget", "mean 'target'"),
    ("two that do not fit", SmokeShape, {"ramp": "2m"}, "Variant", "shorter than duration"),
]


@pytest.mark.parametrize("base, given, place, why", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_attribute_ends_the_process(capsys, base, given, place, why):
    """A wrong attribute is said in a sentence that names it, and the process exits with 104."""
    with pytest.raises(SystemExit) as caught:
        variant(base, **given)()
    text = capsys.readouterr().err
    assert caught.value.code == 104
    assert place in text
    assert why in text
    assert "nothing was sent" in text


def test_two_wrong_attributes_are_both_said(capsys):
    """Every mistake is told at once."""
    with pytest.raises(SystemExit):
        variant(SpikeShape, hold="x", factor=0)()
    text = capsys.readouterr().err
    assert "2 mistakes" in text
    assert "Variant.hold" in text
    assert "Variant.factor" in text


def test_every_profile_shape_is_a_schedule_shape():
    """The plugin finds shapes in code by their base."""
    assert all(issubclass(getattr(locust_ext, name), ProfileShape) for name in SHIPPED)
