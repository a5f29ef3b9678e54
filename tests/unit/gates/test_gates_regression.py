"""One figure beside those before it: what is a regression, what is only a suspicion, and what is neither."""

import math

import pytest

from locust_ext.gates.outcomes import Status
from locust_ext.gates.regression import Noise, judge_figure, log_variance
from locust_ext.gates.rules import Figure, Rule, needed_for
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind

P99 = Rule(Selector("http_req_duration"), Kind.TREND, "p(99)", 0.3, 5.0)
FAILED = Rule(Selector("http_req_failed"), Kind.RATE, "rate", 0.3, 0.005)
REQUESTS = Rule(Selector("http_reqs"), Kind.COUNTER, "rate", 0.3, 0.0, rising=False)
QUIET = (100, 101, 99, 100, 100)


def figures(*values, width=0.02, count=5000):
    """Return figures whose intervals reach so far to both sides."""
    return [Figure(value, value * (1 - width), value * (1 + width), count) for value in values]


ROWS = [
    ("the same", P99, (100,), QUIET, "passed", False),
    ("faster", P99, (50,), QUIET, "passed", False),
    ("a little slower", P99, (115,), QUIET, "passed", False),
    ("suspicious: beyond two thirds of the way", P99, (125,), QUIET, "passed", True),
    ("slower by more than 30 %", P99, (135,), QUIET, "failed", True),
    ("the median of three decides: one slow run is none", P99, (140, 100, 101), QUIET, "passed", False),
    ("the median of three decides: two slow runs are", P99, (140, 100, 141), QUIET, "failed", True),
    ("much slower, but by less than the floor", P99, (4,), (1, 1, 1), "passed", False),
    ("slower than noisy runs", P99, (135,), (70, 100, 130, 80, 120), "passed", True),
    ("much slower than noisy runs", P99, (600,), (70, 100, 130, 80, 120), "failed", True),
    ("errors where there were none", FAILED, (0.05,), (0, 0, 0), "failed", True),
    ("few errors where there were none", FAILED, (0.004,), (0, 0, 0), "passed", False),
    ("no errors, as before", FAILED, (0,), (0, 0, 0), "passed", False),
    ("errors gone", FAILED, (0,), (0.05, 0.04, 0.05), "passed", False),
    ("more errors, but not more than the worst run", FAILED, (0.05,), (0.01, 0.01, 0.06), "passed", False),
    ("throughput falls", REQUESTS, (60,), QUIET, "failed", True),
    ("throughput falls a little", REQUESTS, (80,), QUIET, "passed", False),
    ("throughput rises", REQUESTS, (200,), QUIET, "passed", False),
    ("throughput is gone", REQUESTS, (0,), QUIET, "failed", True),
]


@pytest.mark.parametrize("rule, now, before, status, suspect", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_judge_figure(rule, now, before, status, suspect):
    """Large, relevant, and neither of sampling nor of the machine: only then it is a regression."""
    then = figures(*before)
    row = judge_figure(rule, figures(*now), then, Noise.of([(rule, then)]), 1)
    assert (row.status, row.suspect) == (Status(status), suspect)


def test_a_wide_interval_is_no_regression():
    """Twice as slow, of so few samples that the interval reaches down to the median before: chance."""
    row = judge_figure(P99, figures(200, width=0.6), figures(*QUIET), Noise(), 1)
    assert row.status is Status.PASSED


def test_no_bound_is_no_regression():
    """Where the samples are too few for a lower end, nothing lies beyond it."""
    row = judge_figure(P99, [Figure(300, None, None, 10)], figures(*QUIET), Noise(), 1)
    assert row.status is Status.PASSED


def test_many_figures_take_more():
    """What is a regression of one figure alone is noise among a thousand."""
    then = figures(90, 100, 110, 95, 105)
    noise = Noise.of([(P99, then)])
    statuses = [judge_figure(P99, figures(140), then, noise, among).status for among in (1, 1000)]
    assert statuses == [Status.FAILED, Status.PASSED]


def test_noise_is_half_its_own_and_half_of_all():
    """A figure that happened to be quiet is not taken for quiet."""
    quiet, loud = figures(100, 100.1, 99.9), figures(60, 100, 150)
    noise = Noise.of([(P99, quiet), (P99, loud)])
    own, other = log_variance(quiet), log_variance(loud)
    assert noise.deviation(P99, quiet) == pytest.approx(math.sqrt((own + (own + other) / 2) / 2))


@pytest.mark.parametrize("values", [(), (1,), (0, 1, 2)], ids=["none", "one", "a zero"])
def test_no_variance(values):
    """Of fewer than two figures, or where one has no logarithm, there is none."""
    assert log_variance(figures(*values)) is None


@pytest.mark.parametrize("percent, expected", [(50, 20), (95, 200), (99, 1000), (99.9, 10_000), (100, 1)])
def test_needed_for(percent, expected):
    """Ten samples beyond the percentile."""
    assert needed_for(percent) == expected


NEEDED = [
    ("of a percentile, ten beyond it", P99, 1000),
    ("of the slowest percentile too", Rule(Selector("m"), Kind.TREND, "p(5)", 0.3, 5.0), 200),
    ("of a mean", Rule(Selector("m"), Kind.TREND, "avg", 0.3, 5.0), 100),
    ("of a share", FAILED, 200),
    ("of a count", REQUESTS, 100),
]


@pytest.mark.parametrize("rule, needed", [row[1:] for row in NEEDED], ids=[row[0] for row in NEEDED])
def test_what_a_figure_needs(rule, needed):
    """So many samples are enough, and one fewer are not."""
    assert rule.needed == needed


TEXTS = [
    (P99, (150,), QUIET, "http_req_duration: p(99) 150 ms, 1.50 times the 100 ms before (limit 1.30; interval"),
    (FAILED, (0.05,), (0, 0), "http_req_failed: rate 5 %, none before (limit 1.30; interval"),
    (REQUESTS, (60,), QUIET, "http_reqs: rate 60/s, 0.60 times the 100/s before (limit 0.70; interval"),
]


@pytest.mark.parametrize("rule, now, before, text", TEXTS)
def test_text(rule, now, before, text):
    """A regression is a sentence: the figure, the ratio, the limit and the interval."""
    assert judge_figure(rule, figures(*now), figures(*before), Noise(), 1).text.startswith(text)
