"""Whether the process that writes a run is still there: on this machine, on another, and where nothing says so."""

import fcntl
import os
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest

from locust_ext.archive import liveness
from locust_ext.archive.liveness import SILENT, lives, this_process

NOW = 1_800_000_000.0


@pytest.fixture
def here():
    """This process, as it writes itself down."""
    return replace(this_process(10.0), written=NOW)


def test_this_process_lives(here, tmp_path):
    """Whatever time it is, and whether its directory is locked or not."""
    assert here.pid == os.getpid()
    assert lives(here, tmp_path, NOW + 1e9)


GONE = {
    "its number is another's now": SimpleNamespace(create_time=lambda: 5.0, status=lambda: "running"),
    "nobody has fetched how it ended": SimpleNamespace(create_time=lambda: 1.0, status=lambda: psutil.STATUS_ZOMBIE),
}


@pytest.mark.parametrize("process", GONE.values(), ids=GONE)
def test_a_process_that_has_gone_does_not(here, tmp_path, monkeypatch, process):
    """Also while its number is there."""
    monkeypatch.setattr(liveness.psutil, "Process", lambda _: process)
    assert not lives(replace(here, born=1.0), tmp_path, NOW)


@pytest.mark.parametrize("pid", [-1, 2**62, 2**80])
def test_a_number_that_is_not_one_of_a_process(here, tmp_path, pid):
    """What stands in a file is not to be trusted."""
    assert not lives(replace(here, pid=pid), tmp_path, NOW)


def test_a_process_that_may_not_be_looked_at_is_there(here, tmp_path, monkeypatch):
    """It is somebody else's."""

    def refused(pid):
        raise psutil.AccessDenied(pid)

    monkeypatch.setattr(liveness.psutil, "Process", refused)
    assert lives(here, tmp_path, NOW)


@pytest.mark.parametrize(
    "after, is_alive", [(0, True), (SILENT + 9, True), (SILENT + 11, False), (-SILENT - 11, False)]
)
def test_one_of_another_machine_lives_while_it_writes(here, tmp_path, after, is_alive):
    """A number means nothing there; what it has written lately does."""
    assert lives(replace(here, machine="another", pid=1), tmp_path, NOW + after) is is_alive


@pytest.mark.parametrize("known", [True, False])
def test_one_that_holds_its_directory_lives(here, tmp_path, known):
    """The kernel lets go of it when the process ends, however that happens."""
    running = replace(here, machine="another", written=0.0) if known else None
    assert not lives(running, tmp_path, NOW)
    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert lives(running, tmp_path, NOW)
    fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)
    assert not lives(running, tmp_path, NOW)
    assert not lives(running, tmp_path / "nowhere", NOW)
