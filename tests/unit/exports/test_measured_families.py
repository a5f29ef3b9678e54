"""What was measured, as families: labels put together, nothing averaged, names that no two families share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.exports import measured as module
from locust_ext.exports.family import Family, Form, Named
from locust_ext.exports.measured import gather_measured
from locust_ext.exports.names import FAMILIES, LABELS, MEASURED, UNTOLD, prometheus_label, prometheus_name
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import CounterSink, GaugeSink, Kind, RateSink

FEED = {"name": "/feed", "method": "GET"}


def store_of(*rows: tuple[str, Mapping[str, str], Kind, object], limit: int = 1000) -> Store:
    """Return a store with these values."""
    store = Store(limit)
    for metric, tags, kind, value in rows:
        sink = store.leaf(metric, tags_of(tags), kind)
        match sink:
            case Histogram():
                sink.record_all(value)
            case RateSink():
                sink.merge(RateSink(*value))
            case CounterSink():
                sink.add(value)
            case GaugeSink():
                sink.set(1.0, value)
    return store


def told(store: Store, hide=str) -> dict[str, Family]:
    """Return the families by name."""
    found: list[Family] = []
    for _ in gather_measured(store, hide, found):
        pass
    assert len({family.named.name for family in found}) == len(found)
    return {family.named.name: family for family in found}


def values(family: Family) -> dict[tuple[str, ...], float]:
    return {tuple(value for _, value in point.labels): point.value for point in family.points}


def test_series_that_differ_in_what_is_not_told_are_merged():
    store = store_of(
        ("http_req_duration", {**FEED, "phase": "ramp", "status": "200"}, Kind.TREND, [10.0, 20.0]),
        ("http_req_duration", {**FEED, "phase": "hold", "status": "500"}, Kind.TREND, [4000.0]),
    )
    family = told(store)["http.client.request.duration"]
    (point,) = family.points
    assert point.labels == (("http.request.method", "GET"), ("url.template", "/feed"))
    assert (point.value.count, point.value.maximum, family.scale) == (3, 4000.0, 0.001)


def test_what_is_told_does_not_change_with_the_store():
    store = store_of(("http_req_duration", FEED, Kind.TREND, [10.0]))
    (point,) = told(store)["http.client.request.duration"].points
    store.leaf("http_req_duration", tags_of(FEED), Kind.TREND).record(20.0)
    assert point.value.count == 1


ROWS = {
    "failures are how many": ("http_req_failed", Kind.RATE, (3, 10), "loadtest.requests.failed", Form.COUNTER, 3.0),
    "a share of another kind is a share": ("checks", Kind.RATE, (3, 4), "loadtest.checks", Form.GAUGE, 0.75),
    "a counter is its sum": ("iterations", Kind.COUNTER, 7, "loadtest.iterations", Form.COUNTER, 7.0),
    "a gauge is its reading": ("carts", Kind.GAUGE, 2.5, "loadtest.carts", Form.GAUGE, 2.5),
}


@pytest.mark.parametrize("metric, kind, value, name, form, expected", ROWS.values(), ids=ROWS)
def test_each_kind_is_told_as_what_it_is(metric, kind, value, name, form, expected):
    family = told(store_of((metric, {}, kind, value)))[name]
    assert (family.named.form, values(family)) == (form, {(): expected})


def test_requests_of_both_kinds_are_one_family():
    store = store_of(("http_reqs", FEED, Kind.COUNTER, 5), ("reqs", {"name": "/feed", "type": "WSS"}, Kind.COUNTER, 2))
    assert values(told(store)["loadtest.requests"]) == {("GET", "/feed"): 5.0, ("WSS", "/feed"): 2.0}


@pytest.mark.parametrize(
    "own", ["requests_failed", "users", "phase", "verdict", "requests_total", "run_elapsed_seconds", "users_count"]
)
def test_a_metric_of_the_teams_own_never_takes_the_name_of_one_of_ours(own):
    families = told(store_of((own, {}, Kind.COUNTER, 1)))
    (family,) = families.values()
    assert family.named.name not in FAMILIES
    ours = {prometheus_name(named) for named in FAMILIES.values()}
    assert prometheus_name(family.named) not in ours
    assert prometheus_name(family.named).removesuffix("_total") not in ours


@given(
    st.sets(st.sampled_from(["a", "a_total", "a_count", "a_sum", "a_bucket", "a.b", "a_b", "a-b", "a_"]), min_size=2)
)
def test_no_two_of_them_share_a_name_in_prometheus(names):
    kinds = (Kind.COUNTER, Kind.GAUGE)
    store = store_of(*[(name, {}, kinds[number % 2], 1.0) for number, name in enumerate(sorted(names))])
    found = [prometheus_name(family.named) for family in told(store).values()]
    assert len(set(found)) == len(names)


def test_secrets_are_hidden_and_sets_that_become_alike_are_merged():
    store = store_of(
        ("http_reqs", {"name": "/a/s3cret"}, Kind.COUNTER, 1), ("http_reqs", {"name": "/a/***"}, Kind.COUNTER, 2)
    )
    family = told(store, lambda text: text.replace("s3cret", "***"))["loadtest.requests"]
    assert values(family) == {("/a/***",): 3.0}


def test_label_sets_are_bounded_and_none_is_lost(monkeypatch):
    monkeypatch.setattr(module, "MOST_SETS", 5)
    store = store_of(*[("http_reqs", {"name": f"/{number}"}, Kind.COUNTER, 1) for number in range(20)])
    found = values(told(store)["loadtest.requests"])
    assert len(found) == 6
    assert found["__other__",] == 15.0
    assert sum(found.values()) == 20.0


def test_what_the_store_lumped_together_is_told():
    store = store_of(*[("http_reqs", {"name": f"/{number}"}, Kind.COUNTER, 1) for number in range(9)], limit=4)
    assert values(told(store)["loadtest.series.lumped"]) == {("http_reqs",): 5.0}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_what_no_monitoring_system_takes_is_left_out(value):
    store = Store()
    store.leaf("sum", (), Kind.COUNTER).merge(CounterSink(value, 1, seen=True))
    assert told(store) == {}


def spelled(rows: Iterable[tuple[str, Form, str]]) -> list[str]:
    return [prometheus_name(Named(name, form, unit, "")) for name, form, unit in rows]


def test_names_are_those_that_prometheus_makes_of_them():
    """https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/."""
    assert spelled(
        [
            ("http.client.request.duration", Form.HISTOGRAM, "s"),
            ("loadtest.requests", Form.COUNTER, "{request}"),
            ("loadtest.arrivals.planned", Form.GAUGE, "{iteration}/s"),
            ("loadtest.generator.cpu", Form.GAUGE, "1"),
            ("loadtest.user_seconds", Form.COUNTER, ""),
            ("loadtest.run.elapsed", Form.GAUGE, "s"),
            ("a..b-c", Form.GAUGE, ""),
            ("cart_total", Form.COUNTER, ""),
        ]
    ) == [
        "http_client_request_duration_seconds",
        "loadtest_requests_total",
        "loadtest_arrivals_planned_per_second",
        "loadtest_generator_cpu_ratio",
        "loadtest_user_seconds_total",
        "loadtest_run_elapsed_seconds",
        "a_b_c",
        "cart_total",
    ]
    assert prometheus_label("http.request.method") == "http_request_method"


def test_the_table_names_what_there_is():
    assert set(MEASURED) <= set(BUILT_IN)
    assert set(MEASURED.values()) <= set(FAMILIES)
    assert set(UNTOLD) <= set(BUILT_IN)
    assert "instance" not in LABELS.values()
    names = [prometheus_name(named) for named in FAMILIES.values()]
    assert len(set(names)) == len(names)


def test_a_name_once_taken_stays():
    """Also where a metric comes later that is first in the alphabet."""
    late = ("a.b", FEED, Kind.COUNTER, 7)
    store = store_of(("a_b", FEED, Kind.COUNTER, 1))
    before = told(store)
    store.leaf(late[0], tags_of(late[1]), late[2]).add(late[3])
    after = told(store)
    named = {name: prometheus_name(family.named) for name, family in after.items()}
    assert {name: prometheus_name(family.named) for name, family in before.items()}.items() <= named.items()
    assert len(set(named.values())) == 2
