"""What a run leaves on disk while it lasts: over virtual time, with a disk that is full, gone, or somebody else's."""

import errno
import json
import logging
from types import SimpleNamespace

import gevent
import pytest

from locust_ext.archive import journal as files
from locust_ext.archive.report_dir import LOG, SUMMARY
from locust_ext.archive.torn_run import read_any_run
from locust_ext.config.plan import Plan
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.reports.probe_lines import PROBES, read_probe_lines
from locust_ext.reports.running import RUNNING
from locust_ext.run import journalling as module
from locust_ext.run.journalling import FIRST, LONGEST, Journalling, interval_of
from locust_ext.run.run import Run
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.redaction import Redaction

STARTED = "2026-11-28T08:00:00+00:00"


class Controller:
    """What the part asks of the one that judges."""

    def __init__(self, run):
        self.run, self.result, self.outcomes, self.mentioned = run, None, (), []

    def mention(self, sentence):
        """Note it."""
        self.mentioned.append(sentence)
        self.run.blemishes.append(sentence)


def begun(clock, directory, name="feed", controller=None):
    """Begin a run and its journal."""
    run = Run(Plan(name), {"git_sha": "x"}, STARTED, clock.monotonic(), f"id-{name}")
    controller = controller or Controller(run)
    controller.run, controller.result = run, None
    part = Journalling(SimpleNamespace(shape_class=None, parsed_options=SimpleNamespace(run_time=None)), controller)
    part.begins(str(directory), run.id)
    return controller, part


def measure(controller, clock, *values, name="/feed", failed=0):
    """Have the run measure these durations."""
    store, tags = Store(), tags_of({"name": name})
    store.leaf("http_req_duration", tags, Kind.TREND).record_all(values)
    store.leaf("http_reqs", tags, Kind.COUNTER).add(len(values))
    controller.run.take(store.take(), clock.monotonic(), 1.0)


def counts(directory):
    """Return how many durations, and how many requests, the directory tells of."""
    found = read_any_run(directory)
    durations = sum(row.count for row in found.series if isinstance(row.sink, Histogram))
    return durations, sum(row.figures["value"] for row in found.series if row.metric == "http_reqs")


@pytest.fixture
def clock(virtual):
    """The virtual clock, with what tells the time."""
    virtual.monotonic = module.time.monotonic
    return virtual


LENGTHS = [(None, 10.0), (0, 10.0), (5.0, 1.0), (20.0, 1.0), (60.0, 3.0), (200.0, 10.0), (28_800.0, 10.0)]


@pytest.mark.parametrize("seconds, interval", LENGTHS)
def test_how_long_an_interval_is(seconds, interval):
    """Ten seconds, a twentieth of a short run, and not below one."""
    assert interval_of(seconds) == interval


def test_all_but_the_last_interval_is_on_disk(clock, tmp_path):
    """Whenever the process ends, what was measured an interval ago is there; a log that grows line by line."""
    controller, _ = begun(clock, tmp_path)
    for second in range(1, 121):
        gevent.sleep(1)
        measure(controller, clock, second, second)
        if second > LONGEST + 1:
            durations, requests = counts(tmp_path)
            assert durations == requests
            assert 2 * (second - LONGEST - 2) <= durations <= 2 * second
    lines = (tmp_path / LOG).read_text().splitlines()
    starts = [line.split(",")[1:3] for line in lines if line.startswith("Tag=")]
    assert len(starts) == 11
    assert all(float(start) + float(length) == pytest.approx(10 * number, abs=2)
               for number, (start, length) in enumerate(starts, 1))  # fmt: skip
    said = json.loads((tmp_path / SUMMARY).read_text())
    assert (said["verdict"], said["id"], said["running"]["loses_s"]) == (RUNNING, "id-feed", LONGEST)
    assert controller.mentioned == []


def test_errors_are_on_disk_too(clock, tmp_path):
    """What failed stands in what a run that is cut off leaves behind."""
    controller, _ = begun(clock, tmp_path)
    error = {"metric": "http_req_failed", "name": "/feed", "method": "GET", "what": "503", "first": 1.0, "last": 0.0}
    gevent.sleep(5)
    controller.run.take_errors([{**error, "count": 3, "message": "busy"}], clock.monotonic())
    gevent.sleep(LONGEST)
    (kind,) = read_any_run(tmp_path).errors
    assert (kind.name, kind.count, kind.first, kind.last, kind.message) == ("/feed", 3, 4.0, 5.0, "busy")


