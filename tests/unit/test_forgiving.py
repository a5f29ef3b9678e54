"""Output that cannot be written never raises where something is printed, and never changes an exit code."""

import io
import logging
import sys

import pytest

from locust_ext.process import forgiving, spoken
from locust_ext.process.forgiving import Forgiving
from locust_ext.run.progress import Progress


class Broken(io.StringIO):
    """A stream whose other end is gone, or whose disc is full."""

    encoding = "utf-8"

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, _):
        """Raise."""
        raise self.error

    def flush(self):
        """Raise."""
        raise self.error

    def isatty(self):
        """Raise."""
        raise self.error


ERRORS = [
    BrokenPipeError(32, "Broken pipe"),
    OSError(28, "No space left on device"),
    BlockingIOError(11, "the reader is slow"),
    ValueError("I/O operation on closed file"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_cannot_be_written(error, caplog):
    """Nothing raises, and that it is lost is said once, on the other stream."""
    stream = Forgiving(Broken(error), "standard output cannot be written")
    assert stream.write("four") == 4
    stream.writelines(["a", "b"])
    stream.flush()
    print("theirs", file=stream, flush=True)
    assert stream.isatty() is False
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [
        f"standard output cannot be written: {error.strerror if error.args[1:] else error}; the run goes on without it"
    ]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_the_progress_of_a_run_that_nobody_can_see(error):
    """The line is written in the same second as a run is judged."""
    for at in (1, 10, 20):
        Progress(Broken(error)).show("surge", at, 60, 5, [])


def test_a_sign_that_the_terminal_does_not_have():
    """A table's marks, on a machine without UTF-8."""
    raw = io.BytesIO()
    stream = Forgiving(io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    stream.write("✓ fine\n")
    assert raw.getvalue() == b"\\u2713 fine\n"


def test_it_is_the_stream_that_it_was():
    """Anyone who asks for its encoding, its file, or writes bytes finds what was there."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    forgiven = Forgiving(stream)
    assert (forgiven.encoding, forgiven.buffer, forgiven.closed) == ("latin-1", stream.buffer, False)
    assert forgiven.write("two") == 3
    forgiven.flush()
    assert stream.buffer.getvalue() == b"two"


def test_people_are_told_where_they_can_be(monkeypatch, capsys):
    """On standard output or error; where a stream was closed from the beginning, nowhere."""
    spoken.say("quietly")
    spoken.say("loudly", aloud=True)
    assert capsys.readouterr() == ("quietly\n", "loudly\n")
    monkeypatch.setattr(sys, "stdout", None)
    spoken.say("to nobody")


def test_both_streams_are_forgiven(monkeypatch):
    """Each by its name; nothing is registered twice for the same stream."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(forgiving.atexit, "register", lambda _: None)
    forgiving.forgive()
    assert isinstance(sys.stdout, Forgiving)
    assert isinstance(sys.stderr, Forgiving)
    sys.stderr.write("into the void")
