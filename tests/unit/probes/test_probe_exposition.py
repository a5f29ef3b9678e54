"""Answers in Prometheus' format, and in everything else that an address may send: read, named, never raised."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from locust_ext.probes.exposition import LONGEST_LINE, MOST_KEPT, MOST_LINES, Sieve, Wanted, read_lines
from locust_ext.probes.options import MOST_SERIES
from locust_ext.probes.readings import Read, Reading
from locust_ext.probes.series import parse_series


def read(text, *series, chunk=7, process=None):
    """Read an answer, a few bytes at a time."""
    wanted = Wanted(tuple(map(parse_series, series)), process=not series if process is None else process)
    sieve = Sieve(wanted)
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    for at in range(0, len(content), chunk):
        sieve.feed(content[at : at + chunk])
    sieve.end()
    return read_lines(sieve, wanted)


PLAIN = """# HELP process_open_fds Number of open file descriptors.
# TYPE process_open_fds gauge
process_open_fds 12.0
# TYPE process_max_fds gauge
process_max_fds 1024.0
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 3.5
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7e+09
# TYPE app_requests counter
app_requests{code="200",method="GET"} 10 1700000000000
app_requests{code="500",method="GET"} 2
app_requests{code="200",method="POST"} 5
app_level -3
other 1
"""


def test_the_series_of_the_process():
    """Where nobody names any; what tells of limits and restarts is always read."""
    assert read(PLAIN).values == {
        "process_open_fds": Reading(12.0),
        "process_max_fds": Reading(1024.0),
        "process_cpu_seconds_total": Reading(3.5, counts=True),
        "process_start_time_seconds": Reading(1.7e9),
    }


SERIES = [
    ("a gauge", "process_open_fds", 12.0, False, 1),
    ("a counter by its type", "app_requests", 17.0, True, 3),
    ("those with a label", 'app_requests{code="200"}', 15.0, True, 2),
    ("those with all labels", 'app_requests{code="200",method="POST"}', 5.0, True, 1),
    ("a gauge may be negative", "app_level", -3.0, False, 1),
]


@pytest.mark.parametrize("name, value, counts, parts", [row[1:] for row in SERIES], ids=[row[0] for row in SERIES])
def test_named_series(name, value, counts, parts):
    """A name is all of its label sets; a name with labels those that fit."""
    assert read(PLAIN, name).values[name] == Reading(value, counts=counts, parts=parts)


TYPES = [
    ("a gauge that is called a total", "# TYPE a_total gauge\na_total 1\n", "a_total", False),
    ("no type: by its name", "a_total 1\n", "a_total", True),
    ("untyped: by its name", "# TYPE a_total untyped\na_total 1\n", "a_total", True),
    ("OpenMetrics", "# TYPE a counter\na_total 1\na_created 5\n# EOF\n", "a_total", True),
    ("when a counter was made", "# TYPE a counter\na_total 1\na_created 5\n# EOF\n", "a_created", False),
    ("the count of a histogram", "# TYPE a histogram\na_count 1\n", "a_count", True),
    ("its sum", "# TYPE a histogram\na_sum 1\n", "a_sum", True),
    ("a quantile of a summary", '# TYPE a summary\na{quantile="0.5"} 1\n', "a", False),
    ("a gauge whose name says count", "# TYPE a_count gauge\na_count 1\n", "a_count", False),
    ("no type and no such name", "a 1\n", "a", False),
    ("a type that comes later", "a 1\n# TYPE a counter\n", "a", True),
]


@pytest.mark.parametrize("text, name, counts", [row[1:] for row in TYPES], ids=[row[0] for row in TYPES])
def test_what_only_grows(text, name, counts):
    """By the type of its family, else by its name."""
    assert read(text, name).values[name].counts is counts


ODD = [
    ("NaN", "a NaN\n", "is NaN"),
    ("infinite", "a +Inf\n", "is infinite"),
    ("below all", "a -Inf\n", "is infinite"),
    ("too large to be summed", "a 1e299\n", "is infinite"),
    ("a negative counter", "# TYPE a counter\na -1\n", "is negative"),
    ("twice", "a 1\na 2\n", "stands there twice"),
    ("twice with its labels in another order", 'a{b="1",c="2"} 1\na{c="2",b="1"} 1\n', "stands there twice"),
    ("one of several is NaN", 'a{b="1"} 1\na{b="2"} NaN\n', "is NaN"),
    ("no value", "a\n", "has a line that cannot be read"),
    ("a value that is none", "a one\n", "has a line that cannot be read"),
    ("half a label", 'a{b="1 3\n', "has a line that cannot be read"),
    ("one of several cannot be read", 'a{b="1"} 1\na{b="2"} x\n', "has a line that cannot be read"),
    ("a number of 5,000 digits", "a " + "9" * 3500 + "\n", "has a line that cannot be read"),
    ("a line that is too long", 'a{b="' + "x" * LONGEST_LINE + '"} 1\n', "has more label sets than are read"),
    ("too many label sets", "".join(f'a{{b="{n}"}} 1\n' for n in range(MOST_LINES + 1)), "has more label sets than are read"),
    ("too many bytes", "".join(f'a{{b="{"x" * 3000}{n}"}} 1\n' for n in range(MOST_KEPT // 3000 + 1)), "has more label sets than are read"),
]  # fmt: skip


@pytest.mark.parametrize("text, why", [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_what_makes_no_sense_is_left_out_and_named(text, why):
    """A part of a sum is not the sum; what stands beside it is read all the same."""
    found = read(text + "fine 1\n", "a", "fine", chunk=4096)
    assert found == Read({"fine": Reading(1.0)}, {"a": why})


def test_a_negative_series_of_the_process():
    """No process has a negative number of anything."""
    assert read("process_open_fds -1\n") == Read({}, {"process_open_fds": "is negative"})


def test_a_limit_that_makes_no_sense_is_nobody_s_trouble():
    """Nobody has asked for it: some clients say that there is none."""
    assert read("process_max_fds +Inf\nprocess_open_fds 1\n") == Read({"process_open_fds": Reading(1.0)}, {})
    assert read("process_max_fds +Inf\n", "process_max_fds").troubles == {"process_max_fds": "is infinite"}


FORMATS = [
    ("metrics", PLAIN, False),
    ("nothing", "", False),
    ("blank lines", "\n \n", False),
    ("a comment", "# nothing yet\n", False),
    ("one line that is none, then metrics", "?!\na 1\n", False),
    ("HTML", "<!DOCTYPE html>\n<html>\n<body>\n", True),
    ("JSON", '{"a": 1}', False),
    ("a JSON list", "[1, 2]", True),
    ("bytes", bytes(range(128, 256)) * 100, True),
    ("one endless line", b"<" * 100_000, True),
    ("an exception's page", "Internal Server Error", False),
]


@pytest.mark.parametrize("text, foreign", [row[1:] for row in FORMATS], ids=[row[0] for row in FORMATS])
def test_what_is_not_this_format(text, foreign):
    """By its first lines; what looks like it and is not has none of the series."""
    sieve = Sieve(Wanted())
    sieve.feed(text if isinstance(text, bytes) else text.encode())
    sieve.end()
    assert sieve.is_foreign is foreign
    assert read_lines(sieve, Wanted()).values == ({} if text is not PLAIN else read(PLAIN).values)


def test_both_formats_of_the_client_say_the_same():
    """Names with and without _total, exemplars, histograms, labels with every sign that is escaped."""
    registry = CollectorRegistry()
    Gauge("process_open_fds", "", registry=registry).set(7)
    counter = Counter("app_requests", "", ["path"], registry=registry)
    counter.labels('/a"b\\c\nd').inc(3, exemplar={"trace_id": "x # {y"})
    Histogram("app_seconds", "", registry=registry).observe(0.2, exemplar={"trace_id": "y"})
    names = [
        "process_open_fds",
        "app_requests_total",
        'app_requests_total{path="/a\\"b\\\\c\\nd"}',
        "app_seconds_count",
    ]
    old, new = (read(make(registry), *names) for make in (generate_latest, generate_openmetrics))
    assert old == new
    assert {name: (one.value, one.counts) for name, one in old.values.items()} == {
        "process_open_fds": (7.0, False), **dict.fromkeys(names[1:3], (3.0, True)), "app_seconds_count": (1.0, True),
    }  # fmt: skip


def test_series_of_the_process_are_bounded():
    """However many the target invents."""
    text = "".join(f"process_{n} 1\n" for n in range(500))
    assert len(read(text, chunk=4096).values) == MOST_SERIES


def test_what_a_sieve_keeps_is_bounded():
    """Fifty megabytes of series that nobody asks for leave nothing behind."""
    sieve = Sieve(Wanted())
    line = b'http_requests{path="/%d"} 1\n'
    for n in range(2000):
        sieve.feed(line % n * 40)
    sieve.feed(b"process_open_fds 3\n")
    sieve.end()
    assert sieve.lines == ["process_open_fds 3"]


@given(st.binary(max_size=400), st.integers(1, 50))
def test_whatever_is_sent_is_read_alike_in_pieces(content, chunk):
    """It never raises, and chunks make no difference."""
    assert read(content, "a", chunk=chunk) == read(content, "a", chunk=10_000)


LINES = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["", '{c="1"}', '{c="2"}', "{", '{c="'])
              , st.sampled_from(["1", "-2.5", "NaN", "1e9", "x", "", "0x1", "1_0", "∞"])), max_size=8)  # fmt: skip


def test_mangled_answers_never_raise():
    """Bytes taken out of a true answer, put in, and doubled; some of them can still be read."""
    random, whole, some = Random(20), 0, 0
    for _ in range(300):
        content = bytearray(PLAIN.encode())
        for _ in range(random.randrange(1, 6)):
            at = random.randrange(len(content))
            how = random.randrange(3)
            content[at : at + (how == 0)] = [b"", bytes([random.randrange(256)]), content[at : at + 50]][how]
        found = read(bytes(content), "app_requests", process=True, chunk=100)
        whole += found.troubles == {} and len(found.values) == 5
        some += bool(found.troubles)
    assert whole > 50
    assert some > 50


@given(LINES)
def test_lines_of_all_kinds(lines):
    """A series is the sum of its label sets, or it is left out and named; there is no third way."""
    found = read("".join(f"{name}{labels} {value}\n" for name, labels, value in lines), "a")
    there = any(name == "a" for name, *_ in lines)
    assert ("a" in found.values) + ("a" in found.troubles) == there


def test_the_rest_of_a_long_line_is_not_a_line():
    """Wherever a chunk ends; what follows it is read."""
    sieve = Sieve(Wanted())
    sieve.feed(b"z" * (LONGEST_LINE + 1))
    sieve.feed(b"process_open_fds 99\nprocess_open_fds 3\n")
    sieve.end()
    assert sieve.lines == ["process_open_fds 3"]


def test_names_that_a_target_invents_take_no_place_of_those_that_are_asked_for():
    """They come last here, and are read."""
    text = "".join(f"process_{n} 1\n" for n in range(2 * MOST_LINES)) + "late 5\n"
    assert read(text, "late", process=True, chunk=4096).values["late"] == Reading(5.0)


def test_blanks_before_a_line():
    """The format allows them."""
    assert read("  # TYPE a counter\n \ta 1\n", "a").values == {"a": Reading(1.0, counts=True)}
