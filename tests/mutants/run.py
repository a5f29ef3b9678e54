"""Samples mutants and counts those that the unit tests notice: ``nox -s mutants -- --sample 200 --seed 1``.

Law: a mutant counts as caught where a test fails that passes on the code as it is, or where the tests do not end.
Equivalent ones, which no test can notice, stand in ``equivalent.toml`` with the reason.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.mutants.mutation import Mutant, mutants_of
from tests.mutants.reach import PACKAGE, ROOT, Reach

KEPT = ROOT / ".mutants.json"
"""The map of what each test enters, from one sample to the next."""

PURE = ("text", "measure", "gates", "load", "k6", "reports")
ENOUGH = 12.0
"""Seconds of tests, at the most, that each mutant is shown to; as they were counted when nothing else ran."""

START, SLACK = 20.0, 4.0
"""Seconds in which tests are found and imported, and how many times longer than before they may take."""


@dataclass
class Sample:
    """Mutants, and what became of each."""

    mutants: list[Mutant]
    reasons: dict[tuple[str, str, str, str], str]
    caught: dict[Mutant, str] = field(default_factory=dict)
    """By which test, or how."""
    survived: dict[Mutant, int] = field(default_factory=dict)
    """How many tests each was shown to."""

    def is_equivalent(self, mutant: Mutant) -> bool:
        """Tell whether somebody said why no test can notice it."""
        return (mutant.file, mutant.where, mutant.old, mutant.new) in self.reasons

    def lines(self) -> Iterator[str]:
        """Yield the survivors, and the score of each room."""
        for mutant in sorted(self.survived, key=lambda one: (one.file, one.line)):
            tests = self.survived[mutant]
            yield f"{mutant.text}   ({f'{tests} tests' if tests else 'no test enters it'})"
        rooms = sorted({mutant.room for mutant in self.mutants})
        yield f"\n{'room':<12}{'mutants':>8}{'caught':>8}{'equivalent':>12}{'survived':>10}{'score':>8}"
        for room in rooms:
            yield self._score(room, {room})
        yield self._score("pure rooms", set(PURE))
        yield self._score("all", set(rooms))

    def _score(self, name: str, rooms: set[str]) -> str:
        mine = [mutant for mutant in self.mutants if mutant.room in rooms]
        counts = Counter("caught" if m in self.caught else "survived" if m in self.survived else "equal" for m in mine)
        judged = counts["caught"] + counts["survived"]
        score = f"{counts['caught'] / judged:.0%}" if judged else "-"
        return f"{name:<12}{len(mine):>8}{counts['caught']:>8}{counts['equal']:>12}{counts['survived']:>10}{score:>8}"


def all_mutants(rooms: Sequence[str] = ()) -> list[Mutant]:
    """Return every mutant of the package, or those of some rooms."""
    files = sorted((ROOT / PACKAGE).rglob("*.py"))
    found = [one for file in files for one in mutants_of(file.read_bytes(), str(file.relative_to(ROOT)))]
    return [mutant for mutant in found if not rooms or mutant.room in rooms]


def known_equivalents() -> dict[tuple[str, str, str, str], str]:
    """Return the reasons of those that nobody can notice."""
    rows = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text("utf-8")).get("mutant", [])
    return {(row["file"], row.get("where", ""), row["old"], row["new"]): row["reason"] for row in rows}


class Workers:
    """Processes that judge tasks, each one after the other."""

    def __init__(self, count: int) -> None:
        command = [sys.executable, str(Path(__file__).with_name("worker.py"))]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(count)]

    def judge(self, tasks: Sequence[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the number of each task with its answer, as they come."""
        left: Queue[int] = Queue()
        answers: Queue[tuple[int, dict[str, Any]]] = Queue()
        for number in range(len(tasks)):
            left.put(number)

        def serve(process: subprocess.Popen[str]) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            while True:
                try:
                    number = left.get_nowait()
                except Empty:
                    return
                process.stdin.write(json.dumps(tasks[number]) + "\n")
                process.stdin.flush()
                answers.put((number, json.loads(process.stdout.readline())))

        threads = [threading.Thread(target=serve, args=(process,), daemon=True) for process in self._processes]
        for thread in threads:
            thread.start()
        for _ in tasks:
            yield answers.get()

    def close(self) -> None:
        """End them."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


def judge(sample: Sample, reach: Reach, workers: Workers) -> None:
    """Show each mutant to the tests that can reach it."""
    asked: list[tuple[Mutant, list[str]]] = []
    for mutant in sample.mutants:
        tests = reach.choose(mutant.file, mutant.where, mutant.room, ENOUGH)
        if sample.is_equivalent(mutant):
            continue
        if tests:
            asked.append((mutant, tests))
        else:
            sample.survived[mutant] = 0
    tasks = [_task(tests, reach, mutant) for mutant, tests in asked]
    broke_off: list[tuple[Mutant, list[str]]] = []
    for done, (number, answer) in enumerate(workers.judge(tasks), start=1):
        mutant, tests = asked[number]
        if answer["code"] == 0:
            sample.survived[mutant] = len(tests)
            print(f"{done}/{len(tasks)} survived {mutant.text}", flush=True)
        elif answer["code"] is None or answer["by"]:
            sample.caught[mutant] = answer["by"][0] if answer["by"] else "it did not end"
        else:
            broke_off.append((mutant, tests))
    for number, answer in workers.judge([_task(tests, reach) for _, tests in broke_off]):
        mutant, _ = broke_off[number]
        if answer["code"] != 0:
            raise SystemExit(
                f"{mutant.text}: its tests cannot be run on the code as it is (exit code {answer['code']})"
            )
        sample.caught[mutant] = "the tests broke off"


def _task(tests: Sequence[str], reach: Reach, mutant: Mutant | None = None) -> dict[str, Any]:
    """Return what a worker is asked: to run tests on a mutant, or on the code as it is."""
    change = (mutant.file, mutant.start, mutant.end, mutant.new) if mutant else ("", 0, 0, None)
    limit = START + SLACK * reach.seconds(tests)
    return dict(zip(("file", "start", "end", "new"), change, strict=True)) | {"tests": list(tests), "limit": limit}


def doubt(sample: Sample, reach: Reach, workers: Workers) -> None:
    """Take back what was caught by tests that fail on the code as it is too."""
    tests = sorted({test for test in sample.caught.values() if test in reach.tests})
    ((_, answer),) = workers.judge([_task(tests, reach)])
    if answer["code"] not in (0, 1):
        raise SystemExit(f"the tests that caught something could not be run again (exit code {answer['code']})")
    for mutant in [mutant for mutant, by in sample.caught.items() if by in answer["by"]]:
        print(f"{sample.caught.pop(mutant)} fails by itself: it does not count for {mutant.text}")
        sample.survived[mutant] = 0


def main() -> None:
    """Sample, judge, and print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=200, help="how many mutants (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default: %(default)s)")
    parser.add_argument("--rooms", default="", help="only of these rooms, by commas: gates,measure")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (default: %(default)s)")
    parser.add_argument("--keep", type=Path, default=KEPT, help="where the map of the tests is kept")
    chosen = parser.parse_args()
    everything = all_mutants([room for room in chosen.rooms.split(",") if room])
    picked = random.Random(chosen.seed).sample(everything, min(chosen.sample, len(everything)))
    reach = Reach.read(chosen.keep)
    reach.refresh(chosen.keep, chosen.jobs)
    sample, workers = Sample(picked, known_equivalents()), Workers(chosen.jobs)
    print(f"{len(picked)} of {len(everything):,} mutants, seed {chosen.seed}", flush=True)
    judge(sample, reach, workers)
    doubt(sample, reach, workers)
    workers.close()
    print("\n".join(["", *sample.lines()]))


if __name__ == "__main__":
    main()
