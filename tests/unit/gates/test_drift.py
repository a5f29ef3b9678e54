"""How a series is judged for drift: leaks are found, what is healthy passes, and what cannot be judged says so."""

import math
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.drift import Stretch, judge_drift
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.outcomes import Status
from locust_ext.measure.interval_history import History
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind

COUNT, APART, LEVEL = 240, 60.0, 200.0
LOAD = Stretch(0.0, COUNT * APART)
HOURS = COUNT * APART / 3600
LEAK = 10.0
"""An hour: 20 % over the load."""


def rule(**options):
    """Return a rule on a gauge."""
    return DriftRule(Selector("m"), Kind.GAUGE, **options)


def history(values, restarts=(), deviation=0.0, seed=0, **more):
    """Return values a minute apart, with white noise."""
    rng = Random(seed)
    points = tuple((index * APART, value + rng.gauss(0, deviation)) for index, value in enumerate(values))
    return History(points, tuple(restarts), APART, **more)


def judged(values, stretch=LOAD, deviation=0.0, **options):
    """Return the drift of values a minute apart."""
    return judge_drift(rule(**options), history(values, deviation=deviation), stretch)


def leaking(rate=LEAK, count=COUNT):
    """Return a level that rises by so much an hour."""
    return [LEVEL + rate * index / 60 for index in range(count)]


def healthy():
    """Yield healthy series by name, with the samples at which their process began again."""
    every = range(COUNT)
    yield "a level", [LEVEL] * COUNT, []
    yield "all 0", [0.0] * COUNT, []
    yield "below 0", [-LEVEL] * COUNT, []
    yield "it falls", leaking(-LEAK), []
    yield "it grows by less than what matters", leaking(1.0), []
    yield "the teeth of a saw", [LEVEL * (1 + 0.3 * (i % 24) / 24) for i in every], []
    yield "a cache fills", [LEVEL * (1 - 0.7 * math.exp(-9 * i / COUNT)) for i in every], []
    yield "a spike at the start", [LEVEL * (1 + math.exp(-i / 6)) for i in every], []
    yield "a step", [LEVEL * (1.25 if i >= 90 else 1) for i in every], []
    yield "a restart", [LEVEL * (1 - 0.4 * math.exp(-(i % 120) / 5)) for i in every], [120 * APART]
    yield "a restart on another level", [LEVEL * (1 if i < 120 else 2) for i in every], [120 * APART]


@pytest.mark.parametrize("deviation", [0.0, 2.0], ids=["bare", "with noise"])
@pytest.mark.parametrize("values, restarts", [row[1:] for row in healthy()], ids=[row[0] for row in healthy()])
def test_healthy_series_pass(values, restarts, deviation):
    """Each is told from a slope."""
    if deviation and not median(values):
        deviation = 0.0  # a level of 0 has no shares
    found = judge_drift(rule(), history(values, restarts, deviation), LOAD)
    assert (found.status, found.reason) == (Status.PASSED, "")


@pytest.mark.parametrize("deviation", [0.0, 2.0], ids=["bare", "with noise"])
@pytest.mark.parametrize(
    "values, restarts",
    [row[1:] for row in healthy() if row[0] not in ("all 0", "below 0", "it falls")],
    ids=[row[0] for row in healthy() if row[0] not in ("all 0", "below 0", "it falls")],
)
def test_a_leak_on_top_fails(values, restarts, deviation):
    """Whatever else happens."""
    leak = [value + 2 * LEAK * index / 60 for index, value in enumerate(values)]
    found = judge_drift(rule(), history(leak, restarts, deviation), LOAD)
    assert found.status is Status.FAILED
    assert found.rate == pytest.approx(2 * LEAK, rel=0.25)
    assert 0 < found.low <= found.rate


def test_what_a_failure_says():
    """How fast, how sure, how much of the level, what could have been seen, and when it breaks."""
    found = judged(leaking(), limit=400.0)
    assert found.rate == pytest.approx(LEAK)
    assert found.low == pytest.approx(LEAK, rel=0.01)
    assert found.growth == pytest.approx(LEAK * HOURS / found.level)
    assert found.visible == pytest.approx(0.05 * found.level / HOURS)
    assert found.hours_left == pytest.approx((400 - (LEVEL + LEAK * HOURS)) / LEAK, abs=0.3)
    assert found.settled is None
    assert len(found.points) == COUNT
    assert len(found.judged) == 24


