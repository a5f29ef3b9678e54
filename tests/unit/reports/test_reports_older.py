"""What is read of a summary in which little is said, such as one of an older version."""

import pytest
from pydantic import ValidationError

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Rule
from locust_ext.gates.thresholds import Threshold, parse_assertion
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.measure.timeline import Timeline
from locust_ext.reports.compared_entry import ComparedEntry, ComparisonEntry
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.schema import (
    OpenRequestsEntry,
    OpenRowEntry,
    OutcomeEntry,
    SeriesEntry,
    Summary,
    TimelineEntry,
)

LEAST = {
    "name": "feed",
    "verdict": "passed",
    "exit_code": 0,
    "reason": "",
    "started_at": "2026-11-24T10:00:00+00:00",
    "duration_s": 60.0,
    "workers": 2,
    "complete": True,
}


def test_a_run_of_which_little_is_said():
    """It has its verdict, and nothing else: no phase, no figure, no open request, no earlier run."""
    summary = Summary(**LEAST)
    run = summary.result()
    assert summary.schema_ == 1
    assert (run.id, run.name, run.duration, run.workers, run.complete) == ("", "feed", 60.0, 2, True)
    assert (run.verdict.word, run.verdict.exit_code, run.verdict.reason) == ("passed", 0, "")
    assert (run.phases, run.outcomes, run.series, run.findings, run.warnings, run.comparison) == (*((),) * 5, None)
    assert (run.tags, run.fingerprint, run.software) == ({}, {}, {})
    assert (run.open_requests.count, run.open_requests.oldest, run.open_requests.by) == (0, None, ())
    assert (run.timeline.width, run.timeline.users, run.timeline.tracks) == (1.0, (), ())


def test_an_outcome_of_which_little_is_said():
    """It was of the whole run, had to be there, and durations were measured once."""
    entry = OutcomeEntry(metric="m", selector="m", threshold="p(95)<400", value=1.5, count=9, status="passed")
    threshold = Threshold(Selector("m"), parse_assertion("p(95)<400"), Kind.TREND)
    assert entry.outcome() == Outcome(threshold, Status.PASSED, 1.5, 9)
    assert (entry.phase, entry.window_s, entry.optional, entry.corrected, entry.reason) == (
        *(None, None),
        *(False, False),
        None,
    )
    assert (threshold.window, threshold.abort_on_fail, threshold.delay_abort) == (None, False, 0.0)
    assert (threshold.min_samples, threshold.optional, threshold.corrected) == (0, False, None)


def test_a_comparison_of_which_little_is_said():
    """A figure that rose without bounds, of one run, beside none."""
    entry = ComparedEntry(metric="m", selector="m", kind="rate", method="rate", status="inconclusive")
    row = entry.row()
    assert row == Compared(Rule(Selector("m"), Kind.RATE, "rate", 0.0, 0.0), Status.INCONCLUSIVE)
    assert (row.rule.rising, row.rule.required, row.rule.limit, row.rule.floor) == (True, False, 0.0, 0.0)
    assert (row.value, row.count, row.low, row.high, row.before) == (None, 0, None, None, ())
    assert (row.median, row.ratio, row.limit, row.detectable, row.suspect, row.reason) == (*(None,) * 4, False, "")
    whole = ComparisonEntry(status="inconclusive", runs=("2026-11-24",)).comparison()
    assert (whole.repeats, whole.excluded, whole.rows, whole.gaps, whole.notes) == (1, (), (), (), ())
    assert whole.spectra == {}


def test_parts_of_which_little_is_said():
    """A series without a kind has no sink, and a request without a method has none."""
    assert SeriesEntry(metric="m", count=3).row().sink is None
    sink = SeriesEntry(metric="m", kind="rate", count=3, value=2 / 3).row().sink
    assert isinstance(sink, RateSink)
    assert (sink.hits, sink.total) == (2, 3)
    assert SeriesEntry(metric="m", kind="rate", count=3, value=None).row().sink.hits == 0
    assert OpenRowEntry(name="/a", count=3).row() == OpenRow("/a", "", 3, None)
    assert OpenRequestsEntry().requests() == OpenRequests(0, None, ())
    assert TimelineEntry().timeline() == Timeline(1.0, (), (), (), ())


def test_what_a_later_version_says():
    """What is not known is ignored, and an entry stays as it was read."""
    summary = Summary(**LEAST, moods=["calm"])
    assert "moods" not in summary.plain()
    with pytest.raises(ValidationError, match="frozen"):
        summary.name = "other"
    series = SeriesEntry(metric="m", count=3, mood="calm")
    assert series.figures == {"mood": "calm"}
    with pytest.raises(ValidationError, match="frozen"):
        series.count = 4
    assert set(summary.plain()) == {*LEAST}
