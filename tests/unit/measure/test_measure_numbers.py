"""The numbers that bound what is measured, and how often something is looked at."""

import pytest

from locust_ext.measure import censored, hiccup, silence, user_seconds
from locust_ext.measure.catalogue import HTTP, OTHER_REQUESTS
from locust_ext.measure.farewell import FINAL_DEADLINE, SAID_AFTER, SOON
from locust_ext.measure.feeds import MOST_FEEDS, Feeds
from locust_ext.measure.histogram import HIGHEST, ROW_PARTS, SIGNIFICANT_DIGITS, UNITS, Histogram, bucket_of
from locust_ext.measure.messages import HIGHEST as HIGHEST_NUMBER
from locust_ext.measure.messages import LATEST, number_of, seconds_of
from locust_ext.measure.metrics import MOST_DECLARED, Declarations
from locust_ext.measure.open_requests import MOST_OPEN, OpenRequests
from locust_ext.measure.phases import REMEMBERED as PHASES
from locust_ext.measure.phases import PhaseLog
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import MOST_REFUSED, Report
from locust_ext.measure.report_ledger import LEFT_EARLY, WORKER_PERIOD, ReportLedger
from locust_ext.measure.report_ledger import REMEMBERED as REPORTS
from locust_ext.measure.reporting import ENDING
from locust_ext.measure.rows import MOST_ROWS, MOST_TAGS, read_rows
from locust_ext.measure.series import MOST_LEAVES, MOST_LUMPED, MOST_METRICS, MOST_TEXT, Store, shorten
from locust_ext.measure.sinks import MOST_SLOTS, MOST_VALUE, CounterSink, Kind, TimelineSink
from locust_ext.measure.tally import BATCH
from locust_ext.measure.timeline_builder import MOST_SLICES, MOST_TRACKS, TimelineBuilder, highest
from locust_ext.measure.user_code import INTERRUPTED, exit_code_of
from locust_ext.process.wire import UnfitError


def test_numbers_of_histograms():
    """Microseconds of milliseconds, up to eleven days, to three digits."""
    assert (UNITS, HIGHEST, SIGNIFICANT_DIGITS, ROW_PARTS) == (1000, 10**12, 3, 6)
    assert [bucket_of(unit) for unit in (0, 2047, 2048, 2049, 2050)] == [0, 2047, 2048, 2048, 2049]
    assert len(Histogram().to_row()) == ROW_PARTS


def test_numbers_of_stores():
    """A thousand series a metric, two hundred letters of a name, two thousand metrics."""
    store = Store()
    assert (store.limit, MOST_LEAVES, MOST_LUMPED, MOST_METRICS, MOST_TEXT) == (1000, 1000, 200, 2000, 200)
    assert [len(shorten("x" * length)) for length in (199, 200, 201)] == [199, 200, 200]
    assert Recorder()._most_tallies == 2 * MOST_LEAVES
    assert BATCH == 256


def test_numbers_of_rows():
    """What one report may hold, and what one value may be."""
    assert not read_rows([]).series
    assert (MOST_ROWS, MOST_TAGS, MOST_REFUSED) == (50_000, 100, 30)
    assert (MOST_VALUE, MOST_SLOTS) == (1e300, 100_000)
    assert CounterSink.from_row(CounterSink(1e300, 1, seen=True).to_row()).value == 1e300
    with pytest.raises(UnfitError):
        CounterSink.from_row([2e300, 1, 1])
    herd = TimelineSink()
    herd.add(5)
    assert TimelineSink.from_row(herd.to_row()).slots == herd.slots


def test_numbers_of_messages():
    """Times in seconds, and whole numbers that JSON can hold."""
    assert (LATEST, HIGHEST_NUMBER) == (1e11, 9_007_199_254_740_992)
    assert [seconds_of(value) for value in (-99_999_999_999, 99_999_999_999, 1e11)] == [
        -99_999_999_999,
        99_999_999_999,
        None,
    ]
    assert [number_of(value) for value in (0, 2**53 - 1, 2**53, -1)] == [0, 2**53 - 1, None, None]


def test_numbers_of_open_requests():
    """A hundred thousand of them; failures are named after the durations of their family."""
    assert OpenRequests().take_lost() == ([], [])
    assert censored.together([]).count == 0
    assert MOST_OPEN == 100_000
    assert censored.FAILS_WITH == {"http_req_failed": "http_req_duration", "req_failed": "req_duration"}
    assert (HTTP[0], OTHER_REQUESTS[0]) == ("http_req_duration", "req_duration")


def test_numbers_of_reports():
    """How often a worker reports, how early one may leave, and how many numbers and phases are remembered."""
    assert ReportLedger("run").run == "run"
    assert PhaseLog().name == ""
    assert (WORKER_PERIOD, LEFT_EARLY, REPORTS, PHASES) == (3.0, 2.0, 20, 32)
    assert (FINAL_DEADLINE, SAID_AFTER, SOON) == (15.0, 1.0, 0.02)
    assert ENDING.again is False
    with pytest.raises(UnfitError):
        Report.of({})


def test_numbers_of_looks():
    """Fifty wake-ups a second, a pause from a tenth on, five looks at the users."""
    assert hiccup.lags(0.0) == [0.0]
    assert (hiccup.INTERVAL, hiccup.PAUSE, user_seconds.EVERY) == (0.02, 0.1, 0.2)
    assert hiccup.lags(0.05) == pytest.approx([0.05, 0.03, 0.01])
    assert (hiccup.WATCHING.lasts, user_seconds.COUNTING.lasts) == (True, True)


def test_numbers_of_pictures():
    """240 slices and a dozen endpoints; nothing is higher than nothing."""
    assert highest([]) is None
    assert TimelineBuilder().timeline().tracks == ()
    feeds = Feeds(Recorder())
    assert feeds.feed(object, "host") is feeds.feed(object, "host")
    Declarations().declare("mine", Kind.TREND)
    assert (MOST_SLICES, MOST_TRACKS, MOST_FEEDS, MOST_DECLARED) == (240, 12, 1000, 1000)


def test_numbers_of_silence():
    """A second at least, twice what is usual, learned from ten."""
    assert (silence.Rhythm().is_known, silence.Rhythm().usual, silence.Rhythm().patience()) == (False, 0.0, 1.0)
    assert (silence.SHORTEST, silence.TIMES, silence.LEARNED) == (1.0, 2.0, 10)
    assert (silence.MOST, silence.MOST_STEPS, silence.MOST_LATE) == (1000, 20, 10_000)


def test_numbers_of_ends():
    """The code of Ctrl-C, as shells have it."""
    assert exit_code_of(None) == 0
    assert INTERRUPTED == 130
