"""The load that a run was to have, beside the one that it had.

Law: pure. A run of less load, or of more, has measured another load than the one that was asked for: it can fail, it
can never pass. What was told to end, by a signal, by a rule or by its own time, has ended as told; a person who presses
Stop knows that there is a rest, and the reader of the verdict does not.
"""

from __future__ import annotations

from locust_ext.text.units import format_duration

LATE = 1.0
"""Seconds before the planned end that are none: timers count from a little before the run."""

LATE_SHARE = 0.02
"""The same as a share of the run."""


def cut_short(
    ended: float, planned: float | None, *, told: bool, stopped: bool = False, workers: int | None = None
) -> str:
    """Return why a run that ended after so many seconds proves nothing; ``""`` where it ended as it should.

    ``planned`` is when it was to end, if anything says so, ``stopped`` tells that somebody pressed Stop in the web UI,
    and ``workers`` is how many were left, of a run that needs any.
    """
    if told:
        return ""
    early = planned is not None and ended < planned - max(LATE, LATE_SHARE * planned)
    if stopped:
        where = f"at {_spelled(ended)} of {_spelled(planned)}" if early and planned is not None else ""
        return f"the run was stopped {where}: somebody pressed Stop in the web UI" if where else ""
    if early and planned is not None:
        why = "its last worker was gone" if workers == 0 else "nobody told it to"
        return f"the run ended after {_spelled(ended)} of {_spelled(planned)}, and {why}"
    if planned is None and workers == 0:
        return f"the run ended after {_spelled(ended)}, since its last worker was gone"
    return ""


def _spelled(seconds: float) -> str:
    return format_duration(round(seconds))
