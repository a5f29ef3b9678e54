"""What safety writes and reads word by word: lines of the log, the answers of sources, and the doors that close."""

from __future__ import annotations

import errno
import json
import os
from types import SimpleNamespace

import gevent
import pytest
from gevent.pool import Group
from locust.event import EventHook

from locust_ext.clients.doors import DOORS
from locust_ext.measure.recorder import Recorder
from locust_ext.safety import logbook, reading
from locust_ext.safety.admission import Admission
from locust_ext.safety.guard import Guard, Targets
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.logbook import append
from locust_ext.safety.options import SafetyOptions
from locust_ext.safety.reading import Reading, SourceLine, StopError, check_word, read_all


@pytest.fixture
def log(tmp_path):
    """A file that is not there yet, in a directory that is not there either."""
    return tmp_path / "deep" / "runs.jsonl"


TORN = [
    pytest.param(b"", b"", False, id="nothing yet"),
    pytest.param(b"a\n", b"", False, id="a whole line"),
    pytest.param(b"\n", b"", False, id="an empty one"),
    pytest.param(b"a\nb", b"", True, id="a line without an end"),
    pytest.param(b"a", b"", True, id="one sign"),
    pytest.param(b"a", b"b", False, id="somebody is just writing it"),
]


@pytest.mark.parametrize("there, comes, is_torn", TORN)
def test_a_line_that_has_no_end(tmp_path, monkeypatch, there, comes, is_torn):
    """A disk was full, unless it grows in a moment."""
    file, slept = tmp_path / "log", []
    file.write_bytes(there)

    def sleep(seconds):
        slept.append(seconds)
        with file.open("ab") as other:
            other.write(comes)

    monkeypatch.setattr(logbook, "time", SimpleNamespace(sleep=sleep))
    handle = os.open(file, os.O_RDWR)
    try:
        assert logbook._is_torn(handle) is is_torn
    finally:
        os.close(handle)
    assert slept == ([0.1] if there and not there.endswith(b"\n") else [])


def test_no_line_is_empty(log, monkeypatch):
    """Lines follow each other; after one without an end the next begins on its own."""
    monkeypatch.setattr(logbook, "time", SimpleNamespace(sleep=lambda seconds: None))
    for number in range(3):
        append(log, {"event": number})
    assert [json.loads(line)["event"] for line in log.read_bytes().split(b"\n")[:-1]] == [0, 1, 2]
    assert oct(log.stat().st_mode & 0o777) == oct(0o640 & ~_umask())
    log.write_bytes(b'{"torn')
    append(log, {"event": 3})
    assert [line[:8] for line in log.read_bytes().split(b"\n")] == [b'{"torn', b'{"at":"2', b""]


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_line_of_which_a_part_was_written(log, monkeypatch):
    """Is trouble, by its number and its file, and the file is closed."""
    closed = []
    monkeypatch.setattr(logbook.os, "write", lambda handle, line: 1)
    monkeypatch.setattr(logbook.os, "close", closed.append)
    with pytest.raises(OSError, match="only a part of the line was written") as caught:
        append(log, {})
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(log))
    assert len(closed) == 1
    monkeypatch.undo()
    os.close(closed[0])


def test_a_name_that_no_file_can_have():
    """Is trouble of the same kind."""
    with pytest.raises(OSError, match="null") as caught:
        append(logbook.Path("/tmp/a\0b/c"), {})
    assert caught.value.errno in (errno.EINVAL, None)


PLAIN = [
    pytest.param(None, None, id="nothing"),
    pytest.param(True, True, id="yes"),
    pytest.param(5, 5, id="a number"),
    pytest.param(1e299, 1e299, id="a large one"),
    pytest.param(1e300, None, id="one that is none any more"),
    pytest.param(-1e300, None, id="nor is this one"),
    pytest.param(float("nan"), None, id="what is no number"),
    pytest.param("x" * 2000, "x" * 2000, id="a long text"),
    pytest.param("x" * 2001, "x" * 1999 + "…", id="a text that is too long"),
    pytest.param({"k" * 41: 1}, {"k" * 39 + "…": 1}, id="a long key"),
    pytest.param({"k" * 40: 1}, {"k" * 40: 1}, id="as long a key as there may be"),
    pytest.param([1, [2, [3]]], [1, [2, "[3]"]], id="lists of lists, as far as two"),
    pytest.param((1, 2), [1, 2], id="a tuple"),
    pytest.param({"a": {"b": {"c": 1}}}, {"a": {"b": "{'c': 1}"}}, id="keys of keys, as far as two"),
    pytest.param({1, 2}, "{1, 2}", id="something else"),
]


