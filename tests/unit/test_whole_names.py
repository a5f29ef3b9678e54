"""Lone halves of characters in what Locust keeps and sends: spelled out, and nothing lost."""

import pytest
from locust.rpc.protocol import Message
from locust.stats import RequestStats

from locust_ext.archive.report_dir import REPORTS, write_export, write_report_dir
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.verdict import conclude
from locust_ext.process import whole_names
from locust_ext.process.whole_names import keep_names_whole
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.result import RunResult

HALF = "a\udc80"
SPELLED = r"a\udc80"


@pytest.fixture(autouse=True)
def standing(monkeypatch):
    """Stand there for one test."""
    for owner, name, _ in whole_names._PLACES:
        monkeypatch.setattr(owner, name, vars(owner)[name])
    keep_names_whole()


def test_requests_and_failures():
    """A name with a half is one entry, spelled out; others are not touched, and all are counted."""
    stats = RequestStats()
    for name in (HALF, "feed", HALF):
        stats.log_request("GET", name, 1.0, 1)
        stats.log_error("GET", name, ValueError(f"not {HALF}"))
        stats.log_error("GET", name, f"not {HALF}")
    assert sorted(stats.entries) == [(SPELLED, "GET"), ("feed", "GET")]
    assert (stats.entries[SPELLED, "GET"].num_requests, stats.total.num_requests) == (2, 3)
    assert {error.name for error in stats.errors.values()} == {SPELLED, "feed"}
    assert sum(error.occurrences for error in stats.errors.values()) == 6
    for error in stats.errors.values():
        str(error.to_dict()).encode()


def test_messages():
    """What no message can carry is spelled out in it; what it can is as it was."""
    carried = Message.unserialize(Message("stats", {HALF: [HALF, ("é", 1)]}, "node").serialize())
    assert carried.data == {SPELLED: [SPELLED, ["é", 1]]}
    assert Message.unserialize(Message("stats", {"é": 1}, "node").serialize()).data == {"é": 1}


def test_a_second_time_changes_nothing():
    """Anyone who installs and attaches stands there once."""
    before = [vars(owner)[name] for owner, name, _ in whole_names._PLACES]
    keep_names_whole()
    assert before == [vars(owner)[name] for owner, name, _ in whole_names._PLACES]


def test_reports(tmp_path):
    """They are written, whatever the name of a run and of its host hold."""
    result = RunResult(HALF, conclude((), RunHealth()), "2026-01-01T00:00:00+00:00", 1.0, 0, complete=True)
    assert write_report_dir(result, tmp_path / HALF, ReportOptions()) == []
    assert write_export(result, tmp_path / "export.json") == []
    assert {file.name for file in (tmp_path / HALF).iterdir()} == set(REPORTS)
