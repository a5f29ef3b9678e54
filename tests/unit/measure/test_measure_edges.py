"""What one event, one feed and one report may hold: exactly as much as it may, and what happens to the next one."""

import math
from decimal import Decimal
from types import SimpleNamespace

import msgpack
import pytest

from locust_ext.measure.event import number_of, read_event
from locust_ext.measure.feeds import MOST_FEEDS, Feeds
from locust_ext.measure.histogram import HIGHEST, Histogram, bucket_of, highest_in, lowest_in
from locust_ext.measure.messages import NOTHING, Offset, read
from locust_ext.measure.phases import PhaseLog
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report_ledger import REMEMBERED, ReportLedger
from locust_ext.measure.rows import MOST_ROWS, MOST_TAGS, UnfitError, read_rows
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import CounterSink, Kind, RateSink
from locust_ext.measure.tally import Tally
from locust_ext.text.lengths import LONGEST_NAME


class Odd:
    """Refuses to be read."""

    def __bool__(self):
        raise RuntimeError

    @property
    def status_code(self):
        raise RuntimeError


def event(name="/a", duration=1.0, response=None, context=None, exception=None):
    """Read an event of GET."""
    return read_event("GET", name, duration, response, context, exception)


EVENTS = [
    ("plain", {}, {"failed": False, "unreadable": False, "duration": 1.0, "name": "/a", "status": None}),
    ("without a duration", {"duration": None}, {"duration": None, "unreadable": False}),
    ("a duration that is none", {"duration": "1"}, {"duration": None, "unreadable": True}),
    ("without a name", {"name": None}, {"name": "", "unreadable": True}),
    ("a name that is a number", {"name": 5}, {"name": "5", "unreadable": False}),
    ("a status", {"response": SimpleNamespace(status_code=200)}, {"status": "200", "unreadable": False}),
    ("a status that cannot be read", {"response": Odd()}, {"status": None, "unreadable": True}),
    ("it failed", {"exception": ValueError()}, {"failed": True, "unreadable": False}),
    ("a failure that cannot be read", {"exception": Odd()}, {"failed": True, "unreadable": True}),
    ("tags", {"context": {"tags": {"a": 1, "b": None}}}, {"tags": {"a": "1"}, "unreadable": False}),
    ("no tags", {"context": {"tags": None}}, {"tags": {}, "unreadable": False}),
    ("tags that are none", {"context": {"tags": 5}}, {"tags": {}, "unreadable": True}),
    ("a context that is none", {"context": 5}, {"tags": {}, "unreadable": True}),
]


@pytest.mark.parametrize("given, found", [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS])
def test_events(given, found):
    """What can be read is read, and what cannot is told."""
    read_one = event(**given)
    assert {key: getattr(read_one, key) for key in found} == found


NUMBERS = [
    (5, 5),
    (2**63 - 1, 2**63 - 1),
    (2**63, 2.0**63),
    (-(2**63), -(2.0**63)),
    (Decimal("1.5"), 1.5),
    (True, 1.0),
    ("5", None),
    (b"5", None),
    (5j, None),
    (math.nan, None),
    (math.inf, None),
    (10**400, None),
    (None, None),
]


@pytest.mark.parametrize("value, number", NUMBERS, ids=[repr(row[0])[:20] for row in NUMBERS])
def test_numbers(value, number):
    """What msgpack can carry: whole ones up to 64 bits, others as floats."""
    found = number_of(value)
    assert (type(found), found) == (type(number), number)
    msgpack.packb(found)


MESSAGES = [
    ('{"t": 1}', (1.0, None)),
    ('{"seq": 0}', (None, 0)),
    ('{"seq": -1, "t": 0}', (0.0, None)),
    (f'{{"seq": {2**53 - 1}}}', (None, 2**53 - 1)),
    (f'{{"seq": {2**53}}}', (None, None)),
    ('{"t": 99999999999}', (99999999999.0, None)),
    ('{"t": 100000000000}', (None, None)),
    ('{"t": -100000000000}', (None, None)),
    ('{"seq": true, "t": true}', (None, None)),
    ('{"seq": 1.0, "t": "1"}', (None, None)),
    (b'{"t": 2, "seq": 3}', (2.0, 3)),
    (bytearray(b'{"seq": 3}'), (None, 3)),
    ('["t"]', (None, None)),
    ('{"t": ', (None, None)),
    (5, (None, None)),
]


