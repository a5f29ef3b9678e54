"""A run without an end: what was on disk is shown, as inconclusive; nothing else takes it for a run."""

import fcntl
import json
import os
from dataclasses import replace

import pytest
from click.testing import CliRunner
from examples import OUTCOMES, example

from locust_ext.archive.baselines import put, read_baselines
from locust_ext.archive.liveness import this_process
from locust_ext.archive.report_dir import LOG, SUMMARY, UnreadableRunError, read_report_dir, write_report_dir
from locust_ext.archive.torn_run import read_any_run
from locust_ext.cli import main
from locust_ext.gates.outcomes import Status
from locust_ext.measure.histogram import Histogram
from locust_ext.reports.hlog import head
from locust_ext.reports.interval_log import IntervalLog
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.probe_lines import PROBES, Reading, probe_line
from locust_ext.reports.running import under_way
from locust_ext.reports.summary import summary
from locust_ext.text.problems import ConfigurationError

WHOLE = replace(example(), outcomes=OUTCOMES)
GONE = replace(this_process(12.4), pid=2**62)


@pytest.fixture
def torn(tmp_path):
    """The directory of a run whose process is gone: a summary without trends, a log, and what a probe has read."""
    place = tmp_path / "torn"
    place.mkdir()
    counted = tuple(row for row in WHOLE.series if not isinstance(row.sink, Histogram))
    running = replace(
        WHOLE, verdict=under_way(WHOLE.started_at), complete=False, series=counted, running=GONE, duration=11537.0
    )
    (place / SUMMARY).write_text(summary(running))
    store, log = WHOLE.snapshot.store, IntervalLog(lambda tags: tags)
    (place / LOG).write_text(head(WHOLE.started_at) + "".join(log.lines(store, 0.0, 10.0)))
    (place / PROBES).write_text(probe_line(0, 5, [Reading(1.0, {("fds", "a"): 3})]))
    return place


def test_a_torn_run_is_shown_as_what_it_is(torn):
    """Inconclusive, with the sentence, its histograms and what its probes have read."""
    found = read_any_run(torn)
    assert found == read_any_run(torn / SUMMARY)
    assert (found.verdict.word, found.verdict.exit_code, found.complete) == ("inconclusive", 111, False)
    assert found.verdict.reason == (
        "the run was cut off after 3h12m17s: its process ended without a word; what follows is what was on disk, at most"
        " 13 s are missing unless its log says that it could not write"
    )
    assert [row.metric for row in found.series] == [row.metric for row in WHOLE.series]
    for ours, theirs in zip(found.series, WHOLE.series, strict=True):
        assert (ours.tags, ours.count) == (theirs.tags, theirs.count)
        if isinstance(theirs.sink, Histogram):
            assert ours.sink.counts == theirs.sink.counts
            assert ours.figures["p99"] == pytest.approx(theirs.figures["p99"], rel=0.001)
    assert [one.series for one in found.watched] == ["fds"]
    assert found.timeline == WHOLE.timeline


def test_what_has_failed_stays_failed_and_nothing_has_passed(torn):
    """It proves nothing that is good."""
    before = {str(one.threshold): one.status for one in WHOLE.outcomes}
    assert {Status.PASSED, Status.FAILED} <= set(before.values())
    for outcome in read_any_run(torn).outcomes:
        was = before[str(outcome.threshold)]
        assert outcome.status is (Status.FAILED if was is Status.FAILED else Status.INCONCLUSIVE)


def test_a_run_that_lives_is_still_under_way(torn):
    """As long as its process is there."""
    said = json.loads((torn / SUMMARY).read_text())
    said["running"]["pid"] = this_process().pid
    (torn / SUMMARY).write_text(json.dumps(said))
    assert read_any_run(torn).verdict.reason.startswith("the run is still under way, for 3h12m17s so far")


def test_one_that_was_killed_at_once_has_nothing(torn):
    """Its mark is there, and no more."""
    (torn / LOG).unlink()
    (torn / PROBES).unlink()
    mark = replace(example(), verdict=under_way("x"), series=(), running=replace(GONE, loses=0.0), duration=0.0)
    (torn / SUMMARY).write_text(summary(mark))
    assert "cut off before anything of it was on disk" in read_any_run(torn).verdict.reason
    said = json.loads((torn / SUMMARY).read_text())
    del said["running"]  # of a release before
    (torn / SUMMARY).write_text(json.dumps(said))
    assert "cut off before anything of it was on disk" in read_any_run(torn).verdict.reason


