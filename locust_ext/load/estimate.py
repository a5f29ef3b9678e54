"""How much a plan will send, before it sends anything.

Law: an upper bound is called one. It is the area of the schedule, in user-seconds, over the mean wait of its users.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from locust_ext.load.schedule import Schedule
from locust_ext.text.frozen import dataclass

DRAWS = 500


@dataclass(frozen=True)
class Estimate:
    """Tasks at the most, and the mean wait in seconds that this rests on."""

    tasks: float
    mean_wait: float


def mean_wait(user_class: type[Any]) -> float:
    """Return the mean of ``wait_time`` in seconds; 0 for a user class that does not wait, or only its user knows."""
    user = object.__new__(user_class)
    total = 0.0
    for _ in range(DRAWS):
        # constant_pacing counts from the last run: as if it were now
        user._cp_last_run, user._cp_last_wait_time = time.perf_counter(), 0
        try:
            total += float(user.wait_time())
        except Exception:  # noqa: BLE001 a wait_time may want anything of its user
            return 0.0
    return total / DRAWS


def estimate(schedule: Schedule, user_classes: Iterable[type[Any]]) -> Estimate | None:
    """Return how many tasks the users can start when every answer takes no time; None when they do not wait."""
    weights = [(float(user.weight), mean_wait(user)) for user in user_classes]
    total = sum(weight for weight, _ in weights)
    if not total or any(wait <= 0 for _, wait in weights):
        return None
    rate = sum(weight / wait for weight, wait in weights) / total
    return Estimate(schedule.area(schedule.duration) * rate, 1 / rate)