@pytest.mark.parametrize("message, told", MESSAGES, ids=[str(row[0])[:30] for row in MESSAGES])
def test_messages(message, told):
    """Of a text or bytes in JSON, its time and its number."""
    assert tuple(read(message)) == told


def test_a_message_that_mentions_neither_is_not_parsed():
    """It tells nothing, whatever it is."""
    assert read("{broken") is NOTHING
    assert read(b"{broken") is NOTHING


def test_the_least_difference_is_that_of_the_clocks():
    """The first message has no age; each later one has what it took beyond the quickest."""
    offset = Offset()
    assert [
        offset.age(received, sent) for received, sent in ((105.0, 5.0), (107.0, 6.0), (107.0, 8.0), (109.0, 9.0))
    ] == [
        0.0,
        1.0,
        0.0,
        1.0,
    ]


class Socket:
    """A class of users with a path."""

    path = "/feed"


def test_feeds_are_of_a_class_and_a_host():
    """One of both is the same; classes of one host share its clock, and a run begins without any."""
    feeds = Feeds(Recorder())
    one, other = feeds.feed(Socket, "a"), feeds.feed(SimpleNamespace, "a")
    assert feeds.feed(Socket, "a") is one
    assert one is not other
    assert one.offset is other.offset
    assert feeds.feed(Socket, "b").offset is not one.offset
    assert (one.tags, other.tags) == ({"name": "/feed"}, {})
    feeds.begin()
    assert feeds.feed(Socket, "a") is not one
    assert feeds.feed(Socket, "a").offset is not one.offset


def test_feeds_are_bounded():
    """Those of further hosts are each on their own, and those that are known stay."""
    feeds = Feeds(Recorder())
    hosts = [str(number) for number in range(MOST_FEEDS)]
    first = [feeds.feed(Socket, host) for host in hosts]
    assert feeds.feed(Socket, "more") is not feeds.feed(Socket, "more")
    assert [feeds.feed(Socket, host) for host in hosts] == first


def test_numbers_of_messages_make_missing_none_known():
    """Once in each phase."""
    recorder = Recorder()
    feed = Feeds(recorder).feed(Socket, "a")
    for phase in ("", "", "surge", "surge"):
        recorder.enter_phase(phase)
        feed.numbered(recorder)
    store = Store()
    store.merge(recorder.take())
    assert [(dict(tags).get("phase", ""), sink.steps, sink.value) for _, tags, sink in store] == [
        ("", 1, 0),
        ("surge", 1, 0),
    ]


def test_a_tally_hands_everything_on():
    """Durations, how many, how many failed, and how long they took since they were due."""
    duration, count, failures, corrected = Histogram(), CounterSink(), RateSink(), Histogram()
    tally = Tally(duration, count, failures, corrected)
    tally.values += [5.0, None, -1.0, 7.0]
    tally.late += [10.0, 10.0, 10.0, 0.0]
    tally.failed = 2
    assert tally.fold() == 1
    assert (duration.count, duration.invalid, count.value, count.steps) == (2, 2, 4, 4)
    assert (failures.hits, failures.total) == (2, 4)
    assert (corrected.minimum, corrected.maximum, corrected.invalid) == (7.0, 15.0, 2)
    assert (tally.values, tally.late, tally.failed) == ([], [], 0)
    assert tally.fold() == 0
    assert count.steps == 4


