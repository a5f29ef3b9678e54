"""Recordings: what is read as points, and what is refused with its line."""

import errno
import json
import os
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locust_ext.load import recording, tape
from locust_ext.load.recording import read_recording
from locust_ext.load.tape import RecordingError

THREE = ((0.0, 10.0), (60.0, 20.0), (90.0, 5.5))


@pytest.fixture
def record(tmp_path):
    """Write a recording and return its file."""

    def recorded(content, name="open.csv"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return recorded


def mistakes(file, **options):
    """Return what is wrong with a recording, by key."""
    with pytest.raises(RecordingError) as caught:
        read_recording(file, **options)
    assert str(caught.value) == "; ".join(sentence for _, sentence in caught.value.mistakes)
    return dict(caught.value.mistakes)


SHEETS = [
    ("a header", "time,rps\n0,10\n60,20\n90,5.5\n"),
    ("no header", "0,10\n60,20\n90,5.5"),
    ("another start", "time,rps\n-30,10\n30,20\n60,5.5"),
    ("the columns the other way round", "rps,time\n10,0\n20,60\n5.5,90"),
    ("other capitals, and spaces", " Time , RPS \n 0 , 10 \n60, 20\n90 ,5.5"),
    ("unknown names: the first two columns", "when,many,more\n0,10,x\n60,20,x\n90,5.5,x"),
    ("a known level beside an unknown time", "value,when\n10,0\n20,60\n5.5,90"),
    ("a known time beside an unknown level", "many,time\n10,0\n20,60\n5.5,90"),
    ("a known name among others", "host,time,level\na,0,10\nb,60,20\nc,90,5.5"),
    ("a header that is a number", "time,200\n0,10\n60,20\n90,5.5"),
    ("semicolons", "time;rps\n0;10\n60;20\n90;5.5"),
    ("tabs", "time\trps\n0\t10\n60\t20\n90\t5.5"),
    ("bars", "time|rps\n0|10\n60|20\n90|5.5"),
    ("commas within names between semicolons", 'time;"rate, a second"\n0;10\n60;20\n90;5.5'),
    ("quotes", '"time","{job=""feed"",instance=""a""}"\n"0","10"\n"60","20"\n"90","5.5"'),
    ("the first line of spreadsheets", "sep=;\ntime;rps\n0;10\n60;20\n90;5.5"),
    ("a mark of the byte order", "\ufefftime,rps\n0,10\n60,20\n90,5.5"),
    ("lines as on Windows", "time,rps\r\n0,10\r\n60,20\r\n90,5.5\r\n"),
    ("lines as on old Macs", "time,rps\r0,10\r60,20\r90,5.5\r"),
    ("comments and empty lines", "# the opening\n\ntime,rps\n0,10\n  # peak\n60,20\n , \n\n90,5.5\n\n"),
    ("Unix seconds", "1700000000,10\n1700000060,20\n1700000090,5.5"),
    ("Unix milliseconds", "1700000000000,10\n1700000060000,20\n1700000090000,5.5"),
    ("Unix microseconds", "1700000000000000,10\n1700000060000000,20\n1700000090000000,5.5"),
    ("Unix nanoseconds", "1700000000000000000,10\n1700000060000000000,20\n1700000090000000000,5.5"),
    ("dates in UTC", "2026-11-24T09:30:00Z,10\n2026-11-24T09:31:00Z,20\n2026-11-24T09:31:30Z,5.5"),
    ("dates with a zone", "2026-11-24T09:30:00+01:00,10\n2026-11-24T08:31:00Z,20\n2026-11-24T10:31:30+02:00,5.5"),
    ("dates without a zone", "2026-11-24 09:30:00,10\n2026-11-24 09:31:00,20\n2026-11-24 09:31:30.000,5.5"),
    ("a night on which clocks change", "2026-03-29T01:59:00,10\n2026-03-29T02:00:00,20\n2026-03-29T02:00:30,5.5"),
    ("numbers with exponents", "0,1e1\n6e1,2e1\n9e1,55e-1"),
]


@pytest.mark.parametrize("text", [row[1] for row in SHEETS], ids=[row[0] for row in SHEETS])
def test_csv(record, text):
    """Each of these files is the same three points."""
    assert read_recording(record(text)) == THREE


CHOSEN = [
    ("both", {"time_column": "at", "value_column": "get"}, "at,put,get\n0,1,10\n60,1,20\n90,1,5.5"),
    ("a level beside a known time", {"value_column": "get"}, "rps,time,get\n1,0,10\n1,60,20\n1,90,5.5"),
    ("a time beside a known level", {"time_column": "at"}, "time,at,rps\n7,0,10\n7,60,20\n7,90,5.5"),
    ("a level, and the time is what is left", {"value_column": "get"}, "get,at\n10,0\n20,60\n5.5,90"),
    ("in other capitals", {"value_column": "GET"}, "time,get\n0,10\n60,20\n90,5.5"),
    ("a column that is called as a number", {"value_column": "200"}, "100,200\n0,10\n60,20\n90,5.5"),
]


@pytest.mark.parametrize("names, text", [row[1:] for row in CHOSEN], ids=[row[0] for row in CHOSEN])
def test_named_columns(record, names, text):
    """A column that is named is taken, whatever else would be."""
    assert read_recording(record(text), **names) == THREE


WRONG_SHEETS = [
    ("nothing", "", "'open.csv': the file is empty"),
    ("nothing but comments", "\n# a\n\n", "'open.csv': the file is empty"),
    ("nothing but separators", ",,\n;\n", "line 2: two columns are needed"),
    ("a header alone", "time,rps\n", "there is no point in it"),
    ("one point", "time,rps\n0,1\n", "one point is not a recording: it needs two"),
    ("one column", "rps\n1\n2\n", "line 1: two columns are needed, time and level"),
    ("no load at all", "0,0\n60,0\n", "every level is 0"),
    ("text as level", "time,rps\n0,1\n60,many\n", "line 3: 'many' is not a level: write a number such as 120 or 0.5"),
    ("a comma as the point", "0;1,5\n60;1,7\n", "line 1: '1,5' is not a level"),
    ("a unit", "0,1\n60,5 req/s\n", "line 2: '5 req/s' is not a level"),
    ("no level", "0,1\n60,\n", "line 2: '' is not a level"),
    ("a level below nothing", "0,1\n60,-1\n", "line 2: '-1' is not a level: it must be finite and not negative"),
    ("not a number", "0,1\n60,NaN\n", "line 2: 'NaN' is not a level: it must be finite and not negative"),
    ("an endless level", "0,1\n60,+Inf\n", "line 2: '+Inf' is not a level: it must be finite and not negative"),
    (
        "text as time",
        "time,rps\nnoon,1\n60,1\n",
        "line 2: 'noon' is not a time: write seconds, or a date such as 2026-",
    ),
    ("no time", "time,rps\n,1\n60,1\n", "line 2: '' is not a time"),
    ("a time that is not a number", "time,rps\nnan,1\n60,1\n", "line 2: 'nan' is not a time"),
    ("an endless time", "0,1\ninf,1\n", "line 2: 'inf' is not a time"),
    ("a day that is none", "2026-02-28,1\n2026-02-30,1\n", "line 2: '2026-02-30' is not a time"),
    ("times in disorder", "time,rps\n60,1\n30,1\n90,1\n", "line 3: '30' is before the time of line 2: sort by time"),
    ("a time twice", "0,1\n60,1\n# x\n60,2\n", "line 4: '60' is the time of line 2 too: write one level for each time"),
    ("too many columns", "time,rps\n0,1\n60,1,7\n", "line 3: 3 columns, where line 1 has 2"),
    ("too few columns", "# c\ntime,rps\n0,1\n60\n", "line 4: 1 column, where line 2 has 2"),
    ("an open quote", 'time,rps\n0,1\n60,"1\n' + "x" * 200_000, "below line 2: no valid CSV: field larger than"),
    ("a picture", b"\x89PNG\r\n\x1a\n\xff", "it is not UTF-8 text; save it as CSV in UTF-8"),
    ("UTF-16", "time,rps\n0,1\n60,2\n".encode("utf-16"), "it is not UTF-8 text; save it as CSV in UTF-8"),
]


@pytest.mark.parametrize("content, why", [row[1:] for row in WRONG_SHEETS], ids=[row[0] for row in WRONG_SHEETS])
def test_wrong_csv(record, content, why):
    """What cannot be is refused with its line, in a sentence that says what would be right."""
    found = mistakes(record(content))
    assert list(found) == ["file"]
    assert why in found["file"]
    assert "open.csv'" in found["file"]


def test_mistakes_at_once(record):
    """The first handful of mistakes is told in full, both of one line too, and the rest is counted."""
    text = "time,rps\nnoon,many\n0,1\n60,-1\n70,1,2\n0,3\n" + "80,x\n" * 1000
    told = mistakes(record(text))["file"].removeprefix("'open.csv': ").split("; ")
    assert [sentence.partition(":")[0] for sentence in told[:-1]] == ["line 2", "line 2", "line 4", "line 5", "line 6"]
    assert told[-1] == "and 1,000 mistakes more"


COLUMNS = [
    ("no such time", {"time_column": "tme"}, {"time_column": "there is no column 'tme'; did you mean 'time'?"}),
    ("no such level", {"value_column": "q"}, {"value_column": "there is no column 'q'; there are rps, time"}),
    (
        "neither",
        {"time_column": "tme", "value_column": "rsp"},
        {
            "time_column": "there is no column 'tme'; did you mean 'time'?",
            "value_column": "there is no column 'rsp'; did you mean 'rps'?",
        },
    ),
    (
        "one for both",
        {"time_column": "rps"},
        {"value_column": "time and level cannot be the same column; name another"},
    ),
    ("series", {"series": "job=a"}, {"series": "'open.csv' is CSV, which has no series; use value_column"}),
]


@pytest.mark.parametrize("names, wrong", [row[1:] for row in COLUMNS], ids=[row[0] for row in COLUMNS])
def test_wrong_columns(record, names, wrong):
    """A column that is not there is blamed on its key, with the nearest name."""
    assert wrong == mistakes(record("time,rps\n0,1\n60,2\n"), **names)


def test_names_of_columns_are_untrusted(record):
    """A header cannot write to the terminal, nor fill it."""
    found = mistakes(record(f"time,\x1b[31mred{'x' * 500}\n0,1\n"), value_column="rps")["value_column"]
    assert found.isprintable()
    assert len(found) < 200


def answer(*series, **rest):
    """Return what Prometheus answers to a range query."""
    result = [{"metric": labels, "values": values} for labels, values in series]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}, **rest})


