"""run.hlog: the standard interval log, whole, and damaged in every way."""

from dataclasses import replace
from urllib.parse import unquote

import pytest
from examples import NASTY, example
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given, settings
from hypothesis import strategies as st

from locust_ext.load.schedule import Phase
from locust_ext.measure.histogram import UNITS, Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.reports.hlog import NoLogError, hlog, read_hlog, tag_of
from locust_ext.reports.result import SeriesRow, rows_of

TEXTS = st.text(max_size=20)


@given(TEXTS, st.dictionaries(TEXTS.filter(bool), TEXTS.filter(bool), max_size=3))
def test_a_tag_names_its_series(metric, tags):
    """Whatever stands in names, the tag is one word without comma or space, and is read back."""
    tag = tag_of(metric, tags)
    assert tag.isascii()
    assert not set(tag) & set(', \t\n"')
    name, *pairs = (part.partition("=") for part in tag.split(";"))
    assert (unquote(name[0]), {unquote(key): unquote(value) for key, _, value in pairs}) == (metric, tags)


@settings(max_examples=25)  # each encodes and decodes dense arrays of 31,000 cells
@given(st.lists(st.lists(st.floats(0, 1e9), min_size=1, max_size=50), min_size=1, max_size=3))
def test_histograms_are_read_back(lists):
    """Every count, in every bucket."""
    rows = []
    for number, values in enumerate(lists):
        histogram = Histogram()
        histogram.record_all(values)
        rows.append(SeriesRow("m", {"name": str(number)}, len(values), {}, histogram))
    found = read_hlog(hlog(replace(example(), series=tuple(rows))))
    assert {tag: one.counts for tag, one in found.items()} == {tag_of("m", row.tags): row.sink.counts for row in rows}


def test_the_library_reads_it(tmp_path):
    """HdrHistogram's own reader for Python finds the same percentiles, tags and times."""
    result = example(names=("/feed", NASTY[:150]))
    file = tmp_path / "run.hlog"
    file.write_text(hlog(result), "utf-8")
    reader = HistogramLogReader(str(file), HdrHistogram(1, 1000, 3))
    expected = {tag_of(row.metric, row.tags): row for row in result.series if isinstance(row.sink, Histogram)}
    seen = {}
    while (interval := reader.get_next_interval_histogram()) is not None:
        seen[interval.get_tag()] = interval
    assert set(seen) == set(expected)
    for tag, interval in seen.items():
        ours = expected[tag].sink
        assert interval.get_total_count() == ours.count
        exact = ours.at_rank(max(1, int(0.95 * ours.count + 0.5)))
        assert interval.get_value_at_percentile(95) == pytest.approx(exact * UNITS, abs=1, rel=0.001)


def test_an_interval_is_its_phase():
    """A series of a phase has the phase's start and length; others those of the run."""
    lines = [line for line in hlog(example()).splitlines() if line.startswith("Tag=")]
    times = {line.split(",")[0].rpartition("phase=")[2].partition(";")[0]: line.split(",")[1:3] for line in lines}
    assert times["warmup"] == ["0.000", "5.000"]
    assert times["storm"] == ["40.000", "10.000"]


SPANS = [
    ("no phase: from the begin to the end", "", (), ["0.000", "60.000"]),
    ("a phase of another name", "x", (Phase("y", 5, 9),), ["0.000", "60.000"]),
    ("one that comes twice", "x", (Phase("x", 5, 9), Phase("x", 20, 30)), ["5.000", "25.000"]),
    ("one of no length", "x", (Phase("x", 5, 5),), ["5.000", "0.000"]),
    ("from the begin", "x", (Phase("x", 0, 3),), ["0.000", "3.000"]),
    ("one from before the begin is none", "x", (Phase("x", -1, 3),), ["0.000", "60.000"]),
    ("one that ends before it begins is none", "x", (Phase("x", 3, 1),), ["0.000", "60.000"]),
]


@pytest.mark.parametrize("phase, phases, span", [row[1:] for row in SPANS], ids=[row[0] for row in SPANS])
def test_where_an_interval_lies(phase, phases, span):
    """From the first begin of its phase to its last end; else that of the run."""
    store = Store()
    store.leaf("m", tags_of({"phase": phase} if phase else {}), Kind.TREND).record(5.0)
    (line,) = [
        one for one in hlog(replace(example(), series=rows_of(store), phases=phases)).splitlines() if "Tag=" in one
    ]
    assert line.split(",")[1:3] == span
    assert line.split(",")[3] == "5.000"


GOOD = hlog(example())
LAST = GOOD.splitlines()[-1]
DAMAGED = [
    ("empty", "", "not a histogram log"),
    ("something else", "hello\n", "not a histogram log"),
    ("cut off in a line", GOOD[:-300], "damaged"),
    ("cut off in the head of a line", GOOD.rpartition("Tag=")[0] + "Tag=http_", "damaged"),
    ("garbage in a payload", GOOD.replace(LAST[-80:], "A" * 80), "damaged"),
    ("no base64", GOOD.replace(LAST[-80:], "!" * 80), "damaged"),
    ("another resolution", None, "another resolution"),
]


@pytest.mark.parametrize("text, sentence", [row[1:] for row in DAMAGED], ids=[row[0] for row in DAMAGED])
def test_damaged(text, sentence):
    """A damaged log is refused with the number of the line."""
    if text is None:
        coarse = HdrHistogram(1, 1000, 2)
        coarse.record_value(5)
        text = GOOD.replace(LAST.rpartition(",")[2], coarse.encode().decode())
    with pytest.raises(NoLogError, match=sentence):
        read_hlog(text)


@given(st.text(max_size=200), st.integers(0, len(GOOD)))
def test_anything_is_read_or_refused(junk, cut):
    """No other exception leaves the reader."""
    for text in (junk, GOOD[:cut] + junk):
        try:
            read_hlog(text)
        except NoLogError:
            continue


def test_a_start_that_is_no_time():
    """A summary from elsewhere may have any text there; the log then begins at zero."""
    assert "#[StartTime: 0.000 " in hlog(replace(example(), started_at="yesterday", tags=dict(tags_of({}))))


HEAD = "#[Histogram log format version 1.3]\n"
WRONG = [
    ("its second line", HEAD + "hello\n", "line 2 is damaged, or cut off"),
    (
        "its fourth line, after one that is empty",
        HEAD + '"StartTimestamp","x"\n\nhello\n',
        "line 4 is damaged, or cut off",
    ),
    ("what a line holds", HEAD + LAST.rpartition(",")[0] + ",AAAA", "line 2 holds no histogram, or a damaged one"),
]


@pytest.mark.parametrize("text, sentence", [pytest.param(*row[1:], id=row[0]) for row in WRONG])
def test_the_line_that_is_damaged(text, sentence):
    """It is told by its number in the file."""
    with pytest.raises(NoLogError) as caught:
        read_hlog(text)
    assert str(caught.value) == sentence


def test_intervals_of_one_tag():
    """They are one histogram; a log without any has none."""
    assert read_hlog(HEAD) == {}
    ((tag, once),) = read_hlog(HEAD + LAST).items()
    assert read_hlog(f"{HEAD}{LAST}\n# words\n{LAST}\n")[tag].count == 2 * once.count
