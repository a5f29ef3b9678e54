"""Drift and probes in summary.json: read back as they were written, bounded, and strict JSON whatever the figures."""

import json
import math
from dataclasses import astuple, fields, replace

import jsonschema
import pytest
from examples import drifting, example, watched_for
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.drift import Drift
from locust_ext.gates.outcomes import Status
from locust_ext.measure.sinks import MOST_VALUE
from locust_ext.reports.drift_entry import DriftEntry, WatchedEntry
from locust_ext.reports.reading import NoSummaryError, read_summary
from locust_ext.reports.schema import json_schema
from locust_ext.reports.summary import summary
from locust_ext.reports.thinning import MOST_JUDGED, MOST_POINTS, thinned
from locust_ext.reports.watched import Watched
from locust_ext.text.strict_json import strict_json

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def reread(drift):
    """Return a verdict that went through the file."""
    found = json.loads(strict_json(DriftEntry.of_drift(drift).plain()), parse_constant=pytest.fail)
    return DriftEntry.model_validate(found).drift()


def finite(drift):
    """Return the verdict without what JSON does not have: a figure, a step, what was retained."""
    odd = {
        field.name: None
        for field in fields(Drift)
        if isinstance(value := getattr(drift, field.name), float) and not math.isfinite(value)
    }
    kept = drift.retained
    return replace(
        drift,
        **odd,
        steps=tuple(step for step in drift.steps if abs(step.at) <= MOST_VALUE and abs(step.by) <= MOST_VALUE),
        retained=kept if kept and all(abs(value) <= MOST_VALUE for value in astuple(kept)) else None,
    )


def test_a_verdict_is_read_back(drifts):
    """Equal to what was written, but for its points, which are fewer and rounded, and numbers that are none."""
    drawn = []

    @given(drifts)
    def property_(drift):
        found = reread(drift)
        points, judged = thinned(drift.points, MOST_POINTS), thinned(drift.judged, MOST_JUDGED)
        assert found == finite(replace(drift, points=points, judged=judged))
        assert reread(found) == found
        drawn.append(drift)

    property_()
    assert len(drawn) >= 30
    assert any(drift.points for drift in drawn)


SIZES = [
    ("as many as there may be", MOST_POINTS, MOST_POINTS),
    ("one more", MOST_POINTS + 1, MOST_POINTS),
    ("a day of seconds", 86_400, MOST_POINTS),
]


@pytest.mark.parametrize("count, most", [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_long_series_are_thinned(count, most):
    """At most 240 points, the first and the last among them; read back they are the same."""
    points = tuple((float(at), float(at % 7)) for at in range(count))
    series = Watched("process_open_fds", "api", points, (3.0, 5.5))
    found = WatchedEntry.model_validate(json.loads(strict_json(WatchedEntry.of_watched(series).plain()))).watched()
    assert len(found.points) <= most
    assert len(found.points) >= most - 3
    assert (found.points[0], found.points[-1]) == (points[0], points[-1])
    assert found.restarts == (3.0, 5.5)
    drift = reread(watched_for("x", points=points, judged=points))
    assert (len(drift.points) <= most, len(drift.judged) <= MOST_JUDGED) == (True, True)


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(allow_nan=False)), max_size=60).map(sorted),
    st.integers(4, 20),
)
def test_what_is_kept_was_seen(points, most):
    """In its order, with the lowest and the highest value; a second look takes nothing more away."""
    found = thinned(points, most)
    rounded = [(round(at, 3), float(f"{value:.6g}")) for at, value in points if math.isfinite(value)]
    assert len(found) <= most
    assert set(found) <= set(rounded)
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    assert thinned(found, most) == found
    if rounded:
        values = {value for _, value in rounded}
        assert {min(values), max(values)} <= {value for _, value in found}


def test_what_machines_read():
    """Beside the figures a sentence, and where a rule comes from."""
    document = json.loads(summary(drifting()))
    VALIDATOR.validate(document)
    leak = document["drift"][0]
    assert leak["text"].startswith("probe{instance:api,series:process_open_fds}: process_open_fds rises by 38 an hour")
    assert (leak["status"], leak["rate"], leak["low"], leak["hours_left"], leak["limit"]) == (
        "failed",
        38,
        31.4,
        21.2,
        1024,
    )
    assert [row["is_written"] for row in document["drift"]] == [True, True, True, True, False, False]
    assert document["drift"][2]["retained"] == {
        "before": 1e6,
        "under": 2e9,
        "after": 4e8,
        "share": pytest.approx(0.2, abs=0.01),
    }
    assert document["drift"][4]["steps"] == [{"at_s": 2400.0, "by": 12.0}]
    assert [len(row["points"]) for row in document["probes"]] == [240, 240, 240, 240, 240, 0]
    assert document["probes"][2]["restarts_s"] == [3600.0]


def test_a_summary_of_before():
    """A run of a release that knew no drift has none."""
    document = json.loads(summary(drifting()))
    del document["drift"], document["probes"]
    found = read_summary(json.dumps(document))
    assert (found.drifts, found.watched) == ((), ())


DAMAGE = [
    ("a kind that is none", {"kind": "trick"}),
    ("a status that is none", {"status": "fine"}),
    ("points that are none", {"points": [[1]]}),
    ("a number of thousands of digits", {"rate": 10**400}),
    ("a text for a number", {"low": "much"}),
]


@pytest.mark.parametrize("damage", [row[1] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
def test_damage_is_refused(damage):
    """With a sentence."""
    document = json.loads(summary(example(drifts=(watched_for("x", status=Status.PASSED),))))
    document["drift"][0].update(damage)
    with pytest.raises(NoSummaryError):
        read_summary(json.dumps(document))
