"""Any result that a report may have to render."""

import pytest
from hypothesis import strategies as st

from locust_ext.gates.breaks import Step
from locust_ext.gates.drift import Drift, Retained
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion
from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.error_kinds import Answer, ErrorKind
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.reports.result import Finding, RunResult, SeriesRow
from locust_ext.reports.watched import Watched

TEXTS = st.text(st.characters(), max_size=30)
NUMBERS = st.none() | st.floats() | st.integers()
THRESHOLDS = st.builds(
    lambda metric, tag, text, kind: Threshold(Selector(metric, (("name", tag),)), parse_assertion(text), kind),
    TEXTS,
    TEXTS,
    st.sampled_from(["p(95)<400", "rate<0.01", "count>0"]),
    st.sampled_from(list(Kind)),
)
OUTCOMES = st.builds(Outcome, THRESHOLDS, st.sampled_from(list(Status)), st.none() | st.floats(), st.integers(0), TEXTS)
ENDPOINTS = st.builds(
    lambda metric, name, sink: SeriesRow(metric, {"name": name, "method": "GET"}, 1, {}, sink),
    st.just("http_req_failed"),
    TEXTS,
    st.builds(RateSink, st.just(1), st.integers(1, 100)),
)
"""Rows with the requests of an endpoint, of any name."""
FIGURES = st.none() | st.floats()
POINTS = st.lists(st.tuples(st.floats(), st.floats()), max_size=5).map(tuple)
DRIFTS = st.builds(
    Drift,
    rule=st.builds(
        DriftRule,
        st.builds(
            lambda metric, series, instance: Selector(metric, (("instance", instance), ("series", series))),
            st.just("probe") | TEXTS,
            TEXTS | st.sampled_from(["a_bytes", "b_seconds_total", "c_ratio"]),
            TEXTS,
        ),
        st.sampled_from(list(Kind)),
        method=st.sampled_from(["value", "rate", "p(99)"]),
        percent=st.none() | st.just(99.0),
        min_growth=st.floats(0, 100),
        limit=st.none() | st.floats(0, 1e9),
        must_return=st.booleans(),
        is_written=st.booleans(),
    ),
    status=st.sampled_from(list(Status)),
    reason=TEXTS,
    **dict.fromkeys(
        ["rate", "low", "visible", "growth", "level", "start", "end", "settled", "hours_left", "limit"], FIGURES
    ),
    restarts=st.integers(0, 9),
    teeth=st.integers(0, 99),
    steps=st.lists(st.builds(Step, st.floats(), st.floats()), max_size=2).map(tuple),
    retained=st.none() | st.builds(Retained, st.floats(), st.floats(), st.floats()),
    points=POINTS,
    judged=POINTS,
)
"""Verdicts of any names and figures, also such as no run has."""
WATCHED = st.builds(Watched, TEXTS, TEXTS, POINTS, st.lists(st.floats(), max_size=3).map(tuple))
ERRORS = st.builds(
    ErrorKind,
    *[TEXTS] * 4,
    st.integers(1),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    TEXTS,
    st.none() | st.builds(Answer, TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple), TEXTS, TEXTS, TEXTS),
)
RESULTS = st.builds(
    RunResult,
    name=TEXTS,
    verdict=st.builds(Verdict, st.sampled_from(["passed", "failed", "error"]), st.integers(0, 255), TEXTS),
    started_at=TEXTS,
    duration=st.floats(0, 1e6),
    workers=st.integers(0, 100),
    complete=st.booleans(),
    tags=st.dictionaries(TEXTS, TEXTS, max_size=2),
    phases=st.lists(st.builds(Phase, TEXTS, st.floats(0, 1e6), st.floats(0, 1e6)), max_size=2).map(tuple),
    outcomes=st.lists(OUTCOMES, max_size=2).map(tuple),
    series=st.lists(
        st.builds(
            SeriesRow,
            TEXTS,
            st.dictionaries(TEXTS, TEXTS, max_size=2),
            st.integers(0),
            st.dictionaries(st.sampled_from(["min", "p99", "value"]), NUMBERS),
        )
        | ENDPOINTS,
        max_size=2,
    ).map(tuple),
    findings=st.lists(
        st.builds(Finding, TEXTS, TEXTS, st.dictionaries(st.just("figure"), NUMBERS | st.lists(NUMBERS, max_size=2))),
        max_size=2,
    ).map(tuple),
    warnings=st.lists(TEXTS, max_size=2).map(tuple),
    drifts=st.lists(DRIFTS, max_size=2).map(tuple),
    watched=st.lists(WATCHED, max_size=2).map(tuple),
    errors=st.lists(ERRORS, max_size=2).map(tuple),
)


@pytest.fixture(scope="session")
def results():
    """Draw results with names, figures and texts of any kind."""
    return RESULTS


@pytest.fixture(scope="session")
def drifts():
    """Draw verdicts on drift with names and figures of any kind."""
    return DRIFTS
