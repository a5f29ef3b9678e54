"""A summary read back is the run that was written; everything else is refused with a sentence."""

import json
from pathlib import Path

import jsonschema
import pytest
from examples import NASTY, compared, drifting, example, failing, limited
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.archive.report_dir import _joined
from locust_ext.measure.histogram import Histogram
from locust_ext.reports.hlog import tag_of
from locust_ext.reports.reading import NoSummaryError, read_summary
from locust_ext.reports.result import SeriesRow
from locust_ext.reports.schema import SCHEMA, json_schema
from locust_ext.reports.summary import summary

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "summary.schema.json"


@pytest.mark.parametrize(
    "result",
    [example(), compared(), compared(1.0), example(names=("/a", NASTY[:200])), drifting(), failing(), limited()],
    ids=["plain", "worse", "same", "nasty", "drifting", "failing", "limited"],
)
def test_a_run_is_read_back(result):
    """All of it, its histograms apart; counts of rates, counters and herds are there."""
    found = read_summary(summary(result))
    assert found == result
    for ours, theirs in zip(result.series, found.series, strict=True):
        if not isinstance(ours.sink, Histogram):
            assert type(theirs.sink) is type(ours.sink)
            assert theirs.sink.to_row()[-1] == ours.sink.to_row()[-1]


def test_the_published_schema_is_that_of_the_code():
    """`locust-ext schema` writes the file that the documents link to."""
    assert json.loads(PUBLISHED.read_text("utf-8")) == json_schema()


@pytest.mark.parametrize("result", [example(), compared(), drifting(), failing(), limited()])
def test_a_summary_follows_its_schema(result):
    """Checked by a validator that is not ours."""
    VALIDATOR.validate(json.loads(summary(result)))


@given(data=st.data())
def test_any_summary_follows_its_schema(results, data):
    """Whatever names and figures there are."""
    VALIDATOR.validate(json.loads(summary(data.draw(results))))


TEXT = summary(compared())
LATER = json.dumps({**json.loads(TEXT), "schema": SCHEMA + 1})
FOREIGN = [
    ("nothing", "", "not JSON, or it was cut off"),
    ("cut off", TEXT[: len(TEXT) // 2], "not JSON, or it was cut off"),
    ("no JSON", "<xml/>", "not JSON"),
    ("a list", "[]", "has no schema"),
    ("a number", "1", "has no schema"),
    ("somebody else's", '{"metrics": {}}', "has no schema"),
    ("a version to come", LATER, "its schema is 2, and this version reads up to 1: update locust_ext"),
    ("a schema that is not a number", '{"schema": "1"}', "has no schema"),
    ("parts missing", '{"schema": 1}', "name: field required"),
    ("a wrong part", TEXT.replace('"workers": 1', '"workers": "many"'), "workers"),
    ("a threshold that is none", TEXT.replace("p(95)<400", "p95 under 400"), "not a threshold"),
    ("a kind that is none", TEXT.replace('"kind": "trend"', '"kind": "trick"'), "trick"),
    ("deep nesting", "[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize("text, sentence", [row[1:] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_what_is_no_summary(text, sentence):
    """A sentence says why."""
    with pytest.raises(NoSummaryError, match=sentence.replace("(", r"\(")):
        read_summary(text)


def test_what_a_later_version_adds_is_ignored():
    """Keys that nobody knows yet do not keep a run from being read."""
    document = json.loads(TEXT)
    document["weather"] = "fine"
    document["outcomes"][0]["mood"] = "good"
    assert read_summary(json.dumps(document)) == compared()


@given(st.integers(0, len(TEXT)), st.sampled_from(["", "{", "null", '"', "1e999", "[]"]))
def test_damage_is_refused_or_read(at, junk):
    """No other exception leaves the reader, wherever a byte changes."""
    try:
        read_summary(TEXT[:at] + junk + TEXT[at + 5 :])
    except NoSummaryError:
        return


@pytest.mark.parametrize("figures, odd", [({}, (0, 0)), ({"clamped": 2, "invalid": 3}, (2, 3))])
@pytest.mark.parametrize("count", [0, 1])
def test_values_that_were_odd(count, figures, odd):
    """They are those that the summary names, and none where it names none."""
    row = SeriesRow("http_req_duration", {}, count, {"p99": 5.0, "min": 5.0, "max": 5.0, "mean": 5.0, **figures})
    found = Histogram()
    for _ in range(count):
        found.record(5.0)
    histograms = {tag_of(row.metric, row.tags): found} if count else {}
    sink = _joined(row, histograms, Path("histograms.hlog")).sink
    assert (sink.clamped, sink.invalid, sink.count) == (*odd, count)
