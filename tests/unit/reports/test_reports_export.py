"""The export: k6's names and keys, and thresholds that say what they mean."""

import json
from dataclasses import replace
from functools import cache

import pytest
from examples import NASTY, OUTCOMES, example, outcome
from examples import compared as make_compared
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.sinks import RateSink
from locust_ext.reports.export import export
from locust_ext.reports.result import SeriesRow

compared = cache(make_compared)


def refuse(word):
    """Refuse what JSON does not have."""
    raise AssertionError(word)


def read(result):
    """Return the document."""
    return json.loads(export(result).encode("utf-8"), parse_constant=refuse)


@given(data=st.data())
def test_export_is_json(results, data):
    """Whatever the result, the export is strict JSON, and each threshold is a boolean."""
    result = data.draw(results)
    found = read(result)
    judged = [one["ok"] for metric in found["metrics"].values() for one in metric.get("thresholds", {}).values()]
    assert all(isinstance(ok, bool) for ok in judged)
    assert bool(judged) == bool(result.outcomes)


KEYS = [
    ("http_req_duration", {"avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"}),
    ("http_reqs", {"count", "rate"}),
    ("http_req_failed", {"value", "passes", "fails"}),
    ("vus", {"value", "min", "max"}),
]


@pytest.mark.parametrize("metric, keys", KEYS, ids=[row[0] for row in KEYS])
def test_keys(metric, keys):
    """Each kind of metric has k6's keys."""
    assert keys == set(read(example())["metrics"][metric])


def test_values():
    """The values are those of all series of a metric together, durations in milliseconds."""
    metrics = read(example())["metrics"]
    assert metrics["http_reqs"] == {"count": 6000, "rate": 100.0}
    assert metrics["http_req_failed"]["passes"] + metrics["http_req_failed"]["fails"] == 6000
    assert metrics["http_req_duration"]["med"] == pytest.approx(20, rel=0.05)


def test_thresholds_say_what_they_mean():
    """A threshold is ok or not, under the selection that it judges; k6's own export writes true for failed."""
    metrics = read(compared())["metrics"]
    assert metrics["http_req_duration{endpoint:feed}"]["thresholds"] == {
        "p(95)<400": {"ok": True},
        "p(99)<60": {"ok": False},
    }
    assert metrics["http_req_failed"]["thresholds"] == {"rate<0.01": {"ok": True}}
    assert metrics["http_req_duration{name:/export}"] == {"thresholds": {"p(99.9)<400": {"ok": False}}}


def test_a_selection_has_its_own_values():
    """A threshold's selection is a metric of its own, as in k6, with the tags of the whole run too."""
    one = outcome("http_req_duration{git_sha:0a1b2c3d,name:/hot/:key}", "p(99)<400", "passed", 60.0)
    values = read(example(outcomes=(one,)))["metrics"][str(one.threshold.selector)]
    assert values["med"] == pytest.approx(20, rel=0.05)
    assert values["thresholds"] == {"p(99)<400": {"ok": True}}


@pytest.mark.parametrize("order", [1, -1])
def test_the_same_text_over_the_run_and_a_window(order):
    """Two thresholds of the same text are ok when both are."""
    good, bad = (outcome("http_req_failed", "rate<0.01", status, 0.0) for status in ("passed", "failed"))
    result = example(outcomes=(good, replace(bad, threshold=replace(bad.threshold, window=10.0)))[::order])
    assert read(result)["metrics"]["http_req_failed"]["thresholds"] == {"rate<0.01": {"ok": False}}


def test_root_group():
    """Checks stand in the root group by name, with k6's paths and ids."""
    rows = (
        SeriesRow("checks", {"check": "is ok", "phase": "a"}, 4, {}, RateSink(3, 4)),
        SeriesRow("checks", {"check": "is ok", "phase": "b"}, 1, {}, RateSink(1, 1)),
    )
    group = read(example(series=rows))["root_group"]
    assert group == {
        "name": "",
        "path": "",
        "id": "d41d8cd98f00b204e9800998ecf8427e",
        "groups": {},
        "checks": {
            "is ok": {
                "name": "is ok",
                "path": "::is ok",
                "id": "b23880cd908e867eadca735b83befcbd",
                "passes": 4,
                "fails": 1,
            }
        },
    }


@pytest.mark.slow
def test_nasty_names():
    """Names are text in JSON too."""
    result = replace(
        compared(1.5, (NASTY, "\ud800")), outcomes=(*OUTCOMES, outcome("m{name:\ud800}", "p(99)<1", "failed", 2.0))
    )
    assert "m{name:\ud800}" in read(result)["metrics"]
