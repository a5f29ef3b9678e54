"""W3C Trace Context (level 1) as requests carry it: which of them do, and under which ids.

Law: pure; chance is handed in. A trace id is eight bytes of its process and eight that no other trace of that process
has: it is never all zeros, and its lower half alone, by which some vendors know a trace, tells traces apart too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

HEADER = "traceparent"
LINE = f"\r\n{HEADER}: ".encode()
"""What stands before its value in a request as it leaves, where we have put it there ourselves."""

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15
"""2**64 by the golden ratio, odd: all 64 bits come, each once, and any few that follow each other lie far apart."""

SMALLEST_SHARE = 1e-12
"""What is less comes to the same: no run has so many requests."""

_VALUE = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}")
LENGTH = 55
"""Characters of a ``traceparent`` of version 00; those of later versions may go on after a dash."""


def trace_id_of(value: object) -> str:
    """Return the trace id in a ``traceparent`` of anybody's; ``""`` where it is not one."""
    if type(value) is not str or not LENGTH <= len(value) <= 2 * LENGTH or value.startswith("ff"):
        return ""
    match = _VALUE.match(value)
    ends = value[LENGTH:]
    if match is None or (ends and (value.startswith("00") or ends[0] != "-")):
        return ""
    return match["trace"] if match["trace"].strip("0") and match["span"].strip("0") else ""


class TraceIds:
    """Makes the ``traceparent`` of the requests of one process.

    ``prefix`` and ``start`` are 64 random bits each; ``sampled``: the target is asked to record what it does.
    """

    def __init__(self, prefix: int, start: int, *, sampled: bool = True) -> None:
        self.own = f"00-{(prefix & MASK) or 1:016x}"
        """What each value of this process begins with, and no other's."""
        self._last, self._ends = start & MASK, f"-{int(sampled):02x}"

    def _next(self) -> str:
        self._last = number = (self._last + STEP) & MASK or STEP
        return f"{number:016x}"

    def new(self) -> str:
        """Return the value of a request that begins a trace; its span has the name of the trace's lower half."""
        number = self._next()
        return f"{self.own}{number}-{number}{self._ends}"

    def again(self, value: str) -> str:
        """Return the value of one more attempt, or hop, in the trace of ``value``, which is one of ours."""
        return f"{value[:36]}{self._next()}{self._ends}"


def gaps(share: float, chance: Callable[[], float]) -> Callable[[], int]:
    """Return what tells how many requests on the next one is that carries a trace, so that ``share`` of all do.

    To count these down is to draw by chance for each request, at the cost of one draw a trace: each is chosen as
    likely as any other, whatever came before. To take each n-th would take the same endpoint again and again, where
    users do the same things in turns. ``share`` is more than 0 and at most 1; ``chance`` returns 0 to less than 1.
    """
    if share >= 1:
        return lambda: 1
    scale = 1 / math.log1p(-max(share, SMALLEST_SHARE))
    log = math.log
    return lambda: 1 + int(log(1.0 - chance()) * scale)