@pytest.mark.parametrize("value, written", PLAIN)
def test_what_a_value_looks_like(value, written):
    """What JSON has a form for, and cut where it is long."""
    if isinstance(written, str) and written.startswith("xxx"):
        assert logbook._plain(value, 2000, 2) == written
    else:
        assert json.loads(logbook._line({"v": value}))["v"] == written


def test_how_texts_are_cut_until_a_line_is_short():
    """By and by; what is still too long loses its last keys."""
    one = json.loads(logbook._line({"a": "x" * 3000, "b": "y" * 3000}))
    assert {key: len(value) for key, value in one.items()} == {"a": 2000, "b": 2000}
    one = json.loads(logbook._line(dict.fromkeys("abc", "x" * 3000)))
    assert {len(value) for value in one.values()} == {500}
    many = json.loads(logbook._line({f"key {number:04}": "x" * 90 for number in range(100)}))
    assert {len(value) for value in many.values()} == {15}
    assert len(many) == 100
    more = json.loads(logbook._line({f"key {number:04}": "x" * 90 for number in range(400)}))
    assert 100 < len(more) < 400
    assert list(more) == [f"key {number:04}" for number in range(len(more))]
    assert {len(value) for value in more.values()} == {5}


class Source:
    """A source that answers with what it is given."""

    def __init__(self, name, answer):
        self.name, self._answer = name, answer

    def read(self, timeout):
        """Answer, raise, or hang."""
        if isinstance(self._answer, BaseException):
            raise self._answer
        if self._answer == "hangs":
            gevent.sleep(60)
        return self._answer


def fine(name):
    """Return a source that allows."""
    return Source(name, Reading(allowed=True, why=f"{name} allows it"))


SOURCES = [
    pytest.param([], False, "there is no flag to read", id="none"),
    pytest.param([fine("a")], True, "a allows it", id="one"),
    pytest.param([fine("a"), fine("b")], True, "a allows it; b allows it", id="two"),
    pytest.param([fine("a"), Source("b", Reading(allowed=False, why="b says no"))], False, "b says no", id="a no"),
    pytest.param([Source("a", "hangs")], False, "a did not answer within 0.01 s", id="one hangs"),
    pytest.param([fine("a"), Source("b", "hangs")], False, "b did not answer within 0.01 s", id="the other hangs"),
    pytest.param(
        [Source("a", "hangs"), fine("b"), Source("c", "hangs")], False, "a and c did not answer within 0.01 s", id="two"
    ),
    pytest.param([Source("a", ValueError("s3cret"))], False, "a failed: ValueError", id="it breaks its promise"),
    pytest.param([Source("a", gevent.Timeout(1))], False, "a failed: Timeout", id="a timeout of its own"),
    pytest.param([Source("a", None)], False, "a was cut short", id="what is no reading"),
    pytest.param([Source("a", Reading(allowed=1, why="1"))], False, "1", id="what is nearly a yes"),
]


@pytest.mark.parametrize("sources, allowed, why", SOURCES)
def test_what_all_sources_say_together(monkeypatch, sources, allowed, why):
    """Each has to allow it, in time; those that do not answer are named."""
    monkeypatch.setattr(reading, "_MOMENT", 0.0)
    found = read_all(tuple(sources), 0.01)
    assert (found.allowed is True, found.why) == (allowed, why)


WORDS = [
    pytest.param(" Allowed\n", "", id="allowed"),
    pytest.param("TRUE", "", id="true"),
    pytest.param("1", "", id="1"),
    pytest.param("on", "", id="on"),
    pytest.param("yes", "", id="yes"),
    pytest.param("Stop", "says stop", id="stop"),
    pytest.param("0", "says 0", id="0"),
    pytest.param("stopped", "says stopped", id="stopped"),
    pytest.param(" \n", "is empty", id="nothing"),
    pytest.param("s3cret", "holds none of the words allowed, true, yes, on, 1", id="anything else"),
]


