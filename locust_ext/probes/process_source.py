"""A process on this machine, looked at through psutil where it has no endpoint.

Law: it is read in a thread of its own, since files below /proc may hang; several processes of one name are summed. What
may not be read is left out, and named.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import gevent
import psutil
from gevent.threadpool import ThreadPool

from locust_ext.probes.options import OF_PROCESSES, ProcessOptions
from locust_ext.probes.readings import Read, Reading
from locust_ext.probes.series import CPU, MAX_FDS, OPEN_FDS, RESIDENT, START_TIME, THREADS
from locust_ext.probes.source import UnreadError

MOST_PROCESSES = 1000
"""Processes of one name that are summed."""


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


_FIGURES: tuple[tuple[str, bool, Callable[[psutil.Process], float]], ...] = (
    (OPEN_FDS, False, lambda process: process.num_fds()),
    (RESIDENT, False, lambda process: process.memory_info().rss),
    (THREADS, False, lambda process: process.num_threads()),
    (CPU, True, _cpu),
)
"""Series, whether they only grow, and how they are read."""


class ProcessSource:
    """A process, or all of a name; the one that judges the run is not among those."""

    def __init__(self, options: ProcessOptions, series: Sequence[str] = ()) -> None:
        self._options, self._series = options, series or OF_PROCESSES
        self._pool: ThreadPool | None = None
        self._pending: Any = None
        self._known: psutil.Process | None = None

    def read(self, timeout: float) -> Read:
        """Return what is known of it; raises UnreadError."""
        late = gevent.Timeout(timeout)
        try:
            with late:
                if self._pending is not None:
                    gevent.wait([self._pending])  # what hangs does not pile up
                self._pool = self._pool or ThreadPool(1)  # of its own: name services are asked in the one all share
                self._pending = self._pool.spawn(self._look)
                result: Read | UnreadError = self._pending.get()
        except gevent.Timeout as over:
            if over is not late:
                raise
            raise UnreadError(f"this machine did not tell within {timeout:g} s") from None
        self._pending = None
        if isinstance(result, UnreadError):
            raise result
        return result

    def close(self) -> None:
        """End its thread, unless that hangs."""
        if self._pool is not None and (self._pending is None or self._pending.ready()):
            self._pool.kill()
            self._pool = None

    def _look(self) -> Read | UnreadError:
        try:
            found = self._found()
            return self._summed(found) if found else UnreadError(self._missing())
        except psutil.AccessDenied:
            return UnreadError("it may not be looked at by this user")
        except Exception as error:  # noqa: BLE001 whatever /proc makes it raise
            return UnreadError(f"it could not be looked at: {type(error).__name__}")

    def _missing(self) -> str:
        if self._options.pid is not None:
            return "its process has ended" if self._known is not None else "there is no process of that number"
        return "there is no process of that name"

    def _found(self) -> list[psutil.Process]:
        if self._options.pid is None:
            named = (process for process in psutil.process_iter() if _name_of(process) == self._options.name)
            return [process for process, _ in zip(named, range(MOST_PROCESSES), strict=False)]
        if self._known is None:
            with suppress(psutil.NoSuchProcess):
                self._known = psutil.Process(self._options.pid)
        return [self._known] if self._known is not None and self._known.is_running() else []  # not another of its pid

    def _summed(self, processes: Sequence[psutil.Process]) -> Read | UnreadError:
        told = [one for one in map(self._figures, processes) if one]
        if not told:
            return UnreadError(self._missing())
        values: dict[str, Reading] = {}
        troubles: dict[str, str] = {}
        for name, counts, _ in _FIGURES:
            some = [one[name] for one in told if name in one]
            if len(some) == len(told):
                values[name] = Reading(sum(some), counts=counts, parts=len(some))
            elif name in self._series:
                troubles[name] = "may not be read by this user"
        values[START_TIME] = Reading(min(one[START_TIME] for one in told))
        if len(told) == 1 and (limit := _limit(processes[0])):
            values[MAX_FDS] = Reading(limit)
        return Read(values, troubles)

    @staticmethod
    def _figures(process: psutil.Process) -> dict[str, float]:
        """Return what is known of one process; nothing where it has ended meanwhile."""
        found: dict[str, float] = {}
        try:
            with process.oneshot():
                if process.status() == psutil.STATUS_ZOMBIE:
                    return {}
                found[START_TIME] = process.create_time()
                for name, _, figure in _FIGURES:
                    with suppress(psutil.AccessDenied):
                        found[name] = float(figure(process))
        except psutil.NoSuchProcess:
            return {}
        return found


def _name_of(process: psutil.Process) -> str:
    try:
        return "" if process.pid == os.getpid() else str(process.name())
    except psutil.Error:
        return ""


def _limit(process: psutil.Process) -> float:
    """Return how many descriptors a process may have; 0 where nobody says it."""
    try:
        soft, _ = process.rlimit(psutil.RLIMIT_NOFILE)
    except (psutil.Error, OSError, AttributeError, ValueError):  # other systems than Linux do not tell
        return 0.0
    return float(soft) if soft > 0 else 0.0
