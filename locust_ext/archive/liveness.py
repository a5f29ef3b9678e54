"""Whether the process that writes a run is still there.

Law: a run counts as cut off only where its process is known to be gone, or has not written for long: nothing here ends
or touches a process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import time
from pathlib import Path

import psutil

from locust_ext.reports.running import Running

SILENT = 60.0
"""Seconds without a word after which a run on another machine is taken for cut off, beside what it may lose."""

SAME = 2.0
"""Seconds by which two readings of when a process began may differ."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_process(loses: float = 0.0) -> Running:
    """Return who writes here, now; ``loses``: seconds of the run that are missing at most, if it is cut off."""
    return Running(os.getpid(), psutil.Process().create_time(), machine(), time.time(), loses)


def machine() -> str:
    """Return a fingerprint of this machine since it was started."""
    try:
        boot = _BOOT.read_text("ascii")
    except (OSError, ValueError):
        boot = ""
    return hashlib.sha256(f"{platform.node()} {boot}".encode(errors="replace")).hexdigest()[:16]


def lives(running: Running | None, directory: Path, now: float) -> bool:
    """Tell whether the process that writes to ``directory`` is still there; ``now`` in seconds since 1970.

    On this machine its number says so; elsewhere the lock on its directory does, or that it has written lately.
    """
    if running is None:
        return _is_locked(directory)
    if running.machine == machine():
        return _is_there(running)
    return _is_locked(directory) or abs(now - running.written) < SILENT + running.loses


def _is_there(running: Running) -> bool:
    try:
        process = psutil.Process(running.pid)
        return bool(abs(process.create_time() - running.born) < SAME and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return False
    except psutil.Error:
        return True  # it is there, and not ours to look at


def _is_locked(directory: Path) -> bool:
    """Tell whether a run holds the directory; where that cannot be asked, none does."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(handle, fcntl.LOCK_UN)  # not when it is closed: gevent's close comes a little later
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