def test_a_limit_that_is_reached():
    """No hours are left, and no fewer than none."""
    assert judged(leaking(), limit=210.0).hours_left == 0
    assert judged([LEVEL] * COUNT, limit=400.0).hours_left is None


def test_how_it_was_judged():
    """What was told apart is said."""
    found = {name: judge_drift(rule(), history(values, restarts), LOAD) for name, values, restarts in healthy()}
    assert found["the teeth of a saw"].teeth == 9
    assert found["a step"].steps[0].at == 90 * APART
    assert found["a restart"].restarts == 1
    assert found["a cache fills"].settled > 0
    assert found["a level"].settled is None


def test_a_rise_that_is_not_sure_does_not_pass():
    """Half as much again as the least growth, where its bound is below zero, is not evidence of none."""
    values = [LEVEL * (1 + 0.3 * index / COUNT) + 0.12 * LEVEL * math.sin(index / 11) for index in range(COUNT)]
    growths = {least: judge_drift(rule(min_growth=least), history(values), LOAD) for least in (0.15, 0.25)}
    assert all(found.low < 0.0 < found.growth for found in growths.values())
    assert (growths[0.15].status, growths[0.25].status) == (Status.INCONCLUSIVE, Status.PASSED)
    assert "it has grown" in growths[0.15].reason


@pytest.mark.parametrize("seed", range(10))
def test_it_stopped_growing(seed):
    """What has not risen since the middle is not a leak, even where noise hides the bend."""
    values = [LEVEL + 30 * min(index, 130) / 60 for index in range(COUNT)]
    assert judge_drift(rule(), history(values, deviation=8, seed=seed), LOAD).status is not Status.FAILED


def unclear():
    """Yield what cannot be judged, and words of the reason."""
    level = [LEVEL] * COUNT
    yield "nothing", History(), LOAD, "nothing was measured"
    yield "nothing, and it is known why", History(missing="no probe"), LOAD, "no probe"
    yield "nothing while it was steady", history(level), Stretch(1e6, 2e6), "nothing was measured"
    yield "one sample", history([1.0]), Stretch(0, APART), "only 1 sample; needs 16: 16m of load"
    yield "15 samples", history([1.0] * 15), Stretch(0, 15 * APART), "only 15 samples; needs 16: 16m of load"
    yield "not finite", history([math.nan, math.inf, -math.inf] * 80), LOAD, "nothing was measured"
    yield "a hole", History(history(level).points[:100] + history(level).points[200:], (), APART), LOAD, "1h41m"
    yield "it ended early", history([LEVEL] * 100), LOAD, "nothing was measured"
    yield "it began late", History(history(level).points[100:], (), APART), LOAD, "nothing was measured"
    bent = [LEVEL * (1 - 0.7 * math.exp(-index / 60)) for index in range(COUNT)]
    yield "it never settled", history(bent), LOAD, "it had not settled in the first half of the load: 8h of load"
    teeth = [LEVEL * (1 + (index % 60) / 60) for index in range(COUNT)]
    yield "too few teeth", history(teeth), LOAD, "it rises and falls back 3 times; a trend needs 8: 9h of load"
    yield "too restless", history([LEVEL] * COUNT, deviation=120), LOAD, "it is too restless"
    yield "restless around 0", history([0.0] * COUNT, deviation=5), LOAD, "could not be seen"


@pytest.mark.parametrize("given_, stretch, reason", [row[1:] for row in unclear()], ids=[row[0] for row in unclear()])
def test_what_cannot_be_judged(given_, stretch, reason):
    """It is inconclusive, and says why and what would have been needed."""
    found = judge_drift(rule(), given_, stretch)
    assert found.status is Status.INCONCLUSIVE
    assert reason in found.reason


def test_16_samples_are_enough():
    """Eight blocks of two."""
    assert judged([LEVEL] * 16, Stretch(0, 16 * APART)).status is Status.PASSED
    assert judged(leaking(20 * LEAK, 16), Stretch(0, 16 * APART)).status is Status.FAILED


