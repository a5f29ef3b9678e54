"""What of a plan comes within its run: what never does is a mistake, what may never come is said."""

from __future__ import annotations

import math

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.horizon import Horizon, never, unsure
from locust_ext.config.plan import make_plan
from locust_ext.load.schedule import lines
from locust_ext.storms.moments import likely, moments, releases
from locust_ext.storms.options import StampedeOptions, StormOptions

MINUTE = "shape: smoke\nshapes: {smoke: {users: 5, duration: 60s}}\n"
PEAK = "shape: spike\nshapes: {spike: {warmup: 10s, climb: 10s, hold: 20s, fall: 10s, recovery: 10s}}\n"
OPEN = "arrivals: {rate: 5/s, duration: 60s, users: 5, max_users: 9}\n"
ENDLESS = "arrivals: {rate: 5/s, users: 5, max_users: 9}\n"
TWO = "scenarios: {a: {users: A, shape: smoke}, b: {users: B, start_time: 30s, shape: smoke}}\nshapes: {smoke: {duration: 60s}}\n"
WINDOW = "thresholds: {{http_req_failed: [{{threshold: 'rate<0.1', window: {}}}]}}\n"


@pytest.fixture
def found(tmp_path):
    """Return the mistakes and the warnings of a configuration."""

    def look(text, *, scale=1.0, run_time=None, own=False):
        file = tmp_path / "a.yml"
        file.write_text(f"version: 1\n{text}")
        plan = make_plan(CommandLine(str(file), time_scale=scale), final=False)
        horizon = Horizon(plan.schedule, run_time, is_own=own)
        return list(map(str, never(plan, horizon))), unsure(plan, horizon)

    return look


NEVER = [  # (what, configuration, other arguments, what is said of it)
    (
        "a storm after the end",
        MINUTE + "storm: {at: 61s}",
        {},
        "storm.at: the storm is to come at 1m1s, and the run ends after 1m",
    ),
    (
        "a storm at the end",
        MINUTE + "storm: {at: 60s}",
        {},
        "it never happens; let it come earlier, or the run last longer",
    ),
    ("each so long", MINUTE + "storm: {every: 2m, times: 3}", {}, "storm.every: the first storm is to come at 2m"),
    (
        "in a phase, after the end",
        PEAK + "storm: {phase: peak, at: 50s}",
        {},
        "storm.at: the storm is to come at 1m10s",
    ),
    ("a run time before", "storm: {at: 40s}", {"run_time": 30}, "the run ends after 30s"),
    ("a run time before the end of the shape", MINUTE + "storm: {at: 40s}", {"run_time": 30}, "the run ends after 30s"),
    ("arrivals that end before", OPEN + "storm: {at: 90s}", {}, "the run ends after 1m"),
    ("arrivals without end, with a run time", ENDLESS + "storm: {at: 90s}", {"run_time": 60}, "the run ends after 1m"),
    ("scenarios that end before", TWO + "storm: {at: 90s}", {}, "the run ends after 1m30s"),
    ("a phase that scenarios do not have", TWO + "storm: {phase: peak}", {}, "has no phase 'peak'"),
    (
        "a phase that arrivals do not have",
        OPEN + "storm: {phase: peak}",
        {},
        "storm.phase: the load of this run has no phase",
    ),
    (
        "a phase without a shape",
        "storm: {phase: peak}",
        {"run_time": 60},
        "name a shape that has it, or leave phase out",
    ),
    ("a phase with a shape of one's own", "storm: {phase: peak}", {"own": True}, "no phases, and so no 'peak'"),
    ("scaled alike", MINUTE + "storm: {at: 61s}", {"scale": 0.1}, "the run ends after 6s at the time scale 0.1"),
    ("a stampede after the end", MINUTE + "stampede: {at: 2m}", {}, "stampede.at: the first stampede is to come at 2m"),
    ("one stampede", MINUTE + "stampede: {at: 60s, times: 1}", {}, "stampede.at: the stampede is to come at 1m"),
    (
        "a window longer than the run",
        MINUTE + WINDOW.format("2m"),
        {},
        "http_req_failed[0].window: a window of 2m is never full",
    ),
    (
        "longer than the run time",
        WINDOW.format("40s"),
        {"run_time": 30},
        "never full in a run of 30s; take a shorter one",
    ),
    (
        "longer than a run that is stretched",
        MINUTE + WINDOW.format("3m"),
        {"scale": 2},
        "a run of 2m at the time scale 2",
    ),
    (
        "of a scenario",
        "scenarios: {a: {users: A, shape: smoke, thresholds: {http_req_failed: {threshold: 'rate<1', window: 3m}}}}\n",
        {},
        "scenarios.a.thresholds.http_req_failed",
    ),
]


@pytest.mark.parametrize("text, other, said", [r[1:] for r in NEVER], ids=[r[0] for r in NEVER])
def test_what_never_comes_is_a_mistake(found, text, other, said):
    """One mistake, with its path and its line; nothing is only warned of then."""
    mistakes, warnings = found(text, **other)
    assert len(mistakes) == 1, mistakes
    assert said in mistakes[0]
    assert "a.yml:" in mistakes[0]
    assert warnings == []


