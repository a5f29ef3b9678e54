"""When a run as a whole proves nothing: exactly at each limit it still does, and beyond it no more."""

from dataclasses import replace

import pytest

from locust_ext.gates.bounds import holds_of_all
from locust_ext.gates.coverage import Uncovered, total
from locust_ext.gates.intervals import (
    binomial_quantile,
    count_interval,
    median_variance,
    quantile_ranks,
    share_interval,
)
from locust_ext.gates.lag import LAG_LIMIT
from locust_ext.gates.run_health import SHORT, RunHealth, doubts
from locust_ext.gates.thresholds import parse_assertion
from locust_ext.gates.verdict import conclude

OPEN = RunHealth(iterations=990.0, dropped_iterations=10.0)

LIMITS = [
    ("nothing happened", RunHealth(), ""),
    ("the lag at its limit", RunHealth(lag=LAG_LIMIT, lag_samples=9), ""),
    ("the lag beyond", RunHealth(lag=LAG_LIMIT + 1, lag_samples=9), "it woke 101 ms late at p99 (limit 100 ms)"),
    ("one pause of a long run", RunHealth(lag=300.0, lag_samples=1, duration=SHORT), "it woke 300 ms late at p99"),
    ("one pause of a short run", RunHealth(lag=300.0, lag_samples=1, duration=SHORT - 0.1), ""),
    ("two of a short run", RunHealth(lag=300.0, lag_samples=2, duration=SHORT - 0.1), "it woke 300 ms late at p99"),
    ("a storm at the limit", RunHealth(storm_lag=LAG_LIMIT), ""),
    ("a smeared storm", RunHealth(storm_lag=LAG_LIMIT + 1), "reconnects began 101 ms later than planned at p99"),
    ("arrivals at the limit", RunHealth(arrival_lateness=LAG_LIMIT), ""),
    ("late arrivals", RunHealth(arrival_lateness=LAG_LIMIT + 1), "iterations began 101 ms after they were due at p99"),
    ("one event that nobody could read", RunHealth(unreadable=1.0), "1 events could not be read as a whole"),
    ("a hundredth of the iterations", OPEN, ""),
    ("more than a hundredth", replace(OPEN, dropped_iterations=11.0), "11 of 1,001 due iterations found no free user"),
    (
        "more than a hundredth, all of them of no process",
        replace(OPEN, dropped_iterations=11.0, unmade_iterations=11.0),
        "11 of 1,001 due iterations were made by no process (limit 1%)",
    ),
    ("a hundredth, of no process", replace(OPEN, unmade_iterations=10.0), ""),
]


@pytest.mark.parametrize("found, sentence", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_limits(found, sentence):
    """One doubt, or none."""
    said = doubts(found)
    assert len(said) == bool(sentence)
    assert sentence in "".join(said)


def test_both_ways_of_dropping_are_told():
    """Each with its own share."""
    found = doubts(replace(OPEN, dropped_iterations=50.0, unmade_iterations=20.0))
    assert [text.split(" due")[0] for text in found] == ["20 of 1,040", "30 of 1,040"]


def test_the_order_of_doubts():
    """What kept the run from being whole comes first."""
    found = RunHealth(no_run="none", incomplete=("lost",), cut_short="cut", other_users=("few",), unreadable=2.0)
    assert doubts(found)[:4] == ["none", "lost", "cut", "few"]


BETWEEN = [
    ("<=400", (300, 400), True),
    ("<=400", (300, 401), None),
    ("<400", (300, 400), None),
    ("<400", (400, 500), False),
    (">=400", (400, 500), True),
    ("==400", (400, 400), True),
    ("==400", (300, 500), None),
    ("==400", (401, 500), False),
    ("==400", (300, 399), False),
    ("==400", (400, 500), None),
    ("!=400", (300, 500), None),
    ("!=400", (401, 500), True),
    ("===400", (300, 500), None),
]


@pytest.mark.parametrize("rule, between, holds", BETWEEN)
def test_a_threshold_over_all_that_a_figure_may_be(rule, between, holds):
    """It holds of all, of none, or it depends."""
    assert holds_of_all(parse_assertion(f"p(95){rule}"), between) is holds


def test_intervals_by_hand():
    """Wilson's share, Anscombe's count, and the ranks around a percentile."""
    assert share_interval(0, 0, 0.05) == (0.0, 1.0)
    assert share_interval(5, 10, 0.05) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert share_interval(10, 10, 0.05) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert count_interval(100, 0.05) == pytest.approx((81.33, 120.59), abs=0.01)
    assert count_interval(0, 0.05)[0] == 0.0
    assert [median_variance(count) for count in (1, 3)] == pytest.approx([1.0, 0.4399], abs=1e-4)
    assert quantile_ranks(367, 99, 0.05)[1] is None
    assert quantile_ranks(368, 99, 0.05)[1] == 368
    assert quantile_ranks(10, 50, 0.05) == (2, 9)
    assert quantile_ranks(5, 50, 0.05) == (None, None)
    assert [binomial_quantile(0.5, 10, share) for share in (0.0, 1.0, 0.5)] == [0, 10, 5]


COUNTS = [
    (Uncovered(1), "1 request failed that Locust counted and no listener of ours could read: no threshold looks at it"),
    (
        Uncovered(2, "http_req_failed"),
        "2 requests failed (http_req_failed) and no threshold looks at them; add http_req",
    ),
    (Uncovered(2, "http_req_failed", "GET /a"), "2 requests failed (http_req_failed, first: GET /a) and no threshold"),
]


@pytest.mark.parametrize("found, sentence", COUNTS, ids=["one", "two", "two of a series"])
def test_what_is_not_covered_is_said(found, sentence):
    """How many, where, and what to add."""
    assert str(found).startswith(sentence)
    assert total([found, Uncovered(5)]) == found.count + 5


REASONS = [
    ("nobody knows which", RunHealth(user_errors=1), "user code raised 1 exception"),
    (
        "the only one",
        RunHealth(user_errors=1, first_error="KeyError: 'a'"),
        "user code raised 1 exception: KeyError: 'a'",
    ),
    (
        "the first of two",
        RunHealth(user_errors=2, first_error="KeyError: 'a'"),
        "user code raised 2 exceptions, the first: KeyError: 'a'",
    ),
    ("some that Locust does not see", RunHealth(user_errors=2, unseen_errors=1), "user code raised 1 exception"),
    ("a regression", RunHealth(regressions=("a is slower", "b is slower")), "2 regressions: a is slower"),
    (
        "requests failed",
        RunHealth(failed_requests=1),
        "1 request failed, and there are no thresholds to say how many may",
    ),
]


@pytest.mark.parametrize("found, reason", [row[1:] for row in REASONS], ids=[row[0] for row in REASONS])
def test_the_reason_of_a_verdict(found, reason):
    """Word for word, where no threshold says anything."""
    assert conclude((), found).reason == reason
