"""What a baseline gate can see, and how often it cries wolf: a seeded simulation of the very code that judges.

Run ``python benchmarks/baseline_power.py`` for the table in ``docs/explanation/power-table.md`` (``-o FILE`` writes it;
some minutes on two cores). ``nox -s bench`` runs the five cells that have a goal.

A run's durations are log-normal (sigma 0.6, as the demo target's feed). From run to run all of them are multiplied by
a common factor, log-normal too: that is the noise. Five runs without a change are the baseline. Only the slowest 5 %
of a run are drawn, exactly, as the highest order statistics of uniform numbers: the others cannot reach a p99 or its
interval.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from statistics import NormalDist, median

from side_by_side import Row

from locust_ext.gates.baseline import compare
from locust_ext.gates.figures import Snapshot
from locust_ext.gates.outcomes import Status
from locust_ext.gates.policy import Policy
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind

SIGMA = 0.6
BEFORE = 5
REPEATS = 3
DRAWN = 0.05
"""Share of the samples that is drawn, from the top."""

POLICY = Policy(max_regression=0.3, quantiles=(99.0,))
RULES = ("one earlier run, ratio alone", "ratio alone", "one run", "with --confirm")
NOISES = (0.05, 0.10, 0.15)
SAMPLES = (1000, 5000)
EFFECTS = (1.0, 1.2, 1.5, 2.0)
_INVERSE = NormalDist().inv_cdf


@dataclass(frozen=True)
class Cell:
    """One condition: noise from run to run, samples a run, the true ratio, and how many endpoints are compared."""

    noise: float
    samples: int
    effect: float
    endpoints: int = 1


def _durations(rng: Random, samples: int, factor: float) -> Iterator[float]:
    """Draw the slowest samples of a run, from the slowest down; the rest stand where the last one does."""
    highest, drawn = 1.0, math.ceil(samples * DRAWN)
    for rank in range(samples, samples - drawn, -1):
        highest *= rng.random() ** (1 / rank)
        value = factor * math.exp(SIGMA * _INVERSE(highest))
        yield value
    for _ in range(samples - drawn):
        yield value


def _run(rng: Random, cell: Cell, effect: float, number: int) -> Snapshot:
    store = Store()
    for endpoint in range(cell.endpoints):
        changed = effect if endpoint == 0 else 1.0
        factor = 100 * changed * math.exp(rng.gauss(0, cell.noise))
        leaf = store.leaf("http_req_duration", tags_of({"name": f"/{endpoint}", "method": "GET"}), Kind.TREND)
        leaf.record_all(_durations(rng, cell.samples, factor))
    return Snapshot(str(number), f"{number:04}", {}, 60.0, (), store)


def _trial(seed: str, cell: Cell) -> tuple[bool, ...]:
    """Return which of the rules flag one simulated case."""
    rng = Random(seed)
    before = [_run(rng, cell, 1.0, number) for number in range(BEFORE)]
    repeats = [_run(rng, cell, cell.effect, BEFORE + number) for number in range(REPEATS)]
    single = compare(repeats[:1], before, POLICY)
    confirmed = single.suspect and compare(repeats, before, POLICY).status is Status.FAILED
    bare = [row for row in single.rows if row.value is not None and row.before]
    return (
        any(row.value > 1.3 * row.before[-1] for row in bare),
        any(row.value > 1.3 * median(row.before) for row in bare),
        single.status is Status.FAILED,
        confirmed,
    )


def _flagged(task: tuple[Cell, int, int]) -> list[int]:
    cell, first, trials = task
    outcomes = [_trial(f"{cell} {number}", cell) for number in range(first, first + trials)]
    return [sum(flags) for flags in zip(*outcomes, strict=True)]


def simulate(cells: Sequence[Cell], trials: int) -> dict[Cell, list[float]]:
    """Return for each cell the share of trials that each rule flags."""
    step = max(1, trials // 4)
    tasks = [(cell, first, min(step, trials - first)) for cell in cells for first in range(0, trials, step)]
    totals = {cell: [0] * len(RULES) for cell in cells}
    with ProcessPoolExecutor(2) as pool:
        for (cell, *_), flagged in zip(tasks, pool.map(_flagged, tasks), strict=True):
            totals[cell] = [total + count for total, count in zip(totals[cell], flagged, strict=True)]
            if sys.stderr.isatty():
                print(f"\r\x1b[2K{cell}", end="\r", file=sys.stderr, flush=True)
    return {cell: [count / trials for count in counts] for cell, counts in totals.items()}


GOALS = (
    (Cell(0.05, 5000, 1.0), "<=", 0.005),
    (Cell(0.05, 5000, 1.5), ">=", 0.95),
    (Cell(0.10, 5000, 1.0), "<=", 0.005),
    (Cell(0.10, 5000, 1.5), ">=", 0.85),
    (Cell(0.10, 5000, 2.0), ">=", 0.99),
)


def measure() -> Row:
    """Simulate the cells that have a goal, judged with ``--confirm``.

    In a process of its own: beside Locust, which patches threads, a pool of processes would wait for ever.
    """
    words = [sys.executable, __file__, "--goals"]
    shares = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    held = all(
        share <= goal if sign == "<=" else share >= goal for share, (_, sign, goal) in zip(shares, GOALS, strict=True)
    )
    figures = ", ".join(f"{share:.1%}" for share in shares)
    goals = ", ".join(f"{sign}{goal:.1%}" for _, sign, goal in GOALS)
    return Row("p99 gate: false alarms and caught at 5 %, at 10 % noise (+50 %; twice)", goals, figures, "-", held)


def table(trials: int) -> str:
    """Return the power table in Markdown."""
    cells = [Cell(*values) for values in product(NOISES, SAMPLES, EFFECTS)]
    many = [Cell(noise, 5000, effect, 20) for noise, effect in product(NOISES, (1.0, 1.5))]
    found = {**simulate(cells, trials), **simulate(many, max(200, trials // 8))}
    head = ("noise", "samples", "endpoints", "true change", *RULES)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for cell, shares in found.items():
        change = f"{cell.effect - 1:+.0%}" if cell.effect != 1 else "none"
        start = [f"{cell.noise:.0%}", f"{cell.samples:,}", str(cell.endpoints), change]
        lines.append("| " + " | ".join([*start, *(f"{share:.1%}" for share in shares)]) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000, help="for each row; an eighth where there are 20 endpoints")
    parser.add_argument("-o", "--output", type=Path, help="write the table there")
    parser.add_argument("--goals", action="store_true", help="print what the rows with a goal came to, as JSON")
    given = parser.parse_args()
    if given.goals:
        found = simulate([cell for cell, _, _ in GOALS], given.trials)
        print(json.dumps([found[cell][-1] for cell, _, _ in GOALS]))
        return
    text = table(given.trials)
    print(text)
    if given.output:
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
