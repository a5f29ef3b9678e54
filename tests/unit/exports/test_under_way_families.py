"""What a run is doing, as families: only what is known is told."""

from __future__ import annotations

import pytest

from locust_ext.exports.under_way import UnderWay, families_under_way, level_at, phase_moments
from locust_ext.load.schedule import Phase
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import tags_of

PHASES = (Phase("ramp", 0.0, 10.0), Phase("hold", 10.0, 15.0))


def told(run: UnderWay) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        family.named.name: {tuple(value for _, value in point.labels): point.value for point in family.points}
        for family in families_under_way(run, lambda text: text.replace("s3cret", "***"))
    }


def test_a_run_that_has_just_begun_says_so_and_no_more():
    assert set(told(UnderWay(0.0, is_running=True))) == {
        *("loadtest.run.elapsed", "loadtest.running", "loadtest.users", "loadtest.requests.open"),
        "loadtest.requests.open.oldest",
    }


def test_the_phase_that_it_is_in_is_1_and_those_before_it_0():
    run = UnderWay(12.0, is_running=True, phases=PHASES)
    assert told(run)["loadtest.phase"] == {("ramp",): 0.0, ("hold",): 1.0}


def test_a_run_that_is_over_is_in_no_phase_and_plans_nothing():
    found = told(UnderWay(15.0, is_running=False, phases=PHASES, planned_users=[(0.0, 5.0)]))
    assert found["loadtest.phase"] == {("ramp",): 0.0, ("hold",): 0.0}
    assert found["loadtest.running"] == {(): 0.0}
    assert "loadtest.users.planned" not in found


def test_open_requests_are_counted_by_endpoint_and_the_oldest_is_in_seconds():
    old, young = Histogram(), Histogram()
    old.record_all([30_000.0, 10.0])
    young.record(5.0)
    tags = [tags_of({"name": "/s3cret", "method": "GET", "phase": phase}) for phase in ("ramp", "hold")]
    found = told(UnderWay(31.0, is_running=True, open=[(tags[0], old), (tags[1], young)]))
    assert found["loadtest.requests.open"] == {("GET", "/***"): 3.0}
    assert found["loadtest.requests.open.oldest"] == {(): pytest.approx(30.0)}


def test_a_request_of_an_unknown_age_is_open_all_the_same():
    ages = Histogram()
    ages.record_all([10.0, float("nan")])
    found = told(UnderWay(1.0, is_running=True, open=[(tags_of({"name": "/"}), ages)]))
    assert found["loadtest.requests.open"] == {("/",): 2.0}


def test_processor_time_is_a_share():
    assert told(UnderWay(1.0, is_running=True, cpu=85.0))["loadtest.generator.cpu"] == {(): 0.85}


@pytest.mark.parametrize(
    ("at", "expected"), [(-1.0, 0.0), (0.0, 0.0), (5.0, 50.0), (10.0, 100.0), (15.0, 100.0), (99.0, 100.0)]
)
def test_a_level_stands_between_its_points(at, expected):
    assert level_at([(0.0, 0.0), (10.0, 100.0), (20.0, 100.0)], at) == expected


def test_no_curve_has_no_level():
    assert level_at([], 1.0) is None


def test_each_phase_is_a_moment():
    moments = phase_moments(PHASES, str)
    assert [(one.at, one.text) for one in moments] == [(0.0, "phase ramp begins"), (10.0, "phase hold begins")]
