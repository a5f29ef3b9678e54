"""The run log: a line for each beginning and each end, and nothing that stands there is touched."""

import getpass
import json
import os
import platform
import stat
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locust_ext.safety import logbook
from locust_ext.safety.logbook import append, entry_ended, entry_started

STARTED = {
    "run": "4f1c",
    "name": "shop",
    "hosts": ("https://shop.example.com",),
    "kind": "production",
    "shape": "smoke",
    "users": 20,
    "cap": "20/s",
    "window": "2026-11-24 02:00/03:00 Europe/Berlin",
    "on_call": "Ada",
    "announcement": "https://chat.example.com/a",
    "git_sha": "0123abcd",
}
ENDED = {
    "run": "4f1c",
    "name": "shop",
    "verdict": "passed",
    "exit_code": 0,
    "reason": "3 thresholds passed",
    "duration_s": 60.12345,
    "requests": 1200,
}


def lines(file):
    """Return the entries; each line must be one."""
    content = file.read_bytes()
    assert content.endswith(b"\n")
    return [json.loads(line) for line in content.decode("ascii").split("\n")[:-1]]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "logs" / "runs.jsonl"


def test_a_run(log):
    """Its beginning and its end, each with the time."""
    append(log, entry_started(**STARTED))
    append(log, entry_ended(**ENDED))

    started, ended = lines(log)
    for entry in (started, ended):
        at = datetime.fromisoformat(entry.pop("at"))
        assert at.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    mine = {"hosts": ["https://shop.example.com"], "who": getpass.getuser(), "machine": platform.node()}
    assert started == {"event": "started", **STARTED, **mine}
    assert ended == {"event": "ended", **ENDED, "duration_s": 60.123}


def test_a_new_log_is_not_for_everybody(log):
    """Others may not read who is on call."""
    append(log, {})
    assert stat.S_IMODE(log.stat().st_mode) & ~0o640 == 0


def test_what_stands_there_stays(log):
    """Whatever a file holds, it is not touched."""
    log.parent.mkdir()
    log.write_text("an old line\n")
    append(log, {"event": "x"})
    assert log.read_text().startswith('an old line\n{"at":')


def test_a_torn_line_is_closed(log):
    """Where a disk was full in the middle of a line, ours begins on the next."""
    append(log, {"event": "x"})
    log.write_bytes(log.read_bytes()[:-5])
    append(log, {"event": "y"})
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()[1:]] == ["y"]


def test_without_a_user_name(monkeypatch):
    """A container may know no name for its user."""

    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr(logbook.getpass, "getuser", nobody)
    assert entry_started(**STARTED)["who"] == "unknown"


def test_unknown_users():
    """Without a shape nobody knows the peak."""
    assert entry_started(**{**STARTED, "users": None})["users"] is None


def test_secrets_do_not_get_into_the_log(monkeypatch):
    """Neither those in URLs, nor those of the environment."""
    monkeypatch.setenv("LOAD_TEST_TOKEN", "s3cr3t-enough")
    hosts = ["https://me:pass@shop.example.com"]
    started = entry_started(**{**STARTED, "hosts": hosts, "announcement": "https://chat.example.com/a?key=abcdefgh"})
    ended = entry_ended(**{**ENDED, "reason": "the token s3cr3t-enough was refused"})
    assert started["hosts"] == ["https://***@shop.example.com"]
    assert started["announcement"] == "https://chat.example.com/a?key=***"
    assert ended["reason"] == "the token *** was refused"


LONG = [
    ("a text", {"reason": "x" * 10_000}),
    ("signs that take six bytes", {"reason": "☃" * 10_000}),
    ("a list", {"hosts": [f"https://host-{number}.example.com" for number in range(1000)]}),
    ("a list of lists", {"hosts": [["x" * 100] * 100] * 100}),
    ("many keys", {f"key {number}": "x" for number in range(10_000)}),
    ("a long key", {"k" * 10_000: 1}),
    ("deep", {"a": {"b": {"c": {"d": ["x" * 10_000]}}}}),
]


@pytest.mark.parametrize("entry", [row[1] for row in LONG], ids=[row[0] for row in LONG])
def test_lines_are_short(log, entry):
    """Long texts are cut, so that a line is written without a break; its first keys stay."""
    append(log, {"event": "ended", **entry})
    assert log.stat().st_size <= 4096
    assert lines(log)[0]["event"] == "ended"