@pytest.mark.parametrize("text, why", WORDS)
def test_the_words_of_a_flag(text, why):
    """Five allow; what denies is repeated, what is neither is not: it may be a secret."""
    if not why:
        check_word(text)
        return
    with pytest.raises(StopError) as caught:
        check_word(text)
    assert str(caught.value) == why


def stops():
    """Say no."""
    raise StopError("says no")


def breaks():
    """Fail."""
    raise ValueError("s3cret")


QUESTIONS = [
    pytest.param(lambda: None, True, "file allows it", id="it allows"),
    pytest.param(stops, False, "file says no", id="it stops"),
    pytest.param(breaks, False, "file failed: ValueError", id="it fails"),
    pytest.param(lambda: gevent.sleep(60), False, "file did not answer within 0.01 s", id="it hangs"),
]


@pytest.mark.parametrize("question, allowed, why", QUESTIONS)
def test_one_question(question, allowed, why):
    """It is answered in words, in time; what hangs is given up, so that the next question can be asked."""
    line = SourceLine()
    found = line.ask("file", question, 0.01)
    assert (found.allowed, found.why) == (allowed, why)
    gevent.sleep(0)
    assert line.ask("file", lambda: None, 0.01, "is there").why == "file is there"


def test_a_question_that_cannot_be_given_up():
    """Keeps the next one from being asked until it has ended."""
    pending = SimpleNamespace(is_over=False)
    asked = SimpleNamespace(ready=lambda: pending.is_over, value=Reading(allowed=True, why="late"), rawlink=print)
    asked.unlink = print
    line, begun = SourceLine(lambda *given: begun.append(given) or asked), []
    pending.is_over = True
    assert line.ask("file", print, 0.01).why == "late"
    assert len(begun) == 1


def test_a_question_that_cannot_be_asked():
    """Is a stop, too."""

    def broken(*_):
        raise MemoryError

    assert SourceLine(broken).ask("file", print, 0.01) == Reading(allowed=False, why="file was not asked: MemoryError")


GUARD = Guard(Targets.of(["http://127.0.0.1:1"], SafetyOptions.model_construct()), lambda _: None)


@pytest.fixture
def doors():
    """Return the doors of a process, closed."""
    environment = SimpleNamespace(
        events=SimpleNamespace(request=EventHook()), runner=SimpleNamespace(user_greenlets=Group())
    )
    one = Interceptors(environment, Admission(Recorder()), DOORS)
    yield one
    one.close()


OPENS = [
    pytest.param({}, (), id="nobody is asked for"),
    pytest.param({"mark": object()}, ("_marking",), id="a mark"),
    pytest.param({"guard": GUARD}, ("_guarding",), id="a guard"),
    pytest.param({"acks": object()}, ("_looking",), id="answers are looked at"),
    pytest.param({"waits": True}, ("_asking",), id="turns are waited for"),
    pytest.param({"mark": object(), "guard": GUARD, "waits": True}, ("_marking", "_guarding", "_asking"), id="most"),
]


@pytest.mark.parametrize("asked, groups", OPENS)
def test_who_stands_at_the_doors(doors, asked, groups):
    """Only who has something to do there; nobody is left when they close."""
    doors.open(**{"mark": None, "guard": None, **asked})
    assert doors._open == [seam for group in groups for seam in getattr(doors, group)]
    turn = doors.admission.begun.turn
    assert (turn == doors.admission.prepay) is asked.get("waits", False)
    assert doors.is_waiting is asked.get("waits", False)
    doors.open(mark=None, guard=None)
    assert doors._open == []
    assert doors.admission.begun.turn is None


@pytest.mark.parametrize("guard, asks", [(None, False), (GUARD, True)], ids=["without a guard", "with one"])
def test_doors_that_shut_in_the_middle_of_a_run(doors, guard, asks):
    """Everybody has to ask from then on, also where nobody had to before; once each."""
    doors.open(mark=None, guard=guard)
    for _ in range(2):
        doors.admission.close("the kill switch")
        assert doors.is_waiting
        standing = [*doors._guarding, *doors._asking] if asks else []
        assert doors._open == standing
        assert (doors.admission.begun.turn == doors.admission.prepay) is asks
    doors.close()
    assert (doors._open, doors.mark, doors.guard, doors.acks) == ([], None, None, None)
    assert doors.mark_too("http://x") is None
