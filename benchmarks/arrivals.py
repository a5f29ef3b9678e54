"""How near an open load comes to its rate, as the target sees it: real runs on one core, the target on the other.

The target notes each request (``arrival_log.py``), so queues in the generator's process, its client and its sockets all
count. Bare Locust has no open load; nearest to it are as many users, each with ``constant_throughput``.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arrival_log import ArrivalLog, Log
from grid import Deviation, deviation, variation_of_gaps
from pinned import begin, finish, folder_with, free_port
from side_by_side import Row

GOAL_COUNT = 0.1
"""Percent by which the requests may be more or fewer than rate times duration."""

GOAL_LATENESS = 2.0
"""Milliseconds from the grid, p99."""

QUICK = 5
TURN, TURNS = 10, 3
"""Seconds of a run, and runs of each, in the table of all benchmarks."""

USER = """
    from locust import FastHttpUser, constant_throughput, task
    {install}

    class Reader(FastHttpUser):
        {pace}

        @task
        def read(self):
            self.client.get("/feed")
"""
INSTALL = "import locust_ext; locust_ext.install()"


@dataclass(frozen=True)
class Case:
    """One run: arrivals a second, seconds, users, workers (0: none, one process) and how arrivals are spaced."""

    name: str
    rate: int
    duration: int
    users: int
    processes: int = 0
    spacing: str = "uniform"
    stock: bool = False

    @property
    def files(self) -> dict[str, str]:
        """The locustfile and its configuration."""
        if self.stock:
            pace = f"wait_time = constant_throughput({self.rate / self.users})"
            return {"load.py": USER.format(install="", pace=pace)}
        load = {"rate": f"{self.rate}/s", "duration": f"{self.duration}s", "users": self.users, "spacing": self.spacing}
        return {
            "load.py": USER.format(install=INSTALL, pace=""),
            "load.yml": json.dumps({"version": 1, "name": self.name, "arrivals": load}),
        }

    @property
    def arguments(self) -> tuple[object, ...]:
        """What the command line says."""
        workers = ("--processes", self.processes) if self.processes else ()
        closed = ("-u", self.users, "-r", self.users, "-t", f"{self.duration}s")
        return (*workers, *(closed if self.stock else ("--report-dir", "reports")))


CASES = (
    Case("500", 500, 60, 50),
    Case("2000", 2000, 20, 100),
    Case("500-workers", 500, 60, 50, processes=2),
    Case("2000-workers", 2000, 20, 100, processes=2),
    Case("500-poisson", 500, 60, 50, spacing="poisson"),
    Case("500-stock", 500, 60, 50, stock=True),
    Case("2000-stock", 2000, 20, 100, stock=True),
    Case("2000-workers-stock", 2000, 20, 100, processes=2, stock=True),
)


@dataclass(frozen=True)
class Found:
    """What a run came to."""

    case: Case
    log: Log
    cpu: float
    """Seconds of processor time that the generator took, with its start."""
    summary: dict[str, Any] | None
    """The run's own; bare Locust has none."""

    @property
    def miscount(self) -> float:
        """Percent by which there were more requests than rate times duration, negative if fewer."""
        return (len(self.log.times) / (self.case.rate * self.case.duration) - 1) * 100

    @property
    def deviation(self) -> Deviation:
        """Milliseconds between arrivals and the grid."""
        return deviation(self.log.times, self.case.rate)

    @property
    def gaps(self) -> float:
        """The coefficient of variation of the gaps between arrivals."""
        return variation_of_gaps(self.log.times)

    @property
    def lateness(self) -> float | None:
        """Milliseconds p99, as the generator knows it: the worst of its series."""
        return max((row["p99"] for row in self._series("arrival_lateness")), default=None)

    @property
    def dropped(self) -> float:
        """Iterations that found no free user, as the generator knows it."""
        return sum(row["value"] for row in self._series("dropped_iterations"))

    def _series(self, metric: str) -> list[dict[str, Any]]:
        return [row for row in (self.summary or {}).get("series", []) if row["metric"] == metric]


def run(case: Case) -> Found:
    """Run one case."""
    with ArrivalLog(core=1) as target, folder_with(case.files) as folder:
        words = ("-f", "load.py", "--headless", "-H", target.url, "--skip-log", "--only-summary", *case.arguments)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        finish(begin(folder, 0, free_port(), *words), case.duration)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Found(case, target.stop(), cpu, _summary(folder))


def _summary(folder: Path) -> dict[str, Any] | None:
    file = folder / "reports" / "summary.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


HEAD = (
    f"{'':<20} {'':>9} {'':>9} {'from the grid, ms':<28}  {'gaps':>5}  {'its own word':<16} {'':>7} {'target':>8}\n"
    f"{'case':<20} {'requests':>9} {'miscount':>9} {'p50':>8} {'p99':>9} {'max':>9}  {'cv':>5}  "
    f"{'late p99':>8} {'dropped':>7} {'cpu':>7} {'stall':>8}"
)


def line(found: Found) -> str:
    """Return a line of the table; a Poisson process has no grid, and its gaps should vary by 1."""
    spread = found.deviation
    grid = ("-",) * 3 if found.case.spacing == "poisson" else (f"{x:.2f}" for x in (spread.p50, spread.p99, spread.max))
    p50, p99, most = grid
    late = "-" if found.lateness is None else f"{found.lateness:.2f}"
    dropped = "-" if found.summary is None else f"{found.dropped:.0f}"
    return (
        f"{found.case.name:<20} {len(found.log.times):>9} {found.miscount:>+8.3f}% {p50:>8} {p99:>9} {most:>9}  "
        f"{found.gaps:>5.2f}  {late:>8} {dropped:>7} {found.cpu:>5.1f} s {found.log.longest_stall * 1000:>5.1f} ms"
    )


def measure() -> Row:
    """Run 2,000/s on one core and as many users of bare Locust, in turns; a count must hold each time."""
    ours, stock = (replace(case, duration=TURN) for case in CASES if case.name in {"2000", "2000-stock"})
    both = [(run(ours), run(stock)) for _ in range(TURNS)]
    miscount, bare_miscount = (max(abs(one.miscount) for one in side) for side in zip(*both, strict=True))
    late, bare_late = (statistics.median(one.deviation.p99 for one in side) for side in zip(*both, strict=True))
    return Row(
        "arrivals at 2,000/s on one core: miscount, off the grid at the target p99",
        f"<= {GOAL_COUNT:g} %, {GOAL_LATENESS:g} ms",
        f"{miscount:.2f} %, {late:.1f} ms",
        f"{bare_miscount:.1f} %, {bare_late:.0f} ms",
        miscount <= GOAL_COUNT and late <= GOAL_LATENESS,
    )


def main() -> None:
    """Run the cases that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [case.name for case in CASES]
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"all, or some of: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} s each")
    given = parser.parse_args()
    if unknown := set(given.cases) - set(names):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    print(HEAD)
    for case in CASES:
        if not given.cases or case.name in given.cases:
            print(line(run(replace(case, duration=QUICK) if given.quick else case)), flush=True)


if __name__ == "__main__":
    main()