FEED = ({"job": "feed", "instance": "a:9100"}, [[1700000000, "10"], [1700000060, "15"], [1700000090.0, "5.5"]])
WEB = ({"job": "web", "instance": "a:9100"}, [[1700000060, "5"]])

MATRICES = [
    ("one series", [FEED], "", ((0, 10), (60, 15), (90, 5.5))),
    ("the sum of all", [FEED, WEB], "", THREE),
    ("one by its label", [FEED, WEB], "job=feed", ((0, 10), (60, 15), (90, 5.5))),
    ("as Prometheus writes labels", [FEED, WEB], '{job="feed", instance="a:9100"}', ((0, 10), (60, 15), (90, 5.5))),
    ("several by their label", [FEED, WEB], "instance=a:9100", THREE),
    ("series without labels", [({}, FEED[1]), ({}, WEB[1])], "", THREE),
    ("a label with a comma", [({"p": "a,b"}, FEED[1]), WEB], 'p="a,b"', ((0, 10), (60, 15), (90, 5.5))),
]


@pytest.mark.parametrize("series, wanted, points", [row[1:] for row in MATRICES], ids=[row[0] for row in MATRICES])
def test_prometheus(record, series, wanted, points):
    """The series that are wanted are summed; one without a sample at a moment adds nothing there."""
    text = answer(*series, warnings=["careful"])
    assert points == read_recording(record("\ufeff " + text, "open.json"), series=wanted)


