"""What a run refuses before its first request, asked in process through ``locust-ext check``, which says the same.

Three refusals are shown end to end in ``tests/integration/test_exit_codes.py``: a wrong configuration, one with
``--processes``, and a wrong attribute of a shape.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from locust_ext.cli import main

FEED = Path(__file__).parents[2] / "locustfiles" / "feed.py"


@pytest.fixture
def refused(tmp_path):
    """Return what is said of a configuration of the shipped feed that is refused in sentences alone."""

    def check(content):
        file = tmp_path / "feed.yml"
        if content is not None:
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        told = CliRunner().invoke(main, ["check", str(file)])
        assert (told.exit_code, "Traceback" in told.stderr) == (104, False), told.output
        return told.stderr

    (tmp_path / "feed.py").write_text(FEED.read_text("utf-8"), "utf-8")
    return check


UNREADABLE = [
    ("empty", b"", "the file is empty"),
    ("binary", b"\x00\xff\xfe\x80", "it is not UTF-8 text"),
    ("a duplicate key", b"name: a\nname: b\n", "the key stands here twice"),
    ("broken", b"name: [", "not valid YAML"),
    ("missing", None, "there is no such file"),
]


@pytest.mark.parametrize("content, sentence", [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
def test_a_file_that_cannot_be_read(refused, content, sentence):
    """Whatever stands in the file, the answer is a sentence."""
    assert sentence in refused(content)


RATES = [
    ("nothing", "arrivals: {rate: 0}", "arrivals.rate: ", "is not a rate"),
    ("less than nothing", "arrivals: {rate: -5/s}", "arrivals.rate: ", "is not a rate"),
    ("not a number", "arrivals: {rate: .nan}", "arrivals.rate: ", "is not a rate"),
    ("no rate at all", "arrivals: {users: 5}", "arrivals: ", "it has no rate"),
]


@pytest.mark.parametrize("text, path, message", [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_a_wrong_rate(refused, text, path, message):
    """It is told with its path."""
    said = refused(f"version: 1\nhost: demo\n{text}\n")
    assert path in said
    assert message in said


STORMS = [
    (
        "an unknown client, and an unknown option",
        "storm: {users: [FeedUser], backoff: {client: constant, dely: 3}}\nretry: {policy: {client: constnt}}",
        ("did you mean 'delay'?", "did you mean 'constant'?"),
    ),
    ("an unknown class", "storm: {users: [FeedUsr]}", ("did you mean 'FeedUser'?",)),
    ("no key in a stampede's path", "stampede: {path: /hot}", ("must be a path with one {key}",)),
    ("nobody for a stampede", "stampede:", ("no user class is a CacheStampedeUser",)),
]


@pytest.mark.parametrize("text, sentences", [row[1:] for row in STORMS], ids=[row[0] for row in STORMS])
def test_a_wrong_storm(refused, text, sentences):
    """All at once, each with the nearest name."""
    said = refused(f"version: 1\nhost: demo\n{text}\n")
    assert [sentence for sentence in sentences if sentence not in said] == []
