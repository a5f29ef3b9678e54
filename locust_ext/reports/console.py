"""The run on a console while it lasts: its line, and how outcomes are marked there.

Law: names come from outside: control characters of theirs are not printed at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import format_value
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

MARK = {Status.PASSED: "✓", Status.FAILED: "✗", Status.INCONCLUSIVE: "?"}


def plain(text: str) -> str:
    """Return ``text`` without control characters."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "�" for character in text)


def progress_line(
    phase: str, at: float, total: float | None, users: int, outcomes: Sequence[Outcome], note: str = ""
) -> str:
    """Return one line: phase, time, users, what there is to note, and the threshold that is worst off."""
    time = format_duration(round(at))
    if total and math.isfinite(total):
        time += f"/{format_duration(round(total))}, {format_duration(max(0, round(total) - round(at)))} left"
    line = f"{phase or 'run'}  {time}  {plural(users, 'user')}" + (f"  {note}" if note else "")
    if outcomes:
        worst = min(outcomes, key=_goodness)
        line += f"  {MARK[worst.status]} {worst.threshold} = {format_value(worst)} of {worst.count:,}"
    return plain(line)


def _goodness(outcome: Outcome) -> tuple[int, float]:
    """Order outcomes from worst to best: failed, then the least room below the bound, then the unclear ones."""
    bound, value = outcome.threshold.assertion.bound, outcome.value
    room = abs(bound - value) / abs(bound) if value is not None and bound else 1.0
    if outcome.status is Status.FAILED:
        return (0, -room)
    return (1, room) if outcome.status is Status.PASSED else (2, room)
