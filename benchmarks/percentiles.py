"""Percentiles against the exact rank, ours and Locust's own."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from locust.stats import RequestStats
from side_by_side import Row

from locust_ext.measure.histogram import Histogram

VALUES = 20_000
GOAL = 0.001
PERCENTS = (50, 90, 95, 99, 99.9)

DISTRIBUTIONS: dict[str, Callable[[random.Random], float]] = {
    "log-normal": lambda draw: draw.lognormvariate(3, 1),
    "exponential": lambda draw: draw.expovariate(1 / 80),
    "uniform": lambda draw: draw.uniform(0.2, 2000),
    "Pareto": lambda draw: 5 * draw.paretovariate(1.2),
    "two humps": lambda draw: draw.gauss(90, 5) if draw.random() < 0.9 else draw.gauss(4200, 200),
}


def measure() -> Row:
    """Take the worst relative error over distributions and percentiles."""
    worst, worst_stock = 0.0, 0.0
    for draw_one in DISTRIBUTIONS.values():
        draw = random.Random(7)
        values = sorted(abs(draw_one(draw)) for _ in range(VALUES))
        ours, stats = Histogram(), RequestStats()
        for value in values:
            ours.record(value)
            stats.log_request("GET", "x", value, 0)
        entry = stats.get("x", "GET")
        for percent in PERCENTS:
            exact = values[max(1, math.ceil(percent * VALUES / 100)) - 1]
            worst = max(worst, abs(ours.percentile(percent) - exact) / exact)
            worst_stock = max(worst_stock, abs(entry.get_response_time_percentile(percent / 100) - exact) / exact)
    return Row(
        "percentile error against the exact rank", f"<= {GOAL:.1%}", f"{worst:.3%}", f"{worst_stock:.2%}", worst <= GOAL
    )


if __name__ == "__main__":
    print(measure())
