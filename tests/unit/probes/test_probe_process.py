"""A process on this machine: this one is looked at, others are played."""

from __future__ import annotations

import os
from contextlib import contextmanager
from types import SimpleNamespace

import psutil
import pytest
from gevent.monkey import get_original

from locust_ext.probes import process_source
from locust_ext.probes.options import OF_PROCESSES, ProcessOptions
from locust_ext.probes.process_source import ProcessSource
from locust_ext.probes.readings import Reading
from locust_ext.probes.source import UnreadError


class Played:
    """A process that somebody plays."""

    def __init__(self, pid, name="postgres", fds=10, begun=100.0, used=2.0, status="sleeping", ends=False):
        self.pid, self._name, self._fds, self._begun, self._used = pid, name, fds, begun, used
        self._status, self._ends = status, ends

    @contextmanager
    def oneshot(self):
        """Look once."""
        yield

    def name(self):
        """Its name, unless it has ended."""
        if isinstance(self._name, Exception):
            raise self._name
        return self._name

    def status(self):
        """What it does."""
        return self._status

    def create_time(self):
        """When it began."""
        return self._begun

    def num_fds(self):
        """Its descriptors."""
        if self._ends:
            raise psutil.NoSuchProcess(self.pid)
        if isinstance(self._fds, Exception):
            raise self._fds
        return self._fds

    def memory_info(self):
        """Its memory."""
        return SimpleNamespace(rss=1000)

    def num_threads(self):
        """Its threads."""
        return 3

    def cpu_times(self):
        """Its processor time."""
        return SimpleNamespace(user=self._used, system=1.0)

    def rlimit(self, _):
        """Its limits."""
        return 64, 128


def read(monkeypatch, *processes, name="postgres", series=()):
    """Read those of a name."""
    monkeypatch.setattr(psutil, "process_iter", lambda: iter(processes))
    return ProcessSource(ProcessOptions(name=name), series).read(5.0)


def test_this_process():
    """All of its series, by its number."""
    found = ProcessSource(ProcessOptions(pid=os.getpid())).read(5.0)
    assert set(found.values) == set(OF_PROCESSES)
    assert found.values["process_open_fds"].value > 2
    assert found.values["process_resident_memory_bytes"].value > 1e6
    assert found.values["process_cpu_seconds_total"].counts
    assert found.values["process_start_time_seconds"].value == psutil.Process().create_time()
    assert found.troubles == {}


def test_several_are_summed(monkeypatch):
    """They began when the first did, and have no limit together; those of other names are none of them."""
    found = read(monkeypatch, Played(2), Played(3, fds=5, begun=50.0), Played(4, name="nginx", fds=99)).values
    assert found["process_open_fds"] == Reading(15, parts=2)
    assert found["process_cpu_seconds_total"] == Reading(6.0, counts=True, parts=2)
    assert found["process_start_time_seconds"] == Reading(50.0)
    assert "process_max_fds" not in found
    assert read(monkeypatch, Played(2)).values["process_max_fds"] == Reading(64.0)


LEFT_OUT = [
    ("one that ends while it is read", Played(3, ends=True)),
    ("one that has ended", Played(3, status=psutil.STATUS_ZOMBIE)),
    ("one whose name nobody can read any more", Played(3, name=psutil.NoSuchProcess(3))),
    ("the one that asks", Played(os.getpid())),
]


@pytest.mark.parametrize("other", [row[1] for row in LEFT_OUT], ids=[row[0] for row in LEFT_OUT])
def test_who_is_left_out(monkeypatch, other):
    """The others are read all the same."""
    assert read(monkeypatch, other, Played(2)).values["process_open_fds"] == Reading(10)


def test_what_may_not_be_read(monkeypatch):
    """It is left out whole: a part of a sum is not the sum; it is named where somebody asks for it."""
    processes = [Played(2), Played(3, fds=psutil.AccessDenied(3))]
    found = read(monkeypatch, *processes)
    assert "process_open_fds" not in found.values
    assert found.values["process_threads"] == Reading(6, parts=2)
    assert found.troubles == {"process_open_fds": "may not be read by this user"}
    assert read(monkeypatch, *processes, series=("process_threads",)).troubles == {}


def test_nobody_of_that_name(monkeypatch):
    """Nor one that ended in that moment."""
    for processes in ((), (Played(3, ends=True),)):
        with pytest.raises(UnreadError, match=r"^there is no process of that name$"):
            read(monkeypatch, *processes)


def test_a_number_that_nobody_has(monkeypatch):
    """It may still come."""
    monkeypatch.setattr(psutil, "Process", lambda pid: (_ for _ in ()).throw(psutil.NoSuchProcess(pid)))
    source = ProcessSource(ProcessOptions(pid=77))
    with pytest.raises(UnreadError, match=r"^there is no process of that number$"):
        source.read(5.0)


def test_a_number_that_somebody_else_has_now(monkeypatch):
    """It is not the process that was read."""
    process = Played(77)
    process.is_running = lambda: True
    monkeypatch.setattr(psutil, "Process", lambda pid: process)
    source = ProcessSource(ProcessOptions(pid=77))
    assert source.read(5.0).values["process_open_fds"] == Reading(10)
    process.is_running = lambda: False
    with pytest.raises(UnreadError, match=r"^its process has ended$"):
        source.read(5.0)


ERRORS = [(psutil.AccessDenied(1), "^it may not be looked at by this user$"), (OSError("x"), "^it could not be looked at: OSError$"),
          (ValueError("secret"), "^it could not be looked at: ValueError$")]  # fmt: skip


@pytest.mark.parametrize("error, said", ERRORS)
def test_a_machine_that_says_nothing(monkeypatch, error, said):
    """Nothing is raised but that."""

    def fails():
        raise error

    monkeypatch.setattr(psutil, "process_iter", fails)
    with pytest.raises(UnreadError, match=said):
        ProcessSource(ProcessOptions(name="x")).read(5.0)


def test_a_machine_that_hangs(monkeypatch):
    """Others go on, and looks do not pile up."""
    looks, goes_on = [], []
    sleep = get_original("time", "sleep")  # that of a thread

    def hangs():
        looks.append(1)
        while not goes_on:
            sleep(0.005)
        return iter([Played(2)])

    monkeypatch.setattr(psutil, "process_iter", hangs)
    source = ProcessSource(ProcessOptions(name="postgres"))
    for _ in range(3):
        with pytest.raises(UnreadError, match=r"^this machine did not tell within 0\.02 s$"):
            source.read(0.02)
    assert len(looks) == 1
    goes_on.append(1)
    assert source.read(5.0).values["process_open_fds"] == Reading(10)


def test_limits_that_nobody_tells():
    """Other systems, other users' processes, and no limit at all."""
    for limits in (psutil.AccessDenied(1), AttributeError("rlimit"), (-1, -1)):
        process = Played(2)

        def rlimit(_, limits=limits):
            if isinstance(limits, Exception):
                raise limits
            return limits

        process.rlimit = rlimit
        assert process_source._limit(process) == 0.0


def test_it_lets_go_of_its_thread():
    """Where it has one, and that is at rest; afterwards it can be read again."""
    source = ProcessSource(ProcessOptions(pid=os.getpid()))
    source.close()
    source.read(5.0)
    pool = source._pool
    source.close()
    assert pool.size == 0
    assert source.read(5.0).values
    source.close()
