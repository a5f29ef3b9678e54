"""Who drops, and how many on each worker.

Law: the shares of all workers add up to exactly what was asked of all users together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def size(live: int, share: float) -> int:
    """Return how many of ``live`` users a share is: to the nearest, halves up; not none while there is a share."""
    return min(live, max(int(share > 0), int(round(live * share, 6) + 0.5))) if live else 0


def quotas(live: Mapping[str, int], share: float) -> dict[str, int]:
    """Return how many users each worker drops, by the largest remainder; never more than it has.

    ``live`` says how many users each worker has. The sum is :func:`size` of all of them.
    """
    total = sum(live.values())
    wanted = size(total, share)
    exact = {worker: wanted * count / total if total else 0.0 for worker, count in live.items()}
    given = {worker: int(part) for worker, part in exact.items()}
    by_remainder = sorted(live, key=lambda worker: (given[worker] - exact[worker], worker))
    for worker in by_remainder[: wanted - sum(given.values())]:
        given[worker] += 1
    return given


def choose(members: Sequence[T], quota: int, rng: Random) -> list[T]:
    """Return ``quota`` of the members (all, if there are fewer), in the order in which they drop."""
    return rng.sample(members, min(quota, len(members)))
