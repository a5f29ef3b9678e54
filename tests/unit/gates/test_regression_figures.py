"""What a compared figure tells beside its verdict: ratio, limit, what could be noticed, and whether to look again."""

import math

import pytest

from locust_ext.gates.outcomes import Status
from locust_ext.gates.regression import Compared, Noise, _is_beyond, _middle, _worse, judge_figure, log_variance
from locust_ext.gates.rules import Figure, Rule
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind

P99 = Rule(Selector("http_req_duration"), Kind.TREND, "p(99)", 0.3, 5.0)
FAILED = Rule(Selector("http_req_failed"), Kind.RATE, "rate", 0.3, 0.005)
REQUESTS = Rule(Selector("http_reqs"), Kind.COUNTER, "rate", 0.3, 0.0, rising=False)


def figures(*values, count=5000):
    """Return figures whose intervals are narrow."""
    return [Figure(value, value * 0.99, value * 1.01, count) for value in values]


RATIOS = [
    ("slower", P99, 120, (100, 90, 110), 1.2),
    ("nothing now", P99, 0, (100,), 0.0),
    ("nothing before", FAILED, 0.1, (0, 0), math.inf),
    ("nothing before nor now", FAILED, 0, (0, 0), 1.0),
]


@pytest.mark.parametrize("rule, now, before, ratio", [row[1:] for row in RATIOS], ids=[row[0] for row in RATIOS])
def test_the_ratio(rule, now, before, ratio):
    """Of now to the median before; of nothing to nothing it is one."""
    assert judge_figure(rule, figures(now), figures(*before), Noise(), 1).ratio == pytest.approx(ratio)


def test_without_noise_the_limit_is_the_rule():
    """It is all that is needed to notice a change, too; where fewer is worse, both lie below one."""
    slower = judge_figure(P99, figures(100), figures(100, 100, 100), Noise(), 1)
    fewer = judge_figure(REQUESTS, figures(100), figures(100, 100, 100), Noise(), 1)
    assert (slower.limit, slower.detectable) == pytest.approx((1.3, 1.3))
    assert (fewer.limit, fewer.detectable) == pytest.approx((0.7, 0.7))


def test_noise_moves_the_limit_and_what_can_be_noticed():
    """By as many deviations as few false alarms and a sure notice take; among more figures it takes more."""
    before = figures(50, 100, 200)
    deviation = math.log(2)
    spread = deviation * math.sqrt(1 + math.pi / (2 * 3 + math.pi - 2))
    row = judge_figure(P99, figures(100), before, Noise(), 1)
    assert math.log(row.limit) == pytest.approx(2.575829 * spread, rel=1e-5)
    assert math.log(row.detectable) == pytest.approx((2.575829 + 1.644854) * spread, rel=1e-5)
    assert math.log(judge_figure(P99, figures(100), before, Noise(), 10).limit) == pytest.approx(3.290527 * spread)
    fewer = judge_figure(REQUESTS, figures(100), before, Noise(), 1)
    assert fewer.limit == pytest.approx(1 / row.limit)
    assert fewer.detectable == pytest.approx(1 / row.detectable)


def test_a_share_has_no_noise_of_logarithms():
    """It may be 0: its limit is the rule, and it must be beyond every run before."""
    row = judge_figure(FAILED, figures(0.1), figures(0.01, 0.09, 0.05), Noise(), 1)
    assert row.limit == pytest.approx(1.3)
    assert row.status is Status.FAILED
    assert judge_figure(FAILED, figures(0.1), figures(0.01, 0.1, 0.05), Noise(), 1).status is Status.PASSED


def test_samples_and_bounds_of_three_runs():
    """The fewest samples, and the medians of the bounds; where one is not known, none is."""
    repeats = [Figure(130, 120, 140, 900), Figure(150, 145, 160, 300), Figure(140, 110, 170, 500)]
    row = judge_figure(P99, repeats, figures(100, 101, 99), Noise(), 1)
    assert (row.value, row.low, row.high, row.count, row.before, row.median) == (
        140,
        120,
        160,
        300,
        (100, 101, 99),
        100,
    )
    assert _middle([1.0, None, 3.0]) is None
    assert _middle([1.0, 2.0, 4.0]) == 2.0


FLOORS = [
    ("by the floor and no more", 15, False),
    ("by a little more", 15.001, True),
]


