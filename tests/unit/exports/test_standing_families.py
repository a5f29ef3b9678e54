"""How a run stands, as families: thresholds with value, bound and status, and the verdict."""

from __future__ import annotations

import pytest

from locust_ext.exports.family import Family
from locust_ext.exports.standing import MOST_THRESHOLDS, threshold_families, verdict_families
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, kind_for, parse_assertion, parse_selector
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.sinks import Kind

KINDS = {**{name: metric.kind for name, metric in BUILT_IN.items()}, "carts": Kind.TREND}


def outcome(selector: str, rule: str, status: Status, value: float | None, **rest: float) -> Outcome:
    chosen = parse_selector(selector)
    threshold = Threshold(chosen, parse_assertion(rule), kind_for(chosen, KINDS), **rest)
    return Outcome(threshold, status, value, 100)


def points(families: list[Family], name: str, *keys: str) -> dict[tuple[str, ...], float]:
    (family,) = [one for one in families if one.named.name == f"loadtest.threshold.{name}"]
    return {tuple(dict(point.labels)[key] for key in keys): point.value for point in family.points}


def test_a_status_is_a_set_of_states_one_of_which_holds():
    families = threshold_families([outcome("http_req_failed", "rate<0.01", Status.FAILED, 0.5)])
    assert points(families, "status", "selector", "threshold", "status") == {
        ("http_req_failed", "rate<0.01", "passed"): 0.0,
        ("http_req_failed", "rate<0.01", "failed"): 1.0,
        ("http_req_failed", "rate<0.01", "inconclusive"): 0.0,
    }


ROWS = {
    "a duration is in seconds": ("http_req_duration", "p(95)<400", 250.0, (0.25, 0.4, "s")),
    "a share stays one": ("http_req_failed", "rate<0.01", 0.5, (0.5, 0.01, "")),
    "a count of durations is a count": ("http_req_duration", "count>10", 250.0, (250.0, 10.0, "")),
    "a trend of the team's own keeps its unit": ("carts", "p(95)<400", 250.0, (250.0, 400.0, "")),
}


@pytest.mark.parametrize("selector, rule, value, expected", ROWS.values(), ids=ROWS)
def test_value_and_bound_are_in_one_unit(selector, rule, value, expected):
    families = threshold_families([outcome(selector, rule, Status.PASSED, value)])
    found = points(families, "value", "unit"), points(families, "bound", "unit")
    assert found == ({(expected[2],): expected[0]}, {(expected[2],): expected[1]})


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_value_that_there_is_not_is_not_told_but_the_status_is(value):
    families = threshold_families([outcome("http_req_failed", "rate<0.01", Status.INCONCLUSIVE, value)])
    assert [family.named.name for family in families] == ["loadtest.threshold.bound", "loadtest.threshold.status"]


def test_of_two_that_are_written_alike_the_worse_one_is_told():
    both = [outcome("http_req_failed", "rate<0.01", status, 0.5) for status in (Status.PASSED, Status.FAILED)]
    for order in (both, both[::-1]):
        found = points(threshold_families(order), "status", "status")
        assert found == {("passed",): 0.0, ("failed",): 1.0, ("inconclusive",): 0.0}


def test_windows_tell_two_apart():
    both = [outcome("http_req_failed", "rate<0.01", Status.PASSED, 0.0, window=seconds) for seconds in (10.0, 60.0)]
    assert set(points(threshold_families(both), "bound", "window")) == {("10s",), ("1m",)}


def test_thresholds_are_bounded_and_those_that_failed_stay():
    many = [outcome("http_req_failed", f"rate<0.0{n:03}", Status.PASSED, 0.0) for n in range(1, MOST_THRESHOLDS + 9)]
    failed = outcome("http_req_duration", "p(95)<400", Status.FAILED, 500.0)
    found = points(threshold_families([*many, failed]), "bound", "selector", "threshold")
    assert len(found) == MOST_THRESHOLDS
    assert ("http_req_duration", "p(95)<400") in found


def test_there_is_no_verdict_before_there_is_one():
    assert verdict_families(None) == []


def test_a_verdict_is_a_set_of_states_and_an_exit_code():
    words, code = verdict_families(Verdict("failed", 99, "1 of 2 thresholds failed"))
    assert {dict(point.labels)["verdict"] for point in words.points if point.value} == {"failed"}
    assert [point.value for point in code.points] == [99.0]
