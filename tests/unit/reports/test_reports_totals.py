"""Series put together again."""

from examples import example

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import RateSink
from locust_ext.reports.result import SeriesRow
from locust_ext.reports.totals import merge_rows, totals_of


def test_totals_are_the_sums_of_all_series():
    """All series of a metric are one; its samples are those of all of them."""
    result = example()
    totals = totals_of(result)
    assert {row.metric for row in result.series} == set(totals)
    for metric in ("http_req_duration", "generator_lag"):
        assert totals[metric].count == sum(row.count for row in result.series if row.metric == metric)


def test_what_is_merged_stays_as_it_was():
    """Merging takes nothing from the series and puts nothing into them."""
    result = example()
    before = [row.sink.to_row() for row in result.series]
    totals_of(result)
    assert before == [row.sink.to_row() for row in result.series]


def test_merge_rows_by_key():
    """Rows under one key are merged; rows without counts add nothing."""
    rows = [
        SeriesRow("m", {"name": "/a", "status": "200"}, 4, {}, RateSink(1, 4)),
        SeriesRow("m", {"name": "/a", "status": "500"}, 2, {}, RateSink(2, 2)),
        SeriesRow("m", {"name": "/b"}, 1, {}, RateSink(0, 1)),
        SeriesRow("t", {"name": "/b"}, 1, {"p99": 5.0}),
    ]
    merged = merge_rows(rows, lambda row: row.tags["name"])
    assert {name: sink.to_row() for name, sink in merged.items()} == {"/a": [3, 6], "/b": [0, 1]}


def test_a_trend_is_merged_into_a_histogram_of_its_own():
    """One series alone is copied too."""
    sink = Histogram()
    sink.record(5)
    merged = merge_rows([SeriesRow("t", {}, 1, {}, sink)], lambda row: row.metric)
    assert merged["t"] is not sink
    assert merged["t"].count == 1