@pytest.mark.parametrize("now, suspect", [row[1:] for row in FLOORS], ids=[row[0] for row in FLOORS])
def test_what_differs_by_no_more_than_the_floor_does_not_matter(now, suspect):
    """Half as much again of ten milliseconds is five."""
    assert judge_figure(P99, figures(now), figures(10, 10, 10), Noise(), 1).suspect is suspect


WORSE = [
    ("the same", P99, 5, 5, 0.0),
    ("nothing, as before", P99, 0, 0, 0.0),
    ("slower", P99, 20, 10, math.log(2)),
    ("faster", P99, 10, 20, -math.log(2)),
    ("fewer", REQUESTS, 10, 20, math.log(2)),
    ("more where fewer is worse", REQUESTS, 20, 10, -math.log(2)),
    ("failures where there were none", FAILED, 0.1, 0, math.inf),
    ("no failures where there were some", FAILED, 0, 0.1, -math.inf),
    ("nothing left", REQUESTS, 0, 5, math.inf),
    ("something where there was nothing", REQUESTS, 5, 0, -math.inf),
]


@pytest.mark.parametrize("rule, value, old, worse", [row[1:] for row in WORSE], ids=[row[0] for row in WORSE])
def test_by_how_much_it_is_worse(rule, value, old, worse):
    """As a logarithm, in the direction that is worse."""
    assert _worse(rule, value, old) == pytest.approx(worse)


BEYOND = [
    ("above the median", P99, 101, 105, (100, 90, 110), True),
    ("at the median", P99, 100, 105, (100, 90, 110), False),
    ("no bound", P99, None, 105, (100,), False),
    ("below the median, where fewer is worse", REQUESTS, 80, 99, (100, 90, 110), True),
    ("at it, where fewer is worse", REQUESTS, 80, 100, (100, 90, 110), False),
    ("no upper bound, where fewer is worse", REQUESTS, 80, None, (100,), False),
    ("a share above every one", FAILED, 0.2, 0.3, (0.1, 0.19), True),
    ("a share at the highest", FAILED, 0.19, 0.3, (0.1, 0.19), False),
]


@pytest.mark.parametrize("rule, low, high, before, beyond", [row[1:] for row in BEYOND], ids=[row[0] for row in BEYOND])
def test_the_interval_lies_beyond(rule, low, high, before, beyond):
    """Not at it: then chance may have made the difference."""
    assert _is_beyond(rule, low, high, before) is beyond


def test_a_share_that_should_be_high_lies_below_every_one():
    """Such as the share of checks that hold."""
    checks = Rule(Selector("checks"), Kind.RATE, "rate", 0.3, 0.0, rising=False)
    assert _is_beyond(checks, 0.5, 0.79, (0.8, 0.9)) is True
    assert _is_beyond(checks, 0.5, 0.85, (0.8, 0.9)) is False


def test_of_one_run_there_is_no_variance():
    """Of two there is; of one that measured nothing there is none either."""
    assert log_variance(figures(100)) is None
    assert log_variance(figures(100, 0)) is None
    assert log_variance(figures(1, math.e)) == pytest.approx(0.5)


@pytest.mark.parametrize("left_out", ["value", "median", "limit"])
def test_a_figure_that_was_not_judged_says_why(left_out):
    """Whichever of its numbers is not known."""
    known = {"value": 5.0, "median": 4.0, "limit": 1.3}
    row = Compared(P99, Status.INCONCLUSIVE, **{**known, left_out: None}, reason="only 3 samples")
    assert row.text == "http_req_duration: p(99): only 3 samples"


def test_a_figure_that_was_judged_is_a_sentence():
    """A bound that is not known is a question mark; of nothing before there is no ratio."""
    row = Compared(P99, Status.FAILED, 150.0, 1, 140.0, None, median=100.0, limit=1.3)
    assert row.text == (
        "http_req_duration: p(99) 150 ms, 1.50 times the 100 ms before (limit 1.30; interval 140 ms to ? of 1 sample)"
    )
    fresh = Compared(FAILED, Status.FAILED, 0.5, 10, 0.4, 0.6, median=0.0, limit=1.3)
    assert ", none before (limit 1.30; interval 40 % to 60 % of 10 samples)" in fresh.text
