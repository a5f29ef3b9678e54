"""One directory, one truth: what a run finds there is marked before its first request."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from locust_ext.archive import report_dir
from locust_ext.archive.baselines import put, read_baselines
from locust_ext.archive.report_dir import REPORTS, SUMMARY, UnreadableRunError, read_report_dir
from locust_ext.config.plan import Plan
from locust_ext.run import claim
from locust_ext.text.problems import ConfigurationError


@pytest.fixture(autouse=True)
def nothing_is_taken(monkeypatch):
    """Each test is a process of its own."""
    monkeypatch.setattr(claim, "_taken", {})


def leave_a_run(directory: Path) -> None:
    """Write what an older run leaves behind."""
    for place in (directory, directory / "confirm-2"):
        place.mkdir()
        for name in REPORTS:
            (place / name).write_text('{"schema": 1, "verdict": "passed"}')


def test_a_run_that_begins_marks_what_is_there(tmp_path):
    """Nothing of the older run is left, files of others stay, and the summary says that the run is under way."""
    leave_a_run(tmp_path / "reports")
    export, notes = tmp_path / "export.json", tmp_path / "reports" / "notes.txt"
    export.write_text("{}")
    notes.write_text("mine")
    claim.mark(Plan("feed", report_dir=str(tmp_path / "reports"), summary_export=str(export)))
    assert sorted(file.name for file in (tmp_path / "reports").rglob("*") if file.is_file()) == ["notes.txt", SUMMARY]
    said = json.loads((tmp_path / "reports" / SUMMARY).read_text())
    assert (said["verdict"], said["exit_code"], said["complete"], said["schema"]) == ("running", 111, False, 1)
    assert said["reason"].startswith(f"under way since {said['started_at']}")
    assert not export.exists()


@pytest.mark.parametrize("name", ["export", "/dev/fd/{number}", "/dev/stdout"])
def test_a_device_or_a_pipe_is_no_older_run(tmp_path, name, monkeypatch):
    """It is where the export goes, and it stays: nothing was written there that could be taken for this run's."""
    taken_away = []
    monkeypatch.setattr(Path, "unlink", lambda path, **_: taken_away.append(path))
    os.mkfifo(tmp_path / "export")
    with (tmp_path / "output").open("wb") as output:
        target = tmp_path / name.format(number=output.fileno())
        claim.mark(Plan("feed", summary_export=str(target)))
    assert taken_away == []


def test_files_of_others_stay(tmp_path):
    """Where no run of ours left anything, files that happen to be called as our reports are let be."""
    (tmp_path / "junit.xml").write_text("pytest's")
    claim.mark(Plan("feed", report_dir=str(tmp_path)))
    assert (tmp_path / "junit.xml").read_text() == "pytest's"


def test_a_run_under_way_is_no_run_to_read(tmp_path):
    """Reading it back, comparing with it and putting it on a shelf are refused with a sentence."""
    claim.mark(Plan("feed", report_dir=str(tmp_path)))
    with pytest.raises(
        UnreadableRunError, match=r"the run is under way since .* or it was killed; there is no verdict"
    ):
        read_report_dir(tmp_path)
    assert len(read_baselines(tmp_path).unreadable) == 1
    with pytest.raises(ConfigurationError, match="or it was killed"):
        put(tmp_path, tmp_path / "shelf", 5, force=True)


def test_a_full_disk_leaves_no_older_verdict(tmp_path, monkeypatch):
    """What cannot be marked is removed."""
    leave_a_run(tmp_path / "reports")
    monkeypatch.setattr(report_dir, "write_summary", lambda *_: "no space left")
    claim.mark(Plan("feed", report_dir=str(tmp_path / "reports")))
    assert list((tmp_path / "reports").glob("*.json")) == []


def test_an_older_verdict_that_would_stay_is_a_mistake(tmp_path, monkeypatch):
    """A run does not begin over a verdict that it can neither mark nor remove."""
    leave_a_run(tmp_path / "reports")

    def refused(*_, **__):
        raise PermissionError(13, "not permitted")

    monkeypatch.setattr(report_dir, "write_summary", lambda *_: "not permitted")
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(ConfigurationError, match="is of an older run and cannot be removed: not permitted"):
        claim.mark(Plan("feed", report_dir=str(tmp_path / "reports")))


def test_the_second_run_in_a_directory_is_refused(tmp_path):
    """While another process holds it; afterwards it is free, and one process may take it again."""
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(ConfigurationError, match="another run that is under way writes its reports to"):
        claim.take(str(tmp_path))
    assert not claim.is_free(str(tmp_path))
    fcntl.flock(other, fcntl.LOCK_UN)
    claim.take(str(tmp_path))
    claim.take(str(tmp_path))
    assert claim.is_free("")
