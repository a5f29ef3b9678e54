"""Every report of a run in one file, for people who take it away from a page.

Law: what is in it is what a report directory would hold, made by the same functions under the same fixed names. A
report that cannot be made takes nothing else with it, and is named in the bundle itself.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

from locust_ext.archive.report_dir import REPORTS, written
from locust_ext.reports.result import RunResult

MISSING = "not-written.txt"
"""Says which reports are not there, and why, where any are not."""

_Moment = tuple[int, int, int, int, int, int]

YEARS = range(1980, 2108)
"""The years that a zip knows."""

_FIRST = (YEARS[0], 1, 1, 0, 0, 0)


def bundle(result: RunResult) -> bytes:
    """Return a zip of all the reports of a run, whichever of them its configuration has written."""
    out, missing = io.BytesIO(), []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        for name in REPORTS:
            try:
                content = written(result, name)
            except Exception as error:  # noqa: BLE001 as in a report directory
                missing.append(f"{name} was not written: {type(error).__name__}: {error}\n")
            else:
                file.writestr(_entry(name, result), content)
        if missing:
            file.writestr(_entry(MISSING, result), "".join(missing))
    return out.getvalue()


def _entry(name: str, result: RunResult) -> zipfile.ZipInfo:
    """Return how a file stands in the zip: readable by all, and of the time at which the run began."""
    entry = zipfile.ZipInfo(name, _moment(result.started_at))
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return entry


def _moment(text: str) -> _Moment:
    """Return an ISO time as a zip has it; its first moment where it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _FIRST
    return (at.year, at.month, at.day, at.hour, at.minute, at.second) if at.year in YEARS else _FIRST