def test_long_texts_keep_the_rest(log):
    """One long text does not cost the others."""
    append(log, entry_started(**{**STARTED, "on_call": "Ada " * 3000}))
    entry = lines(log)[0]
    assert set(entry) == {"at", "event", "who", "machine", *STARTED}
    assert entry["announcement"] == STARTED["announcement"]
    assert entry["on_call"].endswith("…")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=30)  # each waits for the disk, twice
@given(st.dictionaries(st.text(), ANYTHING))
@pytest.mark.slow
def test_anything_is_one_line(tmp_path_factory, entry):
    """Neither control characters nor figures without end break the form."""
    file = tmp_path_factory.mktemp("log") / "runs.jsonl"
    append(file, entry)
    append(file, {"event": "\r\n\x85\u2028\ud800\x00", "huge": 10**5000})
    assert len(lines(file)) == 2
    assert len(file.read_bytes().splitlines()) == 2


def test_trouble_is_an_oserror(tmp_path, log, monkeypatch):
    """A caller has one kind of trouble to say."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    for file in (tmp_path, blocked / "runs.jsonl", tmp_path / "a\0b"):
        with pytest.raises(OSError, match=r"."):
            append(file, {})
    monkeypatch.setattr(logbook.os, "write", lambda handle, line: 1)
    with pytest.raises(OSError, match="only a part"):
        append(log, {})


def test_what_is_no_file_can_be_written_to(tmp_path):
    """A pipe, such as the output of a container, cannot be synchronised."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        append(pipe, {"event": "x"})
        assert json.loads(os.read(reader, 4096))["event"] == "x"
    finally:
        os.close(reader)


CUT = [
    pytest.param(1, 2000, id="one"),
    pytest.param(2, 2000, id="two"),
    pytest.param(3, 500, id="three"),
    pytest.param(8, 120, id="eight"),
    pytest.param(30, 120, id="thirty"),
    pytest.param(60, 40, id="sixty"),
    pytest.param(80, 15, id="eighty"),
    pytest.param(180, 5, id="a hundred and eighty"),
]


@pytest.mark.parametrize("count, characters", CUT)
def test_how_short_texts_become(log, count, characters):
    """Only as short as they must be for the line to have at most 4096 bytes, and all alike."""
    append(log, {f"{number}": "x" * 3000 for number in range(count)})
    (entry,) = lines(log)
    assert {entry[f"{number}"] for number in range(count)} == {"x" * (characters - 1) + "…"}
    assert log.stat().st_size <= 4096


def test_how_many_items_a_list_keeps(log):
    """As many as its texts keep characters."""
    append(log, {"hosts": list(range(5000)), "by host": dict.fromkeys(map(str, range(5000)), 1)})
    (entry,) = lines(log)
    assert (entry["hosts"], len(entry["by host"])) == (list(range(120)), 120)


def test_a_long_key_is_cut(log):
    """To forty characters, the sign that it was cut included."""
    append(log, {"k" * 40: 1, "l" * 41: 2})
    assert list(lines(log)[0])[1:] == ["k" * 40, "l" * 39 + "…"]


FIGURES = [
    pytest.param(0, 0, id="none"),
    pytest.param(-1.5, -1.5, id="below it"),
    pytest.param(9e299, 9e299, id="a large one"),
    pytest.param(1e300, None, id="one that is none"),
    pytest.param(float("inf"), None, id="without end"),
    pytest.param(float("nan"), None, id="not a number"),
    pytest.param(True, True, id="a yes"),
    pytest.param(None, None, id="nothing"),
    pytest.param([{"a": {"b": 1}}], [{"a": "{'b': 1}"}], id="what is too deep becomes a text"),
]


@pytest.mark.parametrize("figure, written", FIGURES)
def test_figures(log, figure, written):
    """A number is written as one, and what has no form as nothing."""
    append(log, {"figure": figure})
    assert lines(log)[0]["figure"] == written


def test_who_may_read_a_new_log(log):
    """Its owner writes and the group reads, where the mask lets them."""
    before = os.umask(0)
    try:
        append(log, {})
    finally:
        os.umask(before)
    assert stat.S_IMODE(log.stat().st_mode) == 0o640


def test_a_line_that_another_is_just_writing_is_not_torn(log, monkeypatch):
    """It waits a moment, and looks again."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        with log.open("a") as file:
            file.write('"}\n')

    monkeypatch.setattr(logbook.time, "sleep", sleep)
    log.parent.mkdir()
    log.write_text('{"event": "x')
    append(log, {"event": "y"})
    assert [entry["event"] for entry in lines(log)] == ["x", "y"]
    append(log, {"event": "z"})
    assert len(slept) == 1