def test_nothing_is_written_once_it_is_judged(clock, tmp_path):
    """The verdict has the last word, however the journal's interval falls."""
    controller, part = begun(clock, tmp_path)
    gevent.sleep(LONGEST * 2 + 1)
    measure(controller, clock, 1.0)
    controller.result = "judged"
    (tmp_path / SUMMARY).write_text("the verdict")
    (tmp_path / LOG).write_text("the log")
    gevent.sleep(100)
    part.leave()
    gevent.sleep(100)
    assert ((tmp_path / SUMMARY).read_text(), (tmp_path / LOG).read_text()) == ("the verdict", "the log")


def test_a_verdict_between_two_steps_has_the_last_word(clock, tmp_path, monkeypatch):
    """Also while the journal has others take their turn in the middle of an interval."""
    monkeypatch.setattr("locust_ext.run.turns.AT_ONCE", -1.0)
    controller, _ = begun(clock, tmp_path)
    measure(controller, clock, 1.0)

    def judge():
        gevent.sleep(LONGEST + 3 * module.PAUSE)
        controller.result = "judged"
        (tmp_path / SUMMARY).write_text("the verdict")

    for name in map(str, range(20)):
        measure(controller, clock, 1.0, name=name)
    gevent.spawn(judge)
    gevent.sleep(60)
    assert (tmp_path / SUMMARY).read_text() == "the verdict"


def test_a_second_run_in_the_same_process(clock, tmp_path):
    """The first one's journal writes nothing more, and the log is that of the second one alone."""
    controller, first = begun(clock, tmp_path)
    gevent.sleep(15)
    measure(controller, clock, 1.0, 2.0)
    gevent.sleep(15)
    _, second = begun(clock, tmp_path, "second", controller)
    measure(controller, clock, 3.0)
    gevent.sleep(15)
    first.leave()
    assert json.loads((tmp_path / SUMMARY).read_text())["id"] == "id-second"
    assert counts(tmp_path) == (1, 1)
    second.leave()


def test_without_a_directory_nothing_is_written(clock, tmp_path):
    """And nothing waits to be."""
    controller, part = begun(clock, "")
    part.note(1.0, {("fds", "a"): 1})
    gevent.sleep(60)
    part.leave()
    assert (list(tmp_path.iterdir()), controller.mentioned) == ([], [])


def full(*_, **__):
    """Refuse, as a full disk does."""
    raise OSError(errno.ENOSPC, "No space left on device")


def odd(*_, **__):
    """Raise what nobody expects."""
    raise ValueError("odd")


@pytest.mark.parametrize("fails, why", [(full, "No space left on device"), (odd, "ValueError: odd")])
def test_what_cannot_be_written_is_said_once(clock, tmp_path, monkeypatch, caplog, fails, why):
    """It changes nothing else, and when there is room again all of it is there."""
    controller, part = begun(clock, tmp_path)
    measure(controller, clock, 1.0, 2.0)
    gevent.sleep(15)
    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING):
        broken.setattr(files.Journal, "add", fails)
        broken.setattr(files, "write_atomically", fails)
        measure(controller, clock, 3.0)
        part.note(20.0, {("fds", "a"): 1})
        gevent.sleep(60)
    assert controller.mentioned == [f"{tmp_path}: the run is not written down there while it lasts: {why}"]
    assert [record.message for record in caplog.records] == controller.mentioned
    assert counts(tmp_path) == (2, 2)
    measure(controller, clock, 4.0)
    gevent.sleep(15)
    assert counts(tmp_path) == (4, 4)
    assert len(read_probe_lines((tmp_path / PROBES).read_text())) == 1
    assert len(controller.mentioned) == 1


@pytest.mark.parametrize("kind", ["never there", "goes away", "a file"])
def test_a_directory_that_is_not_there(clock, tmp_path, kind):
    """It is said once, and not made again: another run may have it."""
    place = tmp_path / "reports"
    if kind == "goes away":
        place.mkdir()
    elif kind == "a file":
        place.write_text("mine")
    controller, part = begun(clock, place)
    gevent.sleep(15)
    if kind == "goes away":
        for file in place.iterdir():
            file.unlink()
        place.rmdir()
    gevent.sleep(50)
    part.note(60.0, {("fds", "a"): 1})
    part.leave()
    assert len(controller.mentioned) == 1
    assert "it is not there any more" in controller.mentioned[0]
    assert place.is_dir() is False