ROW = ["steps", [], "counter", [1.0, 1, 1]]
PAIRS = [[f"k{number:03}", "v"] for number in range(MOST_TAGS)]
EDGES = [
    ("as many tags as there may be", [["steps", PAIRS, *ROW[2:]]], True),
    ("one tag more", [["steps", [*PAIRS, ["z", "v"]], *ROW[2:]]], False),
    ("a name as long as it may be", [["m" * LONGEST_NAME, *ROW[1:]]], True),
    ("a name one longer", [["m" * (LONGEST_NAME + 1), *ROW[1:]]], False),
    ("no name", [["", *ROW[1:]]], False),
    ("a value of a tag as long as it may be", [["steps", [["a", "v" * LONGEST_NAME]], *ROW[2:]]], True),
    ("a value one longer", [["steps", [["a", "v" * (LONGEST_NAME + 1)]], *ROW[2:]]], False),
    ("tags in order", [["steps", [["a", ""], ["b", ""]], *ROW[2:]]], True),
    ("a tag twice", [["steps", [["a", ""], ["a", ""]], *ROW[2:]]], False),
    ("nothing was lumped", [["steps", [], "lumped", [0]]], True),
]


@pytest.mark.parametrize("rows, fits", [row[1:] for row in EDGES], ids=[row[0] for row in EDGES])
def test_rows(rows, fits):
    """They are read, or refused with the number of the row."""
    if fits:
        read_rows(rows)
    else:
        with pytest.raises(UnfitError, match=r"^row 0: "):
            read_rows(rows)


def test_how_many_rows_there_may_be():
    """And what is open may be as many."""
    assert len(read_rows([ROW] * MOST_ROWS).series) == MOST_ROWS
    with pytest.raises(UnfitError, match=f"at most {MOST_ROWS:,} rows"):
        read_rows([ROW] * (MOST_ROWS + 1))


def test_series_of_one_metric_and_kind():
    """Of another kind there are none."""
    measured = read_rows([ROW, ["other", [], "counter", [1.0, 1, 1]]])
    assert [sink.value for _, sink in measured.of("steps", Kind.COUNTER)] == [1.0]
    assert list(measured.of("steps", Kind.TREND)) == []
    assert list(measured.of("nobody", Kind.COUNTER)) == []
    assert read_rows(measured) is measured


def test_which_reports_are_remembered():
    """The last twenty: the same again is known, others are not."""
    ledger = ReportLedger("r")
    for number in range(1, REMEMBERED + 2):
        assert ledger.accept("w", "r", number, str(number).encode())
    assert [ledger.knows("w", number, str(number).encode()) for number in (1, 2, REMEMBERED + 1)] == [False, True, True]
    assert not ledger.knows("w", 2, b"other")
    assert not ledger.knows("nobody", 2, b"2")
    assert (ledger.is_late("w"), ledger.is_late("nobody")) == (False, False)
    ledger.finish("w", 5.0)
    assert ledger.is_late("w")
    assert REMEMBERED == 20


def test_buckets_at_their_edges():
    """Units are their own up to 2,047; from there on two, then four share one."""
    assert [bucket_of(unit) for unit in (0, 2047, 2048, 2049, 2050, 4095, 4096, 4099, 4100)] == [
        0,
        2047,
        2048,
        2048,
        2049,
        3071,
        3072,
        3072,
        3073,
    ]
    assert [(lowest_in(bucket), highest_in(bucket)) for bucket in (0, 2047, 2048, 3071, 3072)] == [
        (0, 0),
        (2047, 2047),
        (2048, 2049),
        (4094, 4095),
        (4096, 4099),
    ]
    assert lowest_in(bucket_of(HIGHEST)) <= HIGHEST <= highest_in(bucket_of(HIGHEST))


def test_counting_from_a_value():
    """At it and above, to the width of a bucket; of less than nothing all."""
    histogram = Histogram()
    histogram.record_all([1.0, 2.0, 3.0])
    assert [histogram.count_from(value) for value in (-1.0, 1.0, 1.0005, 2.0, 3.0, 3.002)] == [3, 3, 2, 2, 1, 0]


def test_a_phase_begins_at_its_moment():
    """That moment is of it; what is entered twice goes on."""
    log = PhaseLog()
    log.enter("a", 10.0)
    log.look(14.0)
    log.enter("a", 12.0)
    assert (log.since, log.lasted) == (10.0, 4.0)
    log.enter("b", 20.0)
    assert [log.at(time) for time in (9.9, 10.0, 19.9, 20.0)] == ["", "a", "a", "b"]
    assert log.lasted == 0.0