@pytest.mark.parametrize("name", [LOG, PROBES])
@pytest.mark.parametrize("cut", [1, 2, 20])
def test_a_torn_last_line_is_left_out(torn, name, cut):
    """The lines before it stay; a disk that lost its last pages leaves zeros there."""
    content = (torn / name).read_bytes()
    line = content.splitlines(keepends=True)[-1]
    (torn / name).write_bytes(content + line[:-cut])
    assert sum(row.count for row in read_any_run(torn).series) == sum(row.count for row in WHOLE.series)
    (torn / name).write_bytes(content + b"\0" * 512)
    assert sum(row.count for row in read_any_run(torn).series) == sum(row.count for row in WHOLE.series)
    (torn / name).write_bytes(content + "ü".encode()[:1])
    assert len(read_any_run(torn).watched) == 1


@pytest.mark.parametrize("name, number", [(LOG, 6), (PROBES, 1)])
def test_a_damaged_line_before_the_last_is_refused_with_its_number(torn, name, number):
    """No crash leaves such a thing: somebody has changed it."""
    lines = (torn / name).read_text().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1][:40] + "\n"
    (torn / name).write_text("".join(lines) + lines[-1])
    with pytest.raises(UnreadableRunError, match=rf"{name}: line {number} is damaged, or cut off"):
        read_any_run(torn)


@pytest.mark.parametrize(
    "change",
    [{"duration_s": 1e999}, {"running": {**vars(GONE), "loses_s": 1e999, "loses": 0}}],
    ids=["endless", "loses all"],
)
def test_times_that_are_not_times(torn, change):
    """A sentence, whatever stands there."""
    said = json.loads((torn / SUMMARY).read_text())
    (torn / SUMMARY).write_text(json.dumps({**said, **change}))
    with pytest.raises(UnreadableRunError, match=r"its times are not times|it is not a summary"):
        read_any_run(torn)


def test_no_other_command_takes_it_for_a_run(torn, tmp_path):
    """Comparisons, baselines and calibrations refuse it, and say what shows it."""
    with pytest.raises(UnreadableRunError, match=r"there is no verdict \(`locust-ext report` shows what was on disk\)"):
        read_report_dir(torn)
    assert len(read_baselines(torn).unreadable) == 1
    with pytest.raises(ConfigurationError, match="it was killed"):
        put(torn, tmp_path / "store", 5, force=True)
    write_report_dir(WHOLE, tmp_path / "whole", ReportOptions(html=False))
    for words in (["compare", torn, tmp_path / "whole"], ["calibrate", "--from", torn]):
        assert CliRunner().invoke(main, [str(word) for word in words]).exit_code == 104


def test_its_reports_can_be_made(torn, tmp_path):
    """They say that it was cut off, and what they hold is a run that no comparison takes for a whole one."""
    made = CliRunner().invoke(main, ["report", str(torn), "-o", str(tmp_path / "made")])
    assert made.exit_code == 0
    assert "INCONCLUSIVE: the run was cut off after 3h12m" in made.output
    again = read_report_dir(tmp_path / "made")
    assert (again.verdict.exit_code, again.complete) == (111, False)
    assert "was cut off after 3h12m" in (tmp_path / "made" / "report.html").read_text()
    with pytest.raises(ConfigurationError, match="nor part of one"):
        put(tmp_path / "made", tmp_path / "store", 5, force=True)


def test_it_is_shown_on_the_console(torn, capsys):
    """Without a directory for its reports, `report` prints the verdict."""
    shown = CliRunner().invoke(main, ["report", str(torn)])
    assert shown.exit_code == 0
    assert "the run was cut off after 3h12m" in shown.output + capsys.readouterr().out


def test_reports_do_not_go_where_a_run_is_written(torn, tmp_path):
    """Not into the directory of a run that is under way."""
    lock = os.open(torn, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    made = CliRunner().invoke(main, ["report", str(torn), "-o", str(torn)])
    fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)
    assert made.exit_code == 104
    assert "another run that is under way writes its reports" in made.output


def test_a_whole_run_is_read_as_ever(tmp_path):
    """Nobody needs to know before whether a run has ended."""
    write_report_dir(WHOLE, tmp_path, ReportOptions(html=False))
    assert read_any_run(tmp_path) == WHOLE
    shown = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert shown.exit_code == 0
