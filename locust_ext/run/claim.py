"""One directory, one truth: a run takes its report directory before it begins, and marks what lies there.

Law: from its first moment on nothing in the directory tells of another run, so that one that is killed, or whose disk
is full at its end, leaves no older verdict behind. Two runs never write to one directory: the second is refused.
"""

from __future__ import annotations

import fcntl
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from locust_ext.config.plan import Plan
from locust_ext.process.files import is_replaceable
from locust_ext.run.survey import redaction_for
from locust_ext.text.problems import ConfigurationError, Problem

logger = logging.getLogger(__name__)

CONFIRM = "confirm-"
"""What the directories of repeated runs begin with."""

_taken: dict[Path, int] = {}
"""The directories that this process holds, until it ends: the kernel lets go of them, however that happens."""


def take(directory: str) -> None:
    """Take a report directory for this process; raises ConfigurationError when a run of another one has it.

    A directory that cannot be made or locked is left to those who write the reports: they say what is wrong with it.
    """
    if not directory:
        return
    place = Path(directory).absolute()
    if place in _taken:
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        what = f"another run that is under way writes its reports to {directory}; name another directory, or wait"
        raise ConfigurationError([Problem("--report-dir", what)]) from None
    except OSError:  # some network file systems lock no directories
        os.close(lock)
        return
    _taken[place] = lock


def is_free(directory: str) -> bool:
    """Tell whether this process may write to a report directory; what was free is taken."""
    try:
        take(directory)
    except ConfigurationError:
        return False
    return True


def mark(plan: Plan) -> None:
    """Say in the report directory that a run is under way, and remove what an older one has left there.

    Raises ConfigurationError where an older verdict would stay.
    """
    if plan.summary_export:
        _remove(Path(plan.summary_export), "--summary-export")
    if plan.report_dir:
        _mark(plan, Path(plan.report_dir))


def _mark(plan: Plan, directory: Path) -> None:
    from locust_ext.archive.liveness import this_process  # noqa: PLC0415 only here
    from locust_ext.archive.report_dir import REPORTS, SUMMARY, write_summary  # noqa: PLC0415
    from locust_ext.reports.probe_lines import PROBES  # noqa: PLC0415
    from locust_ext.reports.redacted import redacted  # noqa: PLC0415
    from locust_ext.reports.result import RunResult  # noqa: PLC0415
    from locust_ext.reports.running import under_way  # noqa: PLC0415

    is_ours = (directory / SUMMARY).exists()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    result = RunResult(plan.name, under_way(now), now, 0.0, 0, complete=False, running=this_process())
    if trouble := write_summary(redacted(result, redaction_for(plan)), directory):
        logger.error(trouble)
        _remove(directory / SUMMARY, "--report-dir")
    for place in (directory, *directory.glob(f"{CONFIRM}[0-9]")) if is_ours else ():
        for name in (*REPORTS, PROBES):
            if place != directory or name != SUMMARY:
                _remove(place / name, "--report-dir")


def _remove(stale: Path, option: str) -> None:
    if not is_replaceable(stale):
        return
    try:
        stale.unlink(missing_ok=True)
    except OSError as error:
        if stale.is_file():
            what = f"{stale} is of an older run and cannot be removed: {error.strerror or error}"
            raise ConfigurationError([Problem(option, what)]) from None