def said(**data):
    return json.dumps({"status": "success", "data": data})


WRONG_ANSWERS = [
    ("no JSON", "{", "file", "it is not valid JSON: Expecting property name"),
    ("JSON without end", "[" * 100_000, "file", "it is not valid JSON"),
    ("a number without end", '{"a": ' + "1" * 5000 + "}", "file", "it is not valid JSON"),
    (
        "another list",
        "[1, 2]",
        "file",
        "it is not an answer of Prometheus to a range query; keep all that /api/v1/query_range",
    ),
    ("another mapping", '{"a": 1}', "file", "it is not an answer of Prometheus to a range query"),
    (
        "an error",
        json.dumps({"status": "error", "errorType": "bad_data", "error": "1:4: parse error\x1b"}),
        "file",
        r"Prometheus answered with an error, 'bad_data: 1:4: parse error\x1b'; repeat the query",
    ),
    (
        "another kind of answer",
        said(resultType="vector", result=[]),
        "file",
        "the resultType is 'vector', not 'matrix'",
    ),
    ("no series", answer(), "file", "it holds no series: the query found nothing"),
    (
        "histograms",
        said(resultType="matrix", result=[{"metric": {}, "histograms": []}]),
        "file",
        "data.result[0].values",
    ),
    ("no list", said(resultType="matrix", result=5), "file", "(data.result: Input should be a valid list)"),
    ("pairs of three", answer(({}, [[1, "2", 3]])), "file", "(data.result[0].values[0]: "),
    ("one sample", answer(({}, [[1, "2"]])), "file", "one point is not a recording"),
    (
        "not a number",
        answer(({"job": "a"}, [[1, "2"], [2, "NaN"]])),
        "file",
        "sample 2 of 'job=\"a\"': 'NaN' is not a level",
    ),
    ("disorder", answer(({}, [[2, "2"], [1, "2"]])), "file", "sample 2 of '{}': '1.0' is before the time of sample 1"),
]


