"""Requests with everything on, over bare FastHttpUser, when the generator is the bottleneck.

One process sends as fast as it can to a canned server on the other core, and everything of ours is switched on and
off each second. What counts is the generator's processor time for a request, in pairs of neighbouring seconds: its
inverse is the throughput of a saturated core, and the machine's moods, which last longer, fall out of the pairs.
"""

from __future__ import annotations

import statistics

from everything import Everything
from saturated import pairs, saturated
from side_by_side import Row

GOAL = 0.95


def measure() -> Row:
    """Switch on and off, in turns."""
    with saturated() as environment:
        found, bare = pairs(environment, Everything(environment, environment.host))
    ratio = statistics.median(stock / ours for ours, stock in found)
    what = "throughput of a saturated core, everything on / bare FastHttpUser"
    return Row(what, f">= {GOAL}", f"{ratio:.3f}", f"1 ({1 / bare:.0f}/s)", ratio >= GOAL)


if __name__ == "__main__":
    print(measure())