UNSURE = [
    (
        "a storm in a run without an end",
        "storm: {at: 40s}",
        {},
        "storm.at: nothing says how long the run is; a storm that was to come at 40s",
    ),
    (
        "with a shape of one's own, whose run time nobody reads",
        "storm: {at: 40s}",
        {"own": True, "run_time": 30},
        "nothing says",
    ),
    ("arrivals without end", ENDLESS + "storm: {at: 40s}", {}, "nothing says how long the run is"),
    (
        "a stampede",
        "stampede: {}",
        {},
        "stampede.at: nothing says how long the run is; a stampede that was to come at 15s",
    ),
    (
        "a window",
        WINDOW.format("30s"),
        {},
        "window: nothing says how long the run is; a window of 30s needs at least as much",
    ),
    (
        "the longest of several windows",
        "thresholds: {checks: [{threshold: 'rate<1', window: 30s}, {threshold: 'rate<1', window: 50s}]}\n",
        {},
        "checks[1].window: nothing says how long the run is; a window of 50s needs at least as much",
    ),
    (
        "a window under a scale",
        MINUTE + WINDOW.format("30s"),
        {"scale": 0.1},
        "never full in a run of 6s at the time scale 0.1",
    ),
    ("some storms", MINUTE + "storm: {at: 10s, every: 45s, times: 3}", {}, "storm.at: 1 storm of 3 will not come"),
    ("one waits for the one before", MINUTE + "storm: {at: 10s, every: 20s, times: 3}", {}, "1 storm of 3"),
    ("no time to get ready in", MINUTE + "storm: {at: 30s}", {"scale": 0.01}, "1 storm of 1 will not come"),
    ("some stampedes", MINUTE + "stampede: {at: 50s}", {}, "stampede.at: 1 stampede of 3 will not come"),
]


@pytest.mark.parametrize("text, other, said", [r[1:] for r in UNSURE], ids=[r[0] for r in UNSURE])
def test_what_may_never_come_is_said(found, text, other, said):
    """No mistake, and one sentence."""
    mistakes, warnings = found(text, **other)
    assert mistakes == []
    assert len(warnings) == 1, warnings
    assert said in warnings[0]


FINE = [
    ("nothing to come", MINUTE, {}),
    ("before the end", MINUTE + "storm: {at: 59s}", {}),
    ("only people start it", MINUTE + "storm: {drop: 10%}", {}),
    ("only people start it, and there is no end", "storm: {drop: 10%}", {}),
    ("in a phase", PEAK + "storm: {phase: peak, at: 19s}", {}),
    ("scaled alike", MINUTE + "storm: {at: 50s}", {"scale": 0.1}),
    ("as late as a phase of a scenario", TWO + "storm: {at: 89s}", {}),
    ("within a run time", "storm: {at: 10s}", {"run_time": 30}),
    ("a stampede as often as there is time", MINUTE + "stampede: {at: 5s, every: 10s, times: 5}", {}),
    ("a window as long as the run", MINUTE + WINDOW.format("60s"), {}),
]


@pytest.mark.parametrize("text, other", [r[1:] for r in FINE], ids=[r[0] for r in FINE])
def test_what_comes_is_not_spoken_of(found, text, other):
    """No mistake and no warning."""
    assert found(text, **other) == ([], [])


ENDS = [
    (Horizon(), None),
    (Horizon(run_time=30), 30),
    (Horizon(lines(1, [("", 60, 1)])), 60),
    (Horizon(lines(1, [("", 60, 1)]), 30), 30),
    (Horizon(lines(1, [("", 60, 1)]), is_own=True), 60),
    (Horizon(lines(1, [("", math.inf, 1)])), None),
    (Horizon(lines(1, [("", math.inf, 1)]), 30), 30),
    (Horizon(None, 30, is_own=True), None),
]


@pytest.mark.parametrize("horizon, end", ENDS)
def test_the_end(horizon, end):
    """The earlier one of the load's and of the run time; a shape of one's own says it itself."""
    assert horizon.end == end


LIKELY = [
    ("a storm", StormOptions(lasts=2, recovery=3), [10.0], [10.0]),
    ("at once: the master asks first who could drop", StormOptions(), [0.0], [1.0]),
    ("one after the other", StormOptions(lasts=2, recovery=3), [10.0, 20.0], [10.0, 20.0]),
    ("nearer than they last", StormOptions(lasts=2, recovery=3), [10.0, 12.0, 14.0], [10.0, 16.0, 22.0]),
    ("a stampede", StampedeOptions(life=1), [5.0, 10.0], [5.0, 10.0]),
    ("nearer than a key lives and settles", StampedeOptions(life=1), [0.2, 0.4], [1.0, 3.5]),
]


@pytest.mark.parametrize("options, planned, expected", [r[1:] for r in LIKELY], ids=[r[0] for r in LIKELY])
def test_when_it_really_comes(options, planned, expected):
    """By hand: each takes its time, and the next one waits for it."""
    assert likely(options, planned) == expected


def test_releases():
    """Every so often from the first one on, scaled."""
    options = StampedeOptions(at=4, every=10, times=3)
    assert releases(options, 0.5) == [2, 7, 12]
    assert releases(options) == [4, 14, 24]


def test_moments_as_they_are_written():
    """Without a scale nothing is stretched."""
    assert moments(StormOptions(at=4, every=10, times=3), ()) == [4, 14, 24]
