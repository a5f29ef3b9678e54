"""The text for Prometheus: what its own parser and that of OpenMetrics read in it."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from locust_ext.exports.family import Exposition, Family, Form, Named, Point, RunTold
from locust_ext.exports.measured import gather_measured
from locust_ext.exports.names import FAMILIES
from locust_ext.exports.prometheus_text import MOST_TAGS, text_of, wants_openmetrics
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import CounterSink, Kind

DURATION = FAMILIES["http.client.request.duration"]
RUN = RunTold("r1", "feed", "2026-11-28T10:00:00+00:00", {"git_sha": "abc123", "run_type": "pr"})
FEED = (("http.request.method", "GET"), ("url.template", "/feed"))


def histogram(*values: float) -> Histogram:
    found = Histogram()
    found.record_all(values)
    return found


def told(*families: Family, run: RunTold = RUN, bounds=None) -> Exposition:
    return Exposition(run, 1.0, families, (), bounds or {})


def samples(exposition: Exposition | None, openmetrics: bool) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = text_of(exposition, openmetrics=openmetrics).decode()
    read = read_openmetrics if openmetrics else read_text
    found = {}
    for family in read(text):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


BOTH = pytest.mark.parametrize("openmetrics", [False, True], ids=["text", "openmetrics"])


@BOTH
def test_before_any_run_it_says_that_none_is_under_way(openmetrics):
    assert samples(None, openmetrics) == {("loadtest_running", ()): 0.0}


@BOTH
def test_the_run_is_told_once_by_its_labels(openmetrics):
    found = samples(told(), openmetrics)
    labels = (
        ("git_sha", "abc123"),
        ("name", "feed"),
        ("run_id", "r1"),
        ("started_at", "2026-11-28T10:00:00+00:00"),
        ("tag_run_type", "pr"),
    )
    assert found == {("loadtest_run_info", labels): 1.0}


@BOTH
def test_a_distribution_is_told_in_seconds_at_the_bounds(openmetrics):
    point = Point(FEED, histogram(100.0, 399.0, 400.0, 5000.0))
    found = samples(
        told(Family(DURATION, (point,), 0.001), bounds={"http.client.request.duration": (0.4,)}), openmetrics
    )
    name = "http_client_request_duration_seconds"
    labels = (("http_request_method", "GET"), ("url_template", "/feed"))
    buckets = {dict(key[1])["le"]: value for key, value in found.items() if key[0] == f"{name}_bucket"}
    assert (buckets["0.1"], buckets["0.32"], buckets["0.4"], buckets["5.0"], buckets["+Inf"]) == (1, 1, 3, 4, 4)
    assert found[f"{name}_count", labels] == 4
    assert found[f"{name}_sum", labels] == pytest.approx(5.899)


KINDS = [
    ("a counter", Named("loadtest.requests", Form.COUNTER, "{request}", "about"), 3.0, "loadtest_requests_total"),
    ("a gauge", Named("loadtest.users", Form.GAUGE, "{user}", "about"), 3.0, "loadtest_users"),
    ("seconds", Named("loadtest.run.elapsed", Form.GAUGE, "s", "about"), 3.5, "loadtest_run_elapsed_seconds"),
    ("a share", Named("loadtest.generator.cpu", Form.GAUGE, "1", "about"), 0.5, "loadtest_generator_cpu_ratio"),
    (
        "a rate",
        Named("loadtest.arrivals.planned", Form.GAUGE, "{iteration}/s", "about"),
        2.0,
        "loadtest_arrivals_planned_per_second",
    ),
    ("a name that ends in total", Named("loadtest.sold_total", Form.COUNTER, "", ""), 2.0, "loadtest_sold_total"),
    ("a gauge that ends so", Named("loadtest.sold_total", Form.GAUGE, "", ""), 2.0, "loadtest_sold_total"),
    ("a name in Greek", Named("loadtest.größe µs", Form.GAUGE, "", ""), 2.0, "loadtest_gr_e_s"),
]


@BOTH
@pytest.mark.parametrize("named, value, name", [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_each_form_has_its_name(named, value, name, openmetrics):
    found = samples(told(Family(named, (Point((), value),))), openmetrics)
    assert found[name, ()] == value


VALUES = [
    ("quotes and backslashes", 'a"b\\c', 'a"b\\c'),
    ("a line break", "a\nb", "a�b"),
    ("what ends C strings", "a\x00b", "a�b"),
    ("half a character", "a\ud800b", "a�b"),
    ("what looks like a comment", "# HELP x", "# HELP x"),
    ("braces", '{le="1"}', '{le="1"}'),
    ("emoji", "🚀", "🚀"),
    ("a long one", "x" * 5000, "x" * 199 + "…"),
]


@BOTH
@pytest.mark.parametrize("given_, read", [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_names_of_users_are_text_and_nothing_else(given_, read, openmetrics):
    point = Point((("url.template", given_),), 1.0)
    found = samples(told(Family(FAMILIES["loadtest.requests"], (point,))), openmetrics)
    assert found["loadtest_requests_total", (("url_template", read),)] == 1.0


@BOTH
def test_what_is_written_alike_is_told_together(openmetrics):
    """A label with two values that Prometheus could not tell apart would be two samples of one series."""
    labels = [(("url.template", "a\nb"),), (("url.template", "a\rb"),)]
    counted = Family(FAMILIES["loadtest.requests"], tuple(Point(one, 2.0) for one in labels))
    gauge = Family(FAMILIES["loadtest.requests.open"], tuple(Point(one, float(n)) for n, one in enumerate(labels)))
    spread = Family(DURATION, tuple(Point(one, histogram(10.0)) for one in labels), 0.001)
    found = samples(told(counted, gauge, spread), openmetrics)
    key = (("url_template", "a�b"),)
    assert found["loadtest_requests_total", key] == 4.0
    assert found["loadtest_requests_open", key] == 0.0
    assert found["http_client_request_duration_seconds_count", key] == 2.0


@BOTH
def test_tags_become_labels_that_differ(openmetrics):
    tags = {"a.b": "1", "a-b": "2", "a_b": "3", "": "4", "ünï": "5", "git_sha": "", "none": ""}
    found = samples(told(run=RunTold("r", "n", "", tags)), openmetrics)
    ((_, labels),) = found
    assert sorted(value for key, value in labels if key.startswith("tag_")) == ["1", "2", "3", "4", "5"]


def test_tags_are_bounded():
    ((_, labels),) = samples(told(run=RunTold("r", "n", "", {f"t{n:03}": "x" for n in range(200)})), False)
    assert len(labels) == 2 + MOST_TAGS


NAMES = st.text(st.sampled_from('ab_.-Tot al1{}é\n"_total_info_bucket_sum'), min_size=1, max_size=12)


@given(st.lists(st.tuples(NAMES, st.sampled_from([Kind.COUNTER, Kind.TREND, Kind.GAUGE, Kind.RATE])), max_size=12))
def test_whatever_users_call_their_metrics_no_two_samples_are_alike(metrics):
    store = Store()
    for name, kind in dict(metrics).items():
        sink = store.leaf(name, tags_of({"name": "/feed", "scenario": "a\nb"}), kind)
        if isinstance(sink, Histogram):
            sink.record(3.0)
        elif isinstance(sink, CounterSink):
            sink.add(1)
    families: list[Family] = []
    for _ in gather_measured(store, str, families):
        pass
    for openmetrics in (False, True):
        found = samples(told(*families), openmetrics)
        assert sum(key[0] == "loadtest_run_info" for key in found) == 1
        assert len(found) >= 1 + len(families)


@BOTH
@pytest.mark.parametrize("name", ["run", "run_info", "run.info", "running", "requests", "exit_code"])
def test_a_metric_of_users_takes_no_name_of_ours(name, openmetrics):
    families: list[Family] = []
    store = Store()
    store.leaf(name, (), Kind.GAUGE).set(1.0, 5.0)
    for _ in gather_measured(store, str, families):
        pass
    ours = (
        Family(FAMILIES["loadtest.running"], (Point((), 1.0),)),
        Family(FAMILIES["loadtest.exit_code"], (Point((), 99.0),)),
    )
    text = text_of(told(*families, *ours), openmetrics=openmetrics).decode()
    types = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(set(types)) == len(types) == 4
    stems = [one.removesuffix("_info").removesuffix("_total") for one in types]
    assert len(set(stems)) == 4, types


def test_a_percentile_by_interpolation_lies_in_the_bucket_of_the_exact_one():
    """As histogram_quantile does."""
    random = Random(7)
    spread = histogram(*(random.lognormvariate(5, 0.8) for _ in range(5000)))
    found = samples(told(Family(DURATION, (Point((), spread),), 0.001), bounds={DURATION.name: (0.5,)}), False)
    buckets = sorted((float(dict(key[1])["le"]), value) for key, value in found.items() if key[0].endswith("_bucket"))
    at = next(place for place, (_, below) in enumerate(buckets) if below >= 0.95 * spread.count)
    exact = spread.percentile(95) / 1000
    assert buckets[at - 1][0] <= exact <= buckets[at][0] * 1.001
    assert math.isinf(buckets[-1][0])


def test_others_have_their_turn_between_samples():
    turns = []
    points = tuple(Point((("url.template", str(number)),), histogram(1.0)) for number in range(50))
    text_of(told(Family(DURATION, points, 0.001)), turn=lambda: turns.append(1))
    assert len(turns) == 2 * 50


ACCEPT = [
    ("nothing", "", False),
    ("a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
    ("curl", "*/*", False),
    (
        "Prometheus 2",
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        ),
        True,
    ),
    (
        "Prometheus 3",
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
            "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        ),
        True,
    ),
    ("a scraper that prefers text", "text/plain;version=0.0.4,application/openmetrics-text;q=0.2", False),
    ("a version that is not known", "application/openmetrics-text;version=9.9.9,text/plain;q=0.1", False),
    ("an old scraper", "text/plain;version=0.0.4;q=1,*/*;q=0.1", False),
    ("none of it", "application/openmetrics-text;q=0", False),
    ("a q that is none", "application/openmetrics-text;q=nan", False),
    ("in capitals", "Application/OpenMetrics-Text; Version=1.0.0", True),
    ("a million types", "a/b," * 1_000_000 + "application/openmetrics-text", False),
]


@pytest.mark.parametrize("accept, is_wanted", [row[1:] for row in ACCEPT], ids=[row[0] for row in ACCEPT])
def test_the_format_is_what_is_asked_for(accept, is_wanted):
    assert wants_openmetrics(accept) is is_wanted
