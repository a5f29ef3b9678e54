"""Where a start-up transient ends: the first point from which on the slope is steady.

Law: pure, found from the values, never a fixed share of the run. A transient slows down: it comes from one side and
bends towards what follows. A leak from the first second does not bend, and what speeds up is no transient either.
"""

from __future__ import annotations

import math

from locust_ext.gates.trend import Piece, alike_of, rate_of, remainders

BENDS = 3.0
"""Standard errors by which the first third must differ from the line of the rest."""


def settled_from(blocks: Piece, least: float, fewest: int) -> int | None:
    """Return the index of the first block of the steady rest, of at least ``fewest`` blocks; None: there is none.

    ``least``: by how much the beginning must differ to matter.
    """
    for first in range(len(blocks) - fewest + 1):
        if not _bends(blocks[first:], least):
            return first
    return None


def _bends(blocks: Piece, least: float) -> bool:
    third = max(2, len(blocks) // 3)
    head, rest = blocks[:third], blocks[third:]
    rate = rate_of(rest)
    left = remainders(rest, rate)
    middle = sum(at for at, _ in rest) / len(rest)
    level = sum(value for _, value in rest) / len(rest)
    at = sum(at for at, _ in head) / third
    gap = sum(value for _, value in head) / third - (level + rate * (at - middle))
    width = sum((at - middle) ** 2 for at, _ in rest)
    alike = alike_of([left])
    noise = math.sqrt(sum(value * value for value in left) / max(1, len(rest) - 2) * (1 + alike) / (1 - alike))
    error = noise * math.sqrt(1 / third + 1 / len(rest) + (at - middle) ** 2 / width)
    return rate_of(head) * gap < 0 and abs(gap) > max(least, BENDS * error)