def test_storms_are_left_out():
    """What happens in them, and while they are over, is not judged; nor is it a hole."""
    storm = (60 * APART, 170 * APART)
    values = [LEVEL * (5 if 60 <= index < 170 else 1) for index in range(COUNT)]
    assert judged(values, Stretch(0, COUNT * APART, (storm,))).status is Status.PASSED


RESTS = [
    ("all came back", 100.0, Status.PASSED, 0.0),
    ("half of it did", 150.0, Status.FAILED, 0.5),
    ("nothing did", 200.0, Status.FAILED, 1.0),
]


@pytest.mark.parametrize("after, status, share", [row[1:] for row in RESTS], ids=[row[0] for row in RESTS])
def test_what_came_back(after, status, share):
    """It is told in any case, and fails a run only where it must come back."""
    values = [100.0] + [LEVEL] * COUNT + [after] * 30
    stretch = Stretch(APART, (COUNT + 1) * APART, rest=((COUNT + 1) * APART, (COUNT + 31) * APART))
    assert judged(values, stretch).status is Status.PASSED
    assert judged(values, stretch).retained.share == pytest.approx(share)
    assert judged(values, stretch, must_return=True).status is status


def test_nobody_waited_for_what_comes_back():
    """Then the rule proves nothing."""
    found = judged([LEVEL] * COUNT, must_return=True)
    assert found.status is Status.INCONCLUSIVE
    assert "no hold without load" in found.reason


NUMBERS = st.one_of(st.floats(), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, 100.0]))
TIMES = st.one_of(st.floats(-10, 1e4), st.integers(0, 60).map(float))


@given(
    st.lists(st.tuples(TIMES, NUMBERS), max_size=80).map(lambda points: tuple(sorted(points, key=lambda one: one[0]))),
    st.lists(TIMES, max_size=4).map(lambda times: tuple(sorted(times))),
    st.tuples(st.floats(0, 100), st.floats(0, 1e4)),
    st.booleans(),
)
def test_whatever_was_measured(points, restarts, edges, must_return):
    """Nobody raises, and what passes has a trend and a rate that could have been seen."""
    start, length = edges
    stretch = Stretch(start, start + length, rest=(start + length, start + length + 100))
    found = judge_drift(rule(must_return=must_return, limit=5.0), History(points, restarts, 1.0), stretch)
    if found.status is Status.PASSED:
        assert len(found.judged) >= 8
        assert math.isfinite(found.visible)
    if found.status is Status.INCONCLUSIVE:
        assert found.reason


@given(st.floats(-1e9, 1e9), st.integers(0, 300), st.lists(st.integers(0, COUNT), max_size=3))
def test_a_constant_never_fails(value, count, restarts):
    """Whatever it is, and however often its process began again."""
    edges = sorted(at * APART for at in restarts)
    assert judge_drift(rule(), history([value] * count, edges), LOAD).status is not Status.FAILED


@given(st.integers(COUNT // 5, 4 * COUNT // 5))
def test_a_restart_does_not_hide_a_leak(at):
    """Wherever it comes, and whether or not it gives back what was lost."""
    values = leaking(2 * LEAK)
    again = [value if index < at else value - values[at] + LEVEL for index, value in enumerate(values)]
    for one in (values, again):
        found = judge_drift(rule(), history(one, [at * APART]), LOAD)
        assert (found.status, found.restarts) == (Status.FAILED, 1)
        assert found.rate == pytest.approx(2 * LEAK)


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 20))
def test_units_do_not_matter(scale, stretch, seed):
    """In bytes or in megabytes, in a minute or in a day: the verdict is the same."""
    values = [LEVEL + LEAK * (seed % 3) * index / 60 + Random(f"{seed} {index}").gauss(0, 3) for index in range(COUNT)]
    one = judged(values)
    points = tuple((index * APART * stretch, value * scale) for index, value in enumerate(values))
    other = judge_drift(rule(), History(points, (), APART * stretch), Stretch(0, LOAD.end * stretch))
    assert one.status is other.status
    assert other.growth == pytest.approx(one.growth, abs=1e-9)
