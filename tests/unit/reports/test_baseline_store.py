"""The runs to compare with: added whole, the newest few kept, the damaged ones named."""

import fcntl
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from examples import OUTCOMES, example

from locust_ext.archive import baselines
from locust_ext.archive.baselines import put, read_baselines
from locust_ext.archive.report_dir import LOG, SUMMARY, write_report_dir
from locust_ext.gates.verdict import Verdict
from locust_ext.reports.options import ReportOptions
from locust_ext.text.problems import ConfigurationError


@pytest.fixture
def run(tmp_path):
    """Write the reports of a green run; ``seed`` is the minute in which it began."""

    def write(seed=1, **changes):
        place = tmp_path / f"run-{seed}"
        write_report_dir(replace(example(1.0, seed), **changes), place, ReportOptions(html=False))
        return place

    return write


def starts(directory):
    """Return the minutes in which the runs of a store began."""
    return [int(result.started_at[14:16]) for _, result in read_baselines(directory).runs]


def test_runs_are_kept_by_age(run, tmp_path):
    """In whatever order they come, the newest stay, oldest first."""
    store = tmp_path / "baselines" / "feed"
    for seed in (3, 1, 4, 2):
        put(run(seed), store, keep=3)
    assert starts(store) == [2, 3, 4]


def test_what_was_put_is_told(run, tmp_path):
    """The new place, named after its time and its run, and those that had to go."""
    first, gone = put(run(1), tmp_path / "store", keep=1)
    assert (first.name, gone) == ("20261124T100100-000000000000", [])
    second, gone = put(run(2), tmp_path / "store", keep=1)
    assert (second.exists(), gone, first.exists()) == (True, [first], False)


def test_the_same_run_twice_is_there_once(run, tmp_path):
    """A job that is repeated does no harm."""
    place = run(1)
    assert put(place, tmp_path / "store", 5)[0] == put(place / SUMMARY, tmp_path / "store", 5)[0]
    assert starts(tmp_path / "store") == [1]


def test_only_what_is_compared_is_copied(run, tmp_path):
    """Two files, readable by others as any."""
    place, _ = put(run(1), tmp_path / "store", 5)
    assert {file.name for file in place.iterdir()} == {SUMMARY, LOG}
    assert place.stat().st_mode & 0o055 == 0o055


def test_a_run_that_did_not_pass_is_no_measure(run, tmp_path):
    """It is refused with its verdict, unless it is forced."""
    failed = run(1, verdict=Verdict("failed", 99, "1 of 4 thresholds failed"), outcomes=OUTCOMES)
    with pytest.raises(ConfigurationError, match=r"it failed \(exit code 99\): 1 of 4 thresholds failed; --force"):
        put(failed, tmp_path / "store", 5)
    assert not (tmp_path / "store").exists()
    assert put(failed, tmp_path / "store", 5, force=True)[0].exists()


REFUSED = [
    ("no run", lambda place, _: place.joinpath(SUMMARY).unlink(), "it cannot be read"),
    ("a damaged run", lambda place, _: place.joinpath(LOG).write_text("x"), "it is not a histogram log"),
    ("a file in the way", lambda _, store: store.write_text("x"), "cannot be written"),
]


@pytest.mark.parametrize("change, sentence", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(run, tmp_path, change, sentence):
    """A sentence says why, and nothing is left behind."""
    place, store = run(1), tmp_path / "store"
    change(place, store)
    with pytest.raises(ConfigurationError, match=sentence):
        put(place, store, 5)


def test_a_run_of_an_older_version_has_no_id(run, tmp_path):
    """It could not be told from another one."""
    with pytest.raises(ConfigurationError, match="has no id"):
        put(run(1, id=""), tmp_path / "store", 5)


def test_damaged_runs_are_named_and_kept(run, tmp_path):
    """They are passed over, and neither counted nor removed when others are."""
    store = tmp_path / "store"
    damaged, _ = put(run(1), store, 5)
    (damaged / SUMMARY).write_text("{")
    for seed in (2, 3, 4):
        put(run(seed), store, keep=2)
    assert starts(store) == [3, 4]
    assert read_baselines(store).unreadable == (f"{damaged / SUMMARY}: it is not JSON, or it was cut off",)


def test_a_copy_that_breaks_off_leaves_nothing(run, tmp_path, monkeypatch):
    """No half run is ever on the store."""

    def full(*_):
        raise OSError(28, "No space left on device")

    made = run(1)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        put(made, tmp_path / "store", 5)
    assert [file.name for file in (tmp_path / "store").iterdir()] == [".lock"]


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_no_store(tmp_path, place):
    """What is not a directory has no runs."""
    (tmp_path / "file").write_text("x")
    assert read_baselines(tmp_path / place).runs == ()


def test_a_report_directory_is_a_store_of_one(run):
    """So that one run can be compared with another."""
    place = run(7)
    assert starts(place) == [7]


@pytest.mark.slow
def test_a_store_that_another_job_writes_to(run, tmp_path, monkeypatch):
    """Is waited for, and given up at last; nothing is put there meanwhile."""
    store, waited = tmp_path / "store", []
    put(run(1), store, 5)
    clock = SimpleNamespace(now=0.0)

    def sleep(seconds):
        waited.append(seconds)
        clock.now += 10.0

    monkeypatch.setattr(baselines, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep))
    with (store / baselines.LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match="cannot be written: another job has held its lock for 30 s"):
            put(run(2), store, 5)
    assert waited == [0.05] * 4
    assert starts(store) == [1]
    put(run(2), store, 5)
    assert starts(store) == [1, 2]


def test_a_store_that_is_closed(tmp_path, monkeypatch):
    """It has no runs, and that is no traceback."""

    def exists(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", exists)
    assert read_baselines(tmp_path) == baselines.Baselines()