@pytest.mark.parametrize("text, key, why", [row[1:] for row in WRONG_ANSWERS], ids=[row[0] for row in WRONG_ANSWERS])
def test_wrong_answers(record, text, key, why):
    """An answer that holds no recording says what it is instead."""
    found = mistakes(record(text, "open.json"))
    assert list(found) == [key]
    assert why in found[key]


SELECTIONS = [
    (
        "no such value",
        {"series": "job=fed"},
        {"series": """there is no series 'job=fed'; did you mean 'job="feed"'?"""},
    ),
    ("no selection", {"series": "job"}, {"series": "'job' selects no series; write it as job=feed,instance=a"}),
    ("an open quote", {"series": 'job="feed'}, {"series": "selects no series"}),
    (
        "columns",
        {"time_column": "time", "value_column": "x"},
        dict.fromkeys(("time_column", "value_column"), "is an answer of Prometheus, which has no columns; use series"),
    ),
]


@pytest.mark.parametrize("options, wrong", [row[1:] for row in SELECTIONS], ids=[row[0] for row in SELECTIONS])
def test_wrong_selections(record, options, wrong):
    """What selects nothing is blamed on its key, with the nearest series."""
    values = [[1, "1"], [2, "2"]]
    found = mistakes(record(answer(({"job": "feed"}, values), ({"job": "web"}, values)), "open.json"), **options)
    assert list(found) == list(wrong)
    assert all(why in found[key] for key, why in wrong.items())


def test_mistakes_in_several_series_at_once(record):
    """The handful is that of the file."""
    bad = [[moment, "NaN"] for moment in range(4)]
    told = mistakes(record(answer(({"a": "1"}, bad), ({"a": "2"}, bad)), "open.json"))["file"]
    assert told.count("is not a level") == 5
    assert told.endswith("and 3 mistakes more")