def test_a_log_that_was_tampered_with_is_written_whole(clock, tmp_path):
    """What was removed, or cut, is there again after an interval."""
    controller, _ = begun(clock, tmp_path)
    measure(controller, clock, 1.0)
    gevent.sleep(15)
    (tmp_path / LOG).unlink()
    measure(controller, clock, 2.0)
    gevent.sleep(10)
    assert counts(tmp_path) == (2, 2)
    (tmp_path / LOG).write_text("")
    gevent.sleep(10)
    assert counts(tmp_path) == (2, 2)


def test_a_secret_that_becomes_known_goes_from_the_log(clock, tmp_path, monkeypatch):
    """Lines that were written before are written again without it."""
    controller, _ = begun(clock, tmp_path)
    measure(controller, clock, 1.0, name="/hunter2-hunter2")
    gevent.sleep(15)
    assert "hunter2" in (tmp_path / LOG).read_text() + (tmp_path / SUMMARY).read_text()
    monkeypatch.setattr(type(OUTLET), "redaction", Redaction(("hunter2-hunter2",)))
    gevent.sleep(15)
    assert "hunter2" not in (tmp_path / LOG).read_text() + (tmp_path / SUMMARY).read_text()
    assert counts(tmp_path) == (1, 1)


@pytest.mark.long
def test_files_are_bounded(clock, tmp_path, monkeypatch):
    """The log is made compact from time to time, and of old readings every second line goes: nothing else is lost."""
    monkeypatch.setattr(module, "MOST_LINES", 30)
    monkeypatch.setattr(module, "MOST_PROBE_BYTES", 5_000)
    controller, part = begun(clock, tmp_path)
    sizes = []
    for number in range(400):
        for name in "abcdefghij":
            measure(controller, clock, number % 50, name=name)
        part.note(number * 10.0, {("fds", "a"): number})
        gevent.sleep(10)
        sizes.append(((tmp_path / LOG).stat().st_size, (tmp_path / PROBES).stat().st_size) if number > 1 else (0, 0))
    assert counts(tmp_path)[0] >= 3_980
    lines = (tmp_path / LOG).read_text().count("Tag=")
    assert lines <= 4 * 10 + 20
    assert max(size for _, size in sizes) < 6_000
    assert max(size for size, _ in sizes[200:]) < 1.5 * max(size for size, _ in sizes[50:200])
    points = read_probe_lines((tmp_path / PROBES).read_text())[0].points
    assert (points[0][1] < 100, points[-1][1] > 390) == (True, True)


def test_readings_of_an_interval_are_bounded(clock, tmp_path):
    """A probe that reads without end has every second reading kept."""
    _, part = begun(clock, tmp_path)
    for number in range(10_000):
        part.note(number / 1000, {("fds", "a"): number}, ["a"] if number == 9_999 else ())
    part.leave()
    (line,) = (tmp_path / PROBES).read_text().splitlines()
    readings = json.loads(line)["readings"]
    assert len(readings) <= module.MOST_READINGS
    assert readings[-1]["restarted"] == ["a"]
    part.note(1.0, {("fds", "a"): 1})  # nobody is there any more


def test_it_takes_turns(clock, tmp_path, monkeypatch):
    """Between two series others have their turn: no request waits for a whole interval to be written."""
    monkeypatch.setattr("locust_ext.run.turns.AT_ONCE", -1.0)
    turns = []
    controller, _ = begun(clock, tmp_path)
    for name in map(str, range(100)):
        measure(controller, clock, 1.0, name=name)
    sleep = gevent.sleep
    monkeypatch.setattr(module.gevent, "sleep", lambda seconds=0: (turns.append(seconds), sleep(seconds)))
    sleep(FIRST + LONGEST + 1)
    assert turns.count(0) >= 100
    assert counts(tmp_path) == (100, 100)


def test_it_waits_longer_where_it_takes_long(clock, tmp_path, monkeypatch):
    """Of a slow machine's time it takes a twentieth at the most, and says how much may be missing."""
    controller, _ = begun(clock, tmp_path)
    monkeypatch.setattr(Histogram, "to_hdr", lambda self, real=Histogram.to_hdr: (gevent.sleep(1), real(self))[1])
    for _ in range(100):
        measure(controller, clock, 1.0)
        gevent.sleep(1)
    said = json.loads((tmp_path / SUMMARY).read_text())
    assert said["running"]["loses_s"] == pytest.approx(20.0, abs=0.5)
