"""Where a start-up transient ends: the first point from which on the slope is steady.

Law: pure, found from the values, never a fixed share of the run. A transient slows down: it comes from one side and
bends towards what follows. A leak from the first second does not bend, and what speeds up does not settle.
"""

from __future__ import annotations

import math
from statistics import median

from locust_ext.gates.trend import Piece, alike_of, rate_of, remainders, student, tamed

BENDS = 2.5
"""Standard errors by which the first third must differ from the line of the rest."""

MATTERS = 0.2
"""Share of the least growth by which it must differ, too."""

FURTHER = 1.5
"""What is left out, in lengths of what bends: its end is too flat to be seen, and not flat."""


def settled_from(blocks: Piece, least: float, fewest: int, *, teeth: bool = False) -> int | None:
    """Return the index of the first block of the steady rest, of at least ``fewest`` blocks; None: there is none.

    ``least`` is the growth that matters. Of ``teeth`` there are few, and chance bends a few: they have to bend by more,
    as Student's t says. Of blocks there are enough to take a bend by mistake, rather than to miss one.
    """
    last = len(blocks) - fewest
    for first in range(last + 1):
        rest = blocks[first:]
        heads = (2, max(2, len(rest) // 3))
        if not any(_bends(rest, head, MATTERS * least, teeth=teeth) for head in heads):
            return min(last, math.ceil(FURTHER * first))
    return None


def _bends(blocks: Piece, first: int, least: float, *, teeth: bool) -> bool:
    """Tell whether the first blocks come from elsewhere than the line of the others leads, and move towards it."""
    head, rest = blocks[:first], blocks[first:]
    rate = rate_of(rest)
    (left,) = tamed([remainders(rest, rate)])
    middle = sum(at for at, _ in rest) / len(rest)
    level = median(value - rate * (at - middle) for at, value in rest)
    at = sum(at for at, _ in head) / len(head)
    gap = sum(value for _, value in head) / len(head) - (level + rate * (at - middle))
    width = sum((at - middle) ** 2 for at, _ in rest)
    alike = alike_of([left])
    noise = math.sqrt(sum(value * value for value in left) / max(1, len(rest) - 2) * (1 + alike) / (1 - alike))
    error = noise * math.sqrt(1 / len(head) + 1 / len(rest) + (at - middle) ** 2 / width)
    errors = student(BENDS, max(1, len(rest) - 2)) if teeth else BENDS
    return rate_of(blocks[: max(first, 3)]) * gap < 0 and abs(gap) > max(least, errors * error)
