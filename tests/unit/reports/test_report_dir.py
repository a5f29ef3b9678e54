"""A run's directory: written whole, read back as the same run, and refused in a sentence when it is damaged."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest
from examples import NASTY, compared, example

from locust_ext.archive import report_dir as module
from locust_ext.archive.report_dir import (
    LOG,
    REPORTS,
    SUMMARY,
    UnreadableRunError,
    read_report_dir,
    write_export,
    write_report_dir,
)
from locust_ext.measure.histogram import Histogram
from locust_ext.reports.options import ReportOptions

RESULTS = {"plain": example(), "worse": compared(), "nasty": compared(names=("/feed", NASTY[:200]))}


@pytest.fixture
def kept(tmp_path):
    """A directory with all reports of a run."""
    assert write_report_dir(compared(), tmp_path / "run", ReportOptions(html=False)) == []
    return tmp_path / "run"


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_a_run_is_read_back(tmp_path, result):
    """All of it, with its histograms, so that every report can be made again to the letter."""
    assert write_report_dir(result, tmp_path / "one", ReportOptions()) == []
    found = read_report_dir(tmp_path / "one")
    assert found == result
    for ours, theirs in zip(result.series, found.series, strict=True):
        if isinstance(ours.sink, Histogram):
            assert theirs.sink.counts == ours.sink.counts
            assert theirs.figures == ours.figures
    assert write_report_dir(found, tmp_path / "two", ReportOptions()) == []
    for name in REPORTS:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_a_summary_names_its_run(kept):
    """The directory or its summary.json: both name the run."""
    assert read_report_dir(kept / SUMMARY) == read_report_dir(kept)


OPTIONS = [(option, name) for name, (option, _) in REPORTS.items() if option]


@pytest.mark.parametrize("option, name", OPTIONS, ids=[name for _, name in OPTIONS])
def test_a_report_can_be_left_out(tmp_path, option, name):
    """Each has an option; the others are written."""
    write_report_dir(example(), tmp_path, ReportOptions(**{option: False}))
    assert {file.name for file in tmp_path.iterdir()} == set(REPORTS) - {name}


def test_one_report_that_fails_takes_no_other_with_it(tmp_path, monkeypatch):
    """A disk that is full for one, a mistake in another: a sentence each, without a traceback."""
    write = module.write_atomically

    def full(target: Path, text: str):
        if target.name == LOG:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(target, text)

    monkeypatch.setattr(module, "write_atomically", full)
    monkeypatch.setattr(module, "REPORTS", {**REPORTS, "broken.txt": ("", "summary:nothing_like_it")})
    troubles = write_report_dir(example(), tmp_path, ReportOptions())
    assert [trouble.partition(": ")[2] for trouble in troubles] == [
        "No space left on device",
        "AttributeError: module 'locust_ext.reports.summary' has no attribute 'nothing_like_it'",
    ]
    assert {file.name for file in tmp_path.iterdir()} == set(REPORTS) - {LOG}


def test_export(tmp_path):
    """k6's summary goes to a file of its own."""
    assert write_export(example(), tmp_path / "k6" / "summary.json") == []
    assert "metrics" in json.loads((tmp_path / "k6" / "summary.json").read_text("utf-8"))


def test_a_run_without_requests_needs_no_log(tmp_path):
    """A refused configuration leaves a summary alone; it is read."""
    result = replace(example(), series=())
    write_report_dir(result, tmp_path, ReportOptions())
    (tmp_path / LOG).unlink()
    assert read_report_dir(tmp_path) == result


def cut(name, share):
    """Return what cuts a file off."""

    def change(directory: Path):
        text = (directory / name).read_text("utf-8")
        (directory / name).write_text(text[: int(len(text) * share)], "utf-8")

    return change


def lose_a_line(directory: Path):
    """Remove the log's last line whole."""
    lines = (directory / LOG).read_text("utf-8").splitlines()
    (directory / LOG).write_text("\n".join(lines[:-1]) + "\n", "utf-8")


DAMAGE = [
    ("no summary", lambda d: (d / SUMMARY).unlink(), f"{SUMMARY}: it cannot be read: No such file"),
    ("no log", lambda d: (d / LOG).unlink(), f"{LOG}: it cannot be read: No such file"),
    ("a summary cut off", cut(SUMMARY, 0.5), f"{SUMMARY}: it is not JSON, or it was cut off"),
    ("an empty summary", cut(SUMMARY, 0), f"{SUMMARY}: it is not JSON, or it was cut off"),
    ("a log cut off", cut(LOG, 0.9), f"{LOG}: line"),
    ("an empty log", cut(LOG, 0), f"{LOG}: it is not a histogram log"),
    ("a log without its last line", lose_a_line, f"{LOG}: of reconnect_time it has 0 values, the summary 12,000"),
    ("no text", lambda d: (d / SUMMARY).write_bytes(b"\xff\xfe\x00"), f"{SUMMARY}: it is not UTF-8 text"),
    ("a version to come", lambda d: (d / SUMMARY).write_text('{"schema": 9}'), "its schema is 9"),
    ("somebody else's", lambda d: (d / SUMMARY).write_text('{"metrics": {}}'), "it has no schema"),
    ("too large", lambda d: (d / SUMMARY).open("wb").truncate((64 << 20) + 1), "larger than 64 MiB"),
    ("a directory in its place", lambda d: ((d / LOG).unlink(), (d / LOG).mkdir()), "Is a directory"),
]


@pytest.mark.parametrize("damage, sentence", [row[1:] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
@pytest.mark.slow
def test_damaged(kept, damage, sentence):
    """The sentence names the file and what is wrong with it."""
    damage(kept)
    with pytest.raises(UnreadableRunError) as refused:
        read_report_dir(kept)
    assert sentence in str(refused.value)
    assert str(kept) in str(refused.value)


def test_no_directory(tmp_path):
    """A name that is nothing is said to be none."""
    with pytest.raises(UnreadableRunError, match="there is no such report directory"):
        read_report_dir(tmp_path / "nowhere")
