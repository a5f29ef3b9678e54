"""Stops runs in every way at every moment: ``nox -s stops``, or ``python tests/stops/run.py [PATTERN ...]``.

A pattern picks cells by their names, ``stop/moment/interface/processes/seconds of an answer``, part by part from the
left: ``usr1``, ``'*/ending'``, ``'sig*/*/web/workers/0.3'``.

Law: after a stop nothing comes but what was under way; none is unmarked, no second is over the cap, and what the verdict
is sure of is what the target has counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.stops.cells import LEFT_OUT, Cell, combinations, table, why_left_out
from tests.stops.laws import Played, broken_by, worst_second
from tests.stops.play import MissedError, play

HEAD = f"{'cell':<44} {'code':>4} {'came':>5} {'count':>5} {'worst':>5} {'last':>6} {'took':>5}  law"


def row_of(cell: Cell, directory: Path) -> tuple[str, bool]:
    """Play a cell, and return its row with whether all laws held."""
    began = time.monotonic()
    try:
        one: Played = play(cell, directory)
    except MissedError as missed:
        return f"{cell.name:<44} the moment was missed: {missed}", False
    broken = list(broken_by(one))
    worst = worst_second(one.came, one.stalls)
    figures = f"{one.code!s:>4} {len(one.came):>5} {one.counted:>5} {worst:>5.0f} {one.last:>6.1f}"
    took = time.monotonic() - began
    return f"{cell.name:<44} {figures} {took:>5.0f}  {'; '.join(broken) or 'held'}", not broken


def played(cells: Sequence[Cell], directory: Path, at_once: int) -> Iterator[tuple[Cell, str, bool]]:
    """Play all cells, some at once, and yield their rows as they come."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = {pool.submit(row_of, cell, directory / cell.name): cell for cell in cells}
        try:
            for future in as_completed(futures):
                yield futures[future], *future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def left_out() -> Iterator[str]:
    """Yield how many combinations each rule leaves out, and why."""
    reasons = [why_left_out(cell) for cell in combinations()]
    for why, _ in LEFT_OUT:
        yield f"{reasons.count(why):>4} left out: {why}"


def main() -> int:
    """Play the table and print it; 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="which cells; all without any")
    parser.add_argument("--at-once", type=int, default=3, help="cells that are played at the same time")
    parser.add_argument("--keep", type=Path, help="keep logs and reports in this directory")
    parser.add_argument("--list", action="store_true", help="list the cells, and why others are left out")
    options = parser.parse_args()
    cells = table(options.patterns)
    if options.list or not cells:
        print(*(cell.name for cell in cells), *left_out(), f"{len(cells)} cells", sep="\n")
        return int(not cells)
    print(HEAD)
    failing = []
    with tempfile.TemporaryDirectory() as temporary:
        for cell, row, held in played(cells, (options.keep or Path(temporary)).resolve(), options.at_once):
            print(row, flush=True)
            if not held:
                failing.append((cell, row))
    print(f"\n{len(failing)} of {len(cells)} cells broke a law" if failing else f"all {len(cells)} cells held")
    for _, row in sorted(failing):
        print(row)
    return int(bool(failing))


if __name__ == "__main__":
    sys.exit(main())
