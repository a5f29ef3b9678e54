"""The herd: how many attempts arrive at once after a storm.

Law: attempts are counted by the 100 ms in which they start, from the moment of the drop; counts of workers add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from locust_ext.measure.series import Store
from locust_ext.measure.sinks import TimelineSink

if TYPE_CHECKING:
    from locust_ext.storms.backoff import Backoff

SLOT = 0.1
"""Seconds of a slot."""

SLOTS_A_SECOND = 10
MOST_SLOTS = 36_000
"""An hour; what comes later is counted in the last slot."""


def slot_of(seconds: float) -> int:
    """Return the slot of an attempt that starts so long after the drop."""
    return min(max(0, int(seconds * SLOTS_A_SECOND)), MOST_SLOTS - 1)


def peak(slots: Mapping[int, int], width: int = 1) -> int:
    """Return the most attempts in ``width`` slots that follow one another; 0 when there were none."""
    best = 0
    for start in slots:
        best = max(best, sum(slots.get(slot, 0) for slot in range(start, start + width)))
    return best


def peaks_of(store: Store) -> tuple[int, int] | None:
    """Return the most attempts within 100 ms and within a second, of any storm; None when there was none.

    It is asked each second, and looks at the herds alone: a run without a storm pays nothing for it.
    """
    herds = [sink for _, sink in store.of("reconnect_herd") if isinstance(sink, TimelineSink)]
    if not herds:
        return None
    return max(peak(herd.slots) for herd in herds), max(peak(herd.slots, SLOTS_A_SECOND) for herd in herds)


def curve(slots: Mapping[int, int], until: float) -> list[int]:
    """Return the attempts in each slot of the first ``until`` seconds."""
    return [slots.get(slot, 0) for slot in range(slot_of(until))]


def simulate(policy: Backoff, clients: int, until: float, rng: Random) -> dict[int, int]:
    """Return the attempts by slot when ``clients`` drop at once and a dead server refuses each attempt immediately.

    ``until`` is in seconds. Each client draws its own chance; a policy that never waits is stopped at 100 attempts a
    slot and client.
    """
    slots: dict[int, int] = {}
    for _ in range(clients):
        _add(slots, _attempts(policy, until, Random(rng.getrandbits(64))))  # noqa: S311 a simulation
    return slots


def _attempts(policy: Backoff, until: float, rng: Random) -> Iterable[float]:
    at = 0.0
    for delay, n in zip(policy.settled(rng).delays(rng), count(), strict=False):
        at += max(delay, SLOT / 100 if n else 0.0)
        if at >= until:
            return
        yield at


def _add(slots: dict[int, int], times: Iterable[float]) -> None:
    for time in times:
        slot = slot_of(time)
        slots[slot] = slots.get(slot, 0) + 1
