"""`baseline` in a configuration: limits for all, for one metric, for one percentile; and what is wrong with others."""

import pytest
from pydantic import ValidationError

from locust_ext.config.plan import BUILT_IN_KINDS
from locust_ext.gates.options import BaselineOptions, policy_of
from locust_ext.gates.thresholds import parse_selector
from locust_ext.text.units import parse_rise


def policy(**options):
    """Return the policy and the problems of these options."""
    return policy_of(BaselineOptions.model_validate(options), BUILT_IN_KINDS)


def test_defaults():
    """30 % worse, 5 ms at least, p95 and p99, three runs."""
    found, problems = policy()
    assert (found.max_regression, found.floor, found.quantiles, found.min_runs) == (0.3, 5.0, (95.0, 99.0), 3)
    assert (found.excluded, found.own_limits, problems) == (("warmup", "ramp", "cooldown"), {}, [])


LIMITS = [
    ("one for all", "20%", 0.2, {}),
    ("as a number", 0.25, 0.25, {}),
    ("more than double", "150%", 1.5, {}),
    ("a default and a metric", {"default": "20%", "http_reqs": "10%"}, 0.2, {"http_reqs": {"": 0.1}}),
    ("a metric alone", {"http_req_failed": "50%"}, 0.3, {"http_req_failed": {"": 0.5}}),
    (
        "percentiles",
        {"http_req_duration{name:/feed}": {"p(99)": "20%", "p( 99.9 )": 0.4}},
        0.3,
        {"http_req_duration{name:/feed}": {"p(99)": 0.2, "p(99.9)": 0.4}},
    ),
]


@pytest.mark.parametrize("given, default, own", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_limits(given, default, own):
    """A limit is for everything, for a selection, or for one method of it."""
    found, problems = policy(max_regression=given)
    assert (found.max_regression, problems) == (default, [])
    assert found.own_limits == {parse_selector(key): limits for key, limits in own.items()}


WRONG = [
    ("an unknown metric", {"http_req_duratoin": "20%"}, "did you mean 'http_req_duration'?"),
    ("a method that a metric has not", {"http_req_failed": {"p(99)": "20%"}}, "rate is compared, and not p(99)"),
    ("a method that is not compared", {"http_req_duration": {"avg": "20%"}}, "p(N) is compared, and not avg"),
    ("a gauge", {"vus": "20%"}, "is a gauge, which is not compared"),
    ("no method", {"http_req_duration": {"p99": "20%"}}, "is not a threshold"),
    ("a fall by everything", {"http_reqs": "100%"}, "cannot fall by 100%"),
    ("no selector", {"{name:x}": "20%"}, "names no metric"),
    ("limits as default", {"default": {"p(99)": "20%"}}, "this must be one limit"),
]


@pytest.mark.parametrize("given, sentence", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_limits(given, sentence):
    """What cannot be compared is one sentence, under its key."""
    _, problems = policy(max_regression=given)
    assert [key for key, _ in problems] == list(given)
    assert sentence in problems[0][1]


@pytest.mark.parametrize(
    "options",
    [{"keep": 0}, {"min_runs": 0}, {"floor": "5"}, {"quantiles": []}, {"quantiles": [100]}, {"max_regression": "0%"}],
    ids=str,
)
def test_what_cannot_be(options):
    """Refused before anything runs."""
    with pytest.raises(ValidationError):
        BaselineOptions.model_validate(options)


@pytest.mark.parametrize("value", ["30", "-5%", "0%", 0, -1, True, None, "20000%", float("nan"), []])
def test_no_rise(value):
    """A limit is a share above nothing."""
    with pytest.raises(ValueError, match="is not a limit"):
        parse_rise(value)
