"""The numbers that the documents name: from where on something is judged, matters, or is told."""

import math

import pytest

from locust_ext.gates.cliff import FULL, LEVEL_SETTLES, Result, find_cliff
from locust_ext.gates.figures import MOST_ENDPOINTS, RATE_FLOOR, methods_of
from locust_ext.gates.lag import LAG_LIMIT, WAKE_UPS, pauses_in
from locust_ext.gates.outcomes import judge
from locust_ext.gates.planned import LATE, LATE_SHARE, cut_short
from locust_ext.gates.policy import Policy
from locust_ext.gates.readability import MOST_NAMED, doubt_zeros
from locust_ext.gates.regression import ALARMS, CONFIDENCE_ERROR, POWER, REPEATS, SUSPECT, log_variance
from locust_ext.gates.rules import IN_THE_TAIL, NEEDED, needed_for
from locust_ext.gates.run_health import DROPPED_LIMIT, SHORT, RunHealth, doubts
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import UNJUDGED, conclude
from locust_ext.load.schedule import Phase
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind

FAST = Threshold(parse_selector("http_req_duration"), parse_assertion("avg<400"), Kind.TREND)


def store_of(*values, **tags):
    """Return a store with these durations."""
    store = Store()
    store.leaf("http_req_duration", tags_of(tags), Kind.TREND).record_all(values)
    return store


def test_when_a_level_counts():
    """From a fifth of its time on it breaks, from nineteen twentieths on it holds; without a time, at once."""
    assert (LEVEL_SETTLES, FULL) == (0.2, 0.95)
    phases = [Phase("level-10", 0.0, 0.5)]
    counted = store_of(5.0, phase="level-10")
    counted.leaf("http_reqs", tags_of({"phase": "level-10"}), Kind.COUNTER).add(3)
    assert [one.throughput for one in find_cliff([FAST], counted, phases, 0.5).levels] == [6.0]
    assert [one.result for one in find_cliff([FAST], store_of(5.0, phase="level-10"), phases, 0.5).levels] == [
        Result.HELD
    ]


def test_what_is_compared_and_what_matters():
    """Fifty endpoints; half a percent of a share; ten samples beyond a percentile, 200 of a share, 100 of a count."""
    assert methods_of(Kind.TREND, Policy()) == ["p(95)", "p(99)"]
    assert (MOST_ENDPOINTS, RATE_FLOOR) == (50, 0.005)
    assert (IN_THE_TAIL, NEEDED) == (10, {Kind.RATE: 200, Kind.COUNTER: 100, Kind.TREND: 100})
    assert (needed_for(95.0), needed_for(99.0)) == (200, 1000)


def test_how_sure_a_regression_is():
    """One false alarm in two hundred comparisons, intervals of 95 %, three runs where there is a suspicion."""
    assert log_variance([]) is None
    assert (ALARMS, CONFIDENCE_ERROR, REPEATS, POWER) == (0.005, 0.05, 3, 0.95)
    assert pytest.approx(2 / 3) == SUSPECT


def test_when_the_generator_is_too_late():
    """100 ms at p99, which a request waits for twice; 1 % of the iterations; a run under 5 s has one pause free."""
    assert pauses_in(store_of(5.0).take()) == 0
    assert (LAG_LIMIT, WAKE_UPS, DROPPED_LIMIT, SHORT) == (100.0, 2, 0.01, 5.0)
    assert doubts(RunHealth(lag=LAG_LIMIT)) == []
    assert len(doubts(RunHealth(lag=math.nextafter(LAG_LIMIT, math.inf)))) == 1


def test_when_a_run_was_cut_short():
    """A second, or a fiftieth of a long run, is nobody's."""
    assert (LATE, LATE_SHARE) == (1.0, 0.02)
    assert cut_short.__doc__


def test_an_unjudged_run():
    """It has the exit code of what proves nothing."""
    assert conclude([], RunHealth()).exit_code == 0
    assert (UNJUDGED.word, UNJUDGED.exit_code) == ("inconclusive", 111)


def test_how_many_events_without_a_duration_are_named():
    """Three of them."""
    store = store_of(5.0)
    for name in "abcd":
        store.leaf("http_req_duration", tags_of({"name": f"/{name}"}), Kind.TREND).record_all([0.0] * 9)
    outcome = judge(FAST, store.select(FAST.selector, Kind.TREND), 10.0)
    reason = doubt_zeros(outcome, store).reason
    assert MOST_NAMED == 3
    assert [name for name in "abcd" if f"/{name}" in reason] == ["a", "b", "c"]
