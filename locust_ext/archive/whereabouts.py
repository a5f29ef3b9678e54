"""Where the reports of a run are, in a sentence for people who have just seen its verdict.

Law: only what is there is named; it changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from locust_ext.archive.provenance import REPEAT
from locust_ext.archive.report_dir import REPORTS
from locust_ext.config.plan import Plan

FIRST = "report.html"
"""The report that people open."""

HINT = "no reports were written: --report-dir DIR writes them, report.html among them"


def whereabouts(plan: Plan, *, hints: bool = True, environment: Mapping[str, str] = os.environ) -> str:
    """Return where the reports of a run are, which is over; ``hints``: where there are none, how to get them.

    Of one of several runs that are judged together nothing is said: who judges them says it of all.
    """
    if environment.get(REPEAT):
        return ""
    names = sorted(REPORTS, key=lambda name: name != FIRST)
    there = [name for name in names if plan.report_dir and (Path(plan.report_dir) / name).is_file()]
    found = []
    if there:
        beside = f", and beside it {', '.join(there[1:])}" if there[1:] else ""
        found.append(f"{_short(Path(plan.report_dir) / there[0])}{beside}")
    if plan.summary_export and Path(plan.summary_export).is_file():
        found.append(_short(Path(plan.summary_export)))
    if found:
        return f"reports: {'; '.join(found)}"
    return HINT if hints and not plan.report_dir else ""


def _short(file: Path) -> str:
    """Return the path from here, where that is shorter than the path as it was given."""
    try:
        from_here = os.path.relpath(file)
    except (ValueError, OSError):  # another drive, or this directory is gone
        return str(file)
    return min(str(file), from_here, key=len)
