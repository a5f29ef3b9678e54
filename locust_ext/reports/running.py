"""Who writes a run that has not ended, and what is to be said of it when it never will.

Law: pure data; it names no machine: a fingerprint of it is enough to tell it from others.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from locust_ext.gates.verdict import Verdict, downgrade
from locust_ext.text.frozen import dataclass
from locust_ext.text.units import format_duration

if TYPE_CHECKING:
    from locust_ext.reports.result import RunResult

RUNNING = "running"
"""The word that stands for a verdict in the summary of a run that has not ended, or never will: it was killed."""

UNDECIDED = 111


@dataclass(frozen=True)
class Running:
    """The process that judges a run which is under way."""

    pid: int
    born: float
    """When that process began, in seconds of its machine's clock: another one may get its number."""
    machine: str
    """A fingerprint of the machine since it was started."""
    written: float
    """When this was written, in seconds since 1970."""
    loses: float = 0.0
    """Seconds of the run that are missing at most, if it is cut off before this is written again."""


def under_way(started_at: str) -> Verdict:
    """Return what stands for the verdict while a run lasts."""
    return Verdict(RUNNING, UNDECIDED, f"under way since {started_at}: it has not ended yet, or it was killed")


def unended(result: RunResult, *, lives: bool) -> RunResult:
    """Return what there is of a run that has no verdict as one that proves nothing; ``lives``: it is under way still.

    What has failed stays failed; what has passed so far is inconclusive.
    """
    seconds, loses = format_duration(round(result.duration)), result.running.loses if result.running else 0.0
    if lives:
        reason = f"the run is still under way, for {seconds} so far: what follows is what was on disk"
    elif not loses:
        reason = "the run was cut off before anything of it was on disk: its process ended without a word"
    else:
        reason = (
            f"the run was cut off after {seconds}: its process ended without a word; what follows is what was on disk,"
            f" at most {math.ceil(loses)} s are missing unless its log says that it could not write"
        )
    outcomes = tuple(downgrade(result.outcomes, [reason]))
    verdict = Verdict("inconclusive", UNDECIDED, reason)
    return replace(result, verdict=verdict, complete=False, outcomes=outcomes, running=None)
