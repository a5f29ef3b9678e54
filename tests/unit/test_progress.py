"""The line that shows a run while it lasts."""

import io

import pytest

from locust_ext.run.progress import Progress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        """Say so."""
        return True


def shown(stream, moments):
    """Return what was written at these seconds."""
    progress = Progress(stream)
    for at in moments:
        progress.show("surge", at, 60, 5, [])
    return stream.getvalue()


PLAIN = [
    ("not before ten seconds", [1, 5, 9.9], 0),
    ("every ten seconds", [1, 10, 15, 20.5, 29, 30], 3),
    ("once after a long pause", [45, 46], 1),
    ("a second run starts again", [10, 20, 1, 10], 3),
    ("the same moment again", [10, 10, 20, 20], 2),
]


@pytest.mark.parametrize("moments, lines", [row[1:] for row in PLAIN], ids=[row[0] for row in PLAIN])
def test_a_log(moments, lines):
    """Where there is no terminal there is one line every ten seconds, without control characters."""
    text = shown(io.StringIO(), moments)
    assert lines == text.count("\n")
    assert "\x1b" not in text


def test_a_terminal():
    """A terminal has one line that renews itself, never wider than 110 characters."""
    stream = Terminal()
    progress = Progress(stream)
    for at in (1, 2):
        progress.show("x" * 500, at, None, 5, [])
    text = stream.getvalue()
    assert text.count("\x1b[2K") == 2
    assert "\n" not in text
    assert max(map(len, text.replace("\x1b[2K", "").split("\r"))) == 110


class Kept(io.StringIO):
    """A stream that keeps what it is given until it is flushed."""

    def __init__(self):
        super().__init__()
        self.flushed = []

    def flush(self):
        """Note what was there."""
        self.flushed.append(self.getvalue())


def test_a_line_is_there_at_once():
    """Nobody waits for a buffer that fills up."""
    stream = Kept()
    progress = Progress(stream)
    progress.show("surge", 10.0, 60, 5, [], "3 requests open")
    assert stream.flushed[-1] == stream.getvalue()
    assert "3 requests open" in stream.flushed[-1]
    assert stream.flushed[-1].endswith("\n")


def test_a_process_without_standard_error(monkeypatch):
    """Shows its progress to nobody, and goes on."""
    monkeypatch.setattr("locust_ext.run.progress.sys.stderr", None)
    Progress().show("surge", 10.0, 60, 5, [])
