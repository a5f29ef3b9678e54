"""A stage for runs of real processes: each has a log of its own, and all are ended when the stage is left.

For what runs outside of pytest (``tests/chaos``, ``tests/stops``). Nothing of the caller's environment that Locust or
we would read gets in.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL", "LOAD_TEST"))}


@dataclass
class Stage:
    """The processes of one run."""

    directory: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    helpers: list[subprocess.Popen[str]] = field(default_factory=list)

    def locust(self, name: str, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a locust process that logs into ``name``, in a session of its own."""
        with (self.directory / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "locust", *map(str, arguments)],
                cwd=self.directory,
                env={**CLEAN, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def helper(self, *command: object) -> tuple[subprocess.Popen[str], int]:
        """Start a script that prints its port."""
        process = subprocess.Popen([sys.executable, *map(str, command)], stdout=subprocess.PIPE, text=True)
        self.helpers.append(process)
        assert process.stdout is not None
        return process, int(process.stdout.readline())

    def logs(self) -> dict[str, str]:
        """Return what each process has logged."""
        return {path.stem: path.read_text(errors="replace") for path in sorted(self.directory.glob("*.log"))}

    def end(self) -> None:
        """End all that was started, whatever state it is in."""
        for process in self.processes:
            with suppress(ProcessLookupError):  # with what it has forked
                os.killpg(process.pid, signal.SIGKILL)
        for process in (*self.processes, *self.helpers):
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@contextmanager
def stage(directory: Path) -> Iterator[Stage]:
    """Yield a stage in ``directory``, where nothing is left of an earlier one, and end it."""
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    found = Stage(directory)
    try:
        yield found
    finally:
        found.end()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_summary(reports: Path) -> dict[str, Any]:
    """Return the summary of a run that was judged; nothing where there is none, or it says that the run goes on."""
    file = reports / "summary.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {} if found.get("verdict") == "running" else found


def counted_in(summary: Mapping[str, Any]) -> int:
    """Return how many requests a verdict knows of: those that ended, and those that never did."""
    ended = sum(round(row["value"]) for row in summary.get("series", ()) if row["metric"] == "http_reqs")
    return ended + int((summary.get("open_requests") or {}).get("count", 0))


def printed_code(log: str) -> int | None:
    """Return the exit code that the last verdict in a log names."""
    printed = re.findall(r"^[A-Z]+: .*\(exit code (\d+)", log, re.MULTILINE)
    return int(printed[-1]) if printed else None
