"""The shipped soak against healthy and leaking targets: ``nox -s soak``, or ``python tests/soak/run.py [--runs N]``.

Law: a healthy run passes each time, in one process and with workers; each fault has its code, and the sentence of the
verdict names what leaks, with its rate. Four runs go on at once, since they mostly wait; ``--together`` says otherwise.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from locust_ext.demo.process import DemoTarget

ROOT = Path(__file__).parents[2]

PATIENCE = 240.0
"""Seconds in which a run must have ended; as shipped it takes two minutes."""

WORKERS = ("--processes", "2")

FAULTS: tuple[tuple[str, int, str], ...] = (
    ("sawtooth", 0, ""),
    ("cache-fill", 0, ""),
    ("fd-leak", 99, "process_open_fds"),
    ("memory-leak", 99, "process_resident_memory_bytes"),
    ("drift", 99, "http_req_duration"),
)
"""Faults, each with its code and the series that the verdict has to name."""


@dataclass(frozen=True)
class Plan:
    """One run: a fault of the target, and what is expected."""

    name: str
    fault: str
    code: int
    names: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """What one run came to."""

    plan: Plan
    code: int | None
    seconds: float
    reason: str

    @property
    def holds(self) -> bool:
        """Whether the verdict is the expected one, and a leak is named with its rate."""
        named = not self.plan.names or bool(re.search(rf"{self.plan.names}.* rises by .* an hour", self.reason))
        return self.code == self.plan.code and named

    def __str__(self) -> str:
        held = "held" if self.holds else f"expected {self.plan.code} {self.plan.names}".strip()
        return f"{self.plan.name:<24} {self.code!s:>5} {self.seconds:>6.1f}  {held:<24} {self.reason[:150]}"


def plans(runs: int) -> Iterator[Plan]:
    """Yield so many healthy runs in one process and with workers, and each fault once in both."""
    for options, where in (((), ""), (WORKERS, ", 2 workers")):
        for fault, code, names in FAULTS:
            yield Plan(f"{fault}{where}", fault, code, names, options)
        for number in range(1, runs + 1):
            yield Plan(f"healthy {number}{where}", "", 0, "", options)


def free_port() -> int:
    """Return a port at which nobody listens now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def play(plan: Plan, directory: Path) -> Row:
    """Let one run happen, and return what it came to."""
    began = time.monotonic()
    with DemoTarget([plan.fault] if plan.fault else []) as target:
        command = [sys.executable, "-m", "locust", "-f", ROOT / "locustfiles/soak.py", "--headless", "-H", target.url]
        command += ["--report-dir", directory, *plan.options]
        if plan.options:  # a master of its own: at Locust's own port only one can listen
            command += ["--master-bind-port", str(port := free_port()), "--master-port", str(port)]
        try:
            run = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT
            )
        except subprocess.TimeoutExpired:
            return Row(plan, None, time.monotonic() - began, f"it did not end within {PATIENCE:g} s")
    summary = directory / "summary.json"
    reason = json.loads(summary.read_text("utf-8"))["reason"] if summary.exists() else run.stderr[-150:]
    return Row(plan, run.returncode, time.monotonic() - began, " ".join(reason.split()))


def main() -> int:
    """Let all runs happen, and print a row of each; 1 when one came to another verdict than it has to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="healthy runs in one process, and as many with workers")
    parser.add_argument("--together", type=int, default=4, help="runs at once")
    parser.add_argument("--only", default="", help="only runs whose name holds this, such as healthy or workers")
    options = parser.parse_args()
    chosen = [plan for plan in plans(options.runs) if options.only in plan.name]
    print(f"{'run':<24} {'code':>5} {'s':>6}  {'verdict':<24} reason", flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(options.together) as pool:
        for row in pool.map(lambda pair: play(pair[1], Path(temporary, str(pair[0]))), enumerate(chosen)):
            rows.append(row)
            print(row, flush=True)
    wrong = [row for row in rows if not row.holds]
    print(f"{len(wrong)} of {len(rows)} runs came to another verdict" if wrong else f"all {len(rows)} runs held")
    return int(bool(wrong) or not rows)


if __name__ == "__main__":
    sys.exit(main())
