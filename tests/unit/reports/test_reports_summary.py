"""summary.json: strict JSON, whatever the result holds."""

import json
import math
from dataclasses import fields
from pathlib import Path

import pytest
from examples import compared, drifting
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.sinks import Kind
from locust_ext.reports.compared_entry import ComparedEntry, ComparisonEntry, SpectrumEntry
from locust_ext.reports.drift_entry import DriftEntry, RetainedEntry, StepEntry, WatchedEntry
from locust_ext.reports.result import Finding, RunResult, SeriesRow
from locust_ext.reports.schema import OpenRequestsEntry, OutcomeEntry, PhaseEntry, Summary, TimelineEntry, TrackEntry
from locust_ext.reports.summary import summary

GOLDEN = Path(__file__).parent / "golden" / "summary.json"


def refuse(word):
    """Refuse what JSON does not have."""
    raise AssertionError(word)


@given(data=st.data())
def test_summary_is_json(results, data):
    """Whatever the result, the summary is strict JSON in UTF-8, without NaN and infinity, and says the verdict."""
    result = data.draw(results)
    document = json.loads(summary(result).encode("utf-8"), parse_constant=refuse)
    assert (document["schema"], document["exit_code"]) == (1, result.verdict.exit_code)
    assert result.name == document["name"]
    assert len(result.series) == len(document["series"])


@pytest.mark.slow
def test_summary_is_what_it_was():
    """To the byte: anyone who reads it finds the same keys in the same order, and numbers written in the same way."""
    assert summary(compared(names=("/a",))).encode() == GOLDEN.read_bytes()


def result(name="feed", **parts):
    """Return a result with these parts."""
    return RunResult(name, Verdict("failed", 99, "because"), "2026-11-23T00:00:00", 90.0, 1, complete=True, **parts)


def outcome(
    selector="http_req_duration", text="p(95)<400", kind=Kind.TREND, status="passed", value=148.2149, reason=""
):
    """Return an outcome."""
    return Outcome(
        Threshold(parse_selector(selector), parse_assertion(text), kind), Status(status), value, 1234, reason
    )


def test_summary_of_an_example():
    """The summary has the fields that the design promises, with durations in milliseconds."""
    found = json.loads(
        summary(
            result(
                outcomes=(outcome("http_req_duration{phase:surge}"),),
                series=(SeriesRow("m", {"name": "/a"}, 5, {"p99": math.nan, "max": 7.5}),),
                findings=(Finding("cliff", "text", {"last_good": "level-50", "slope": math.inf}),),
                phases=(Phase("surge", 0, 30.00049),),
            )
        )
    )
    assert (found["verdict"], found["exit_code"], found["reason"], found["duration_s"]) == ("failed", 99, "because", 90)
    assert found["outcomes"] == [
        {
            "metric": "http_req_duration",
            "selector": "http_req_duration{phase:surge}",
            "selector_tags": {"phase": "surge"},
            "kind": "trend",
            "threshold": "p(95)<400",
            "value": 148.2149,
            "count": 1234,
            "status": "passed",
            "phase": "surge",
            "window_s": None,
            "optional": False,
            "corrected": False,
            "reason": None,
        }
    ]
    assert found["series"] == [{"metric": "m", "tags": {"name": "/a"}, "count": 5, "p99": None, "max": 7.5}]
    assert found["findings"] == [{"kind": "cliff", "text": "text", "last_good": "level-50", "slope": None}]
    assert found["phases"] == [{"name": "surge", "start_s": 0, "end_s": 30.0}]


def test_every_field_of_a_run_is_written_and_every_model_is_filled():
    """A field that is new in a run or in the schema is written, or this fails: none is left at its default."""
    written = json.loads(summary(compared()))
    assert list(written) == [field.alias or name for name, field in Summary.model_fields.items()]
    parts = [
        (PhaseEntry, written["phases"][0]),
        (OutcomeEntry, written["outcomes"][0]),
        (ComparisonEntry, written["comparison"]),
        (ComparedEntry, written["comparison"]["rows"][0]),
        (SpectrumEntry, written["comparison"]["spectra"][0]),
        (OpenRequestsEntry, written["open_requests"]),
        (TimelineEntry, written["timeline"]),
        (TrackEntry, written["timeline"]["tracks"][0]),
    ]
    drifting_too = json.loads(summary(drifting()))
    parts += [
        (DriftEntry, drifting_too["drift"][0]),
        (RetainedEntry, drifting_too["drift"][2]["retained"]),
        (StepEntry, drifting_too["drift"][4]["steps"][0]),
        (WatchedEntry, drifting_too["probes"][0]),
    ]
    for model, found in parts:
        assert list(found) == list(model.model_fields)
    named = {"drifts": "drift", "watched": "probes"}
    own = {"id", "schema_", "verdict", "exit_code", "reason", "duration_s"}
    assert {named.get(field.name, field.name) for field in fields(RunResult)} - {
        "verdict",
        "duration",
        "id",
        "censored",
    } == set(Summary.model_fields) - own
