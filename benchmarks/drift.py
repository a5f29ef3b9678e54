"""How often drift is seen where there is none, and missed where there is some: a seeded simulation of what judges it.

Run ``python benchmarks/drift.py`` for the table in ``docs/explanation/drift-table.md`` (``-o FILE`` writes it; some
minutes on two cores, at low priority). ``--seeds 50`` is a short one; ``nox -s bench`` runs the cells with a goal.

Each case is a series of 480 samples a minute apart around a level of 200, judged with the rule by default: at least 5 %
over the eight hours. All noise has a standard deviation of 2 % of the level.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from side_by_side import Row

from locust_ext.gates.drift import Stretch, judge_drift
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.outcomes import Status
from locust_ext.measure.interval_history import History
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind

SAMPLES, APART, LEVEL = 480, 60.0, 200.0
HOUR = 60
"""Samples of an hour."""

DEVIATION = 0.02
LEAK = 0.02
"""Of the level, an hour."""

SEEDS, AT_ONCE = 1000, 25
RULE = DriftRule(Selector("probe"), Kind.GAUGE)

Base = tuple[list[float], int | None]
"""Values as shares of the level, and the sample at which the process began again, if it did."""


def _flat(_: Random) -> Base:
    return [1.0] * SAMPLES, None


def _saw(rng: Random) -> Base:
    """Teeth of a tenth of the run, 30 % high, cut anywhere."""
    tooth = SAMPLES // 10
    offset = rng.randrange(tooth)
    return [1 + 0.3 * ((index + offset) % tooth) / tooth for index in range(SAMPLES)], None


def _fill(_: Random) -> Base:
    """From 30 %, and to 95 % of what is still to come in the first third."""
    pace = math.log(20) / (SAMPLES / 3)
    return [1 - 0.7 * math.exp(-pace * index) for index in range(SAMPLES)], None


def _spike(_: Random) -> Base:
    """Twice the level, gone within an hour."""
    return [1 + math.exp(-5 * index / HOUR) for index in range(SAMPLES)], None


def _restart(rng: Random) -> Base:
    """Once, anywhere but at the edges; it starts at 60 % each time, and is there within an hour."""
    at = rng.randrange(SAMPLES // 5, 4 * SAMPLES // 5)
    since = (index if index < at else index - at for index in range(SAMPLES))
    return [1 - 0.4 * math.exp(-6 * one / HOUR) for one in since], at


def _step(rng: Random) -> Base:
    """25 % up, once, anywhere but at the edges."""
    at = rng.randrange(SAMPLES // 10, 9 * SAMPLES // 10)
    return [1.25 if index >= at else 1.0 for index in range(SAMPLES)], None


FAMILIES: Mapping[str, Callable[[Random], Base]] = {
    "level": _flat,
    "sawtooth": _saw,
    "cache fill": _fill,
    "start-up spike": _spike,
    "restart": _restart,
    "step": _step,
}
NOISES: Mapping[str, float] = {"white noise": 0.0, "AR(1) 0.9": 0.9, "AR(1) 0.97": 0.97}


@dataclass(frozen=True)
class Cell:
    """One condition: the family, the likeness of neighbours in its noise, and whether it leaks."""

    family: str
    noise: str
    leaks: bool


def _noise(rng: Random, alike: float) -> Iterator[float]:
    """Yield a stationary autoregression of the first order."""
    value = rng.gauss(0, DEVIATION)
    while True:
        yield value
        value = alike * value + rng.gauss(0, DEVIATION * math.sqrt(1 - alike * alike))


def history_of(cell: Cell, seed: int) -> History:
    """Return one case; the leak begins again where the process does."""
    rng = Random(f"{cell.family} {seed}")
    shares, restart = FAMILIES[cell.family](rng)
    noise = _noise(rng, NOISES[cell.noise])
    points = []
    for index, share in enumerate(shares):
        since = index if restart is None or index < restart else index - restart
        leaked = LEAK * since / HOUR if cell.leaks else 0.0
        points.append((index * APART, LEVEL * (share + leaked + next(noise))))
    return History(tuple(points), () if restart is None else (restart * APART,), APART)


def judged(cell: Cell, seed: int) -> Status:
    """Return how one case is judged."""
    return judge_drift(RULE, history_of(cell, seed), Stretch(0.0, SAMPLES * APART)).status


def _some(task: tuple[Cell, int, int]) -> Counter[Status]:
    cell, first, last = task
    return Counter(judged(cell, seed) for seed in range(first, last))


def simulate(cells: Sequence[Cell], seeds: int) -> dict[Cell, Counter[Status]]:
    """Return how often each cell came to what."""
    tasks = [(cell, at, min(seeds, at + AT_ONCE)) for cell in cells for at in range(0, seeds, AT_ONCE)]
    found: dict[Cell, Counter[Status]] = {cell: Counter() for cell in cells}
    with ProcessPoolExecutor(2, initializer=os.nice, initargs=(10,)) as pool:
        for (cell, *_), counted in zip(tasks, pool.map(_some, tasks), strict=True):
            found[cell] += counted
            if sys.stderr.isatty():
                print(f"\r\x1b[2K{cell}", end="\r", file=sys.stderr, flush=True)
    return found


MOST_ALARMS, FEWEST_FOUND = 0.02, 0.95
HEALTHY = [
    *(Cell(family, "white noise", leaks=False) for family in FAMILIES),
    *(Cell("level", noise, leaks=False) for noise in NOISES if noise != "white noise"),
]
LEAKING = [Cell("level", noise, leaks=True) for noise in NOISES]


def measure() -> Row:
    """Simulate the cells that have a goal: the worst of the healthy ones, and of the leaks."""
    words = [sys.executable, __file__, "--goals", "--seeds", "200"]
    worst = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    held = worst[0] <= MOST_ALARMS and worst[1] >= FEWEST_FOUND
    goals = f"<={MOST_ALARMS:.0%}, >={FEWEST_FOUND:.0%}"
    return Row("drift: worst false alarms, and leaks found", goals, f"{worst[0]:.1%}, {worst[1]:.1%}", "-", held)


def worst_of(seeds: int) -> tuple[float, float]:
    """Return the worst share of false alarms, and the worst of leaks that were found, of the cells with a goal."""
    found = simulate([*HEALTHY, *LEAKING], seeds)
    failed = {cell: counted[Status.FAILED] / seeds for cell, counted in found.items()}
    return max(failed[cell] for cell in HEALTHY), min(failed[cell] for cell in LEAKING)


def table(seeds: int) -> str:
    """Return the table in Markdown: percent that passed, failed, and were inconclusive."""
    cells = [Cell(family, noise, leaks) for leaks, family, noise in product((False, True), FAMILIES, NOISES)]
    found = simulate(cells, seeds)
    lines = ["| series | leak | " + " | ".join(NOISES) + " |", "|---|---|" + "---|" * len(NOISES)]
    for leaks, family in product((False, True), FAMILIES):
        start = f"| {family} | {'yes' if leaks else 'no'} | "
        lines.append(start + " | ".join(_shares(found[Cell(family, noise, leaks)], seeds) for noise in NOISES) + " |")
    return "\n".join(lines) + "\n"


def _shares(counted: Counter[Status], seeds: int) -> str:
    shares = [100 * counted[status] / seeds for status in (Status.PASSED, Status.FAILED, Status.INCONCLUSIVE)]
    return " / ".join(f"{share:.1f}" for share in shares)


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="cases of each cell")
    parser.add_argument("-o", "--output", type=Path, help="write the table there")
    parser.add_argument("--goals", action="store_true", help="print the worst shares of what has a goal, as JSON")
    given = parser.parse_args()
    if given.goals:
        print(json.dumps(worst_of(given.seeds)))
        return
    text = table(given.seeds)
    print(text)
    if given.output:
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