def test_places_without_a_recording(tmp_path):
    """What is not a file, or cannot be read, is said with its whole path."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert mistakes(tmp_path / "nowhere.csv") == {"file": f"'{tmp_path}/nowhere.csv': there is no such file"}
    assert mistakes(tmp_path) == {"file": f"'{tmp_path}': it is a directory; name a file in it"}
    assert mistakes(pipe) == {"file": f"'{pipe}': it is not a regular file"}
    assert "it cannot be read: File name too long" in mistakes(tmp_path / ("x" * 5000))["file"]
    assert "it cannot be read: embedded null byte" in mistakes(tmp_path / "a\0b")["file"]


def test_a_recording_that_may_not_be_read(record, monkeypatch):
    """Is said with its whole path, and what the system says."""
    shut = record("0,1")

    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(type(shut), "open", refuse)  # root may read everything
    assert mistakes(shut) == {"file": f"'{shut}': it cannot be read: Permission denied"}


def test_too_many_points(record, monkeypatch):
    """A recording has an end: so many points and no more."""
    monkeypatch.setattr(tape, "MOST_POINTS", 3)
    assert len(read_recording(record("0,1\n1,1\n2,1\n"))) == 3
    found = mistakes(record("0,1\n1,1\n2,1\n3,1\n"))["file"]
    assert "there are more than 3 points; record with a longer step, or cut it" in found


def test_too_many_points_in_several_series(record, monkeypatch):
    """Series without a moment in common are as many points as they have together."""
    monkeypatch.setattr("locust_ext.load.matrix.MOST_POINTS", 3)
    series = [({"a": "1"}, [[1, "1"], [2, "1"]]), ({"a": "2"}, [[3, "1"], [4, "1"]])]
    assert "more than 3 points; ask for a longer step" in mistakes(record(answer(*series), "open.json"))["file"]


def test_too_large(record, monkeypatch):
    """A file has an end: so many bytes and no more."""
    monkeypatch.setattr(recording, "MOST_BYTES", 8)
    assert len(read_recording(record("0,1\n1,1\n"))) == 2
    assert "it is larger than 0 MB; record with a longer step" in mistakes(record("0,1\n1,11\n"))["file"]


START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))
SPELLINGS = {
    "seconds": str,
    "Unix seconds": lambda s: str(START.timestamp() + s),
    "Unix milliseconds": lambda s: str(int((START.timestamp() + s) * 1000)),
    "UTC": lambda s: (START + timedelta(seconds=s)).isoformat().replace("+00:00", "Z"),
    "a zone": lambda s: (START + timedelta(seconds=s)).astimezone(BERLIN).isoformat(),
    "no zone": lambda s: (START + timedelta(seconds=s)).replace(tzinfo=None).isoformat(" "),
}
LEVELS = st.lists(st.floats(0, 1e5), min_size=2, max_size=20).filter(any)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LEVELS, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(",;\t|"), st.booleans(), st.integers(0, 2**32))
def test_whatever_is_written_is_read(record, levels, spelling, delimiter, header, seed):
    """However the times are spelled and the columns separated, the points are those that were written."""
    chance = random.Random(seed)
    seconds = [0, *sorted(chance.sample(range(1, 10_000), len(levels) - 1))]
    lines = [f"{SPELLINGS[spelling](at)}{delimiter}{level!r}" for at, level in zip(seconds, levels, strict=True)]
    text = "\n".join([f"time{delimiter}rps", *lines] if header else lines)
    points = read_recording(record(text))
    assert [at for at, _ in points] == pytest.approx(seconds, abs=1e-6)
    assert [level for _, level in points] == levels


CELLS = st.sampled_from(["time", "rps", "0", "1", "-1", "60", "1e400", "nan", "", '"', "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "sep=;", "#", "{", "[", "\0", "\x1b"])  # fmt: skip
TEXTS = st.lists(st.lists(CELLS | st.text(max_size=5), max_size=4).map(",".join), max_size=8).map("\n".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS.map(str.encode) | st.binary(max_size=60), st.sampled_from(["", "time", "x"]), st.sampled_from(["", "a=b"]))
def test_whatever_stands_in_a_file(record, content, column, series):
    """A file is points in order, or sentences; never anything else."""
    points = ((0, 1), (1, 1))
    with suppress(RecordingError):
        points = read_recording(record(content), value_column=column, series=series)
    assert len(points) >= 2
    assert points[0][0] == 0
    assert all(before <= after for (before, _), (after, _) in zip(points, points[1:], strict=False))
    assert all(0 <= level < float("inf") for _, level in points)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["matrix", "success", "error", "1", "NaN"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "data", "resultType", "result", "metric", "values"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


SERIES = st.fixed_dictionaries(
    {
        "metric": st.dictionaries(st.sampled_from(["job", "instance"]), st.sampled_from(["a", "b"]), max_size=2),
        "values": st.lists(
            st.tuples(st.integers(0, 5) | st.floats(0, 5), st.sampled_from(["0", "1", "2.5", "5", "7", "NaN"])),
            min_size=1,
            max_size=4,
            unique_by=lambda pair: pair[0],
        ).map(sorted),
    }
)


@pytest.mark.slow
def test_whatever_is_answered(record):
    """Any JSON is points or a sentence."""
    read, refused = [], []

    @settings(max_examples=100)
    @given(JSON, JSON, st.lists(SERIES, min_size=1, max_size=3))
    def property_(answered, result, series):
        matrices = [said(resultType="matrix", result=each) for each in (result, series)]
        for text in (json.dumps([answered]), *matrices):
            try:
                points = read_recording(record(text))
            except RecordingError as error:
                assert error.mistakes  # noqa: PT017 either outcome is right
                refused.append(text)
            else:
                assert len(points) >= 2
                assert [at for at, _ in points] == sorted({at for at, _ in points})
                assert min(level for _, level in points) >= 0
                read.append(text)

    property_()
    assert len(read) > 10
    assert len(refused) > 10
