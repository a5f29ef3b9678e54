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
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL", "LOAD_TEST"))}


Start = Callable[[list[str], Path, dict[str, str]], subprocess.Popen[str]]
"""Starts ``python -m locust`` with these arguments, in this directory and environment, with pipes for what it says."""


@dataclass
class Stage:
    """The processes of one run; ``start`` starts those of Locust, if there is a faster way than from nothing."""

    directory: Path
    start: Start | None = None
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    helpers: list[subprocess.Popen[str]] = field(default_factory=list)

    def locust(self, name: str, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a locust process that logs into ``name``, in a session of its own."""
        words, variables, log = list(map(str, arguments)), {**CLEAN, **(env or {})}, self.directory / f"{name}.log"
        process = self._start(words, variables, log) if self.start else self._start_cold(words, variables, log)
        self.processes.append(process)
        return process

    def _start_cold(self, arguments: list[str], env: dict[str, str], log: Path) -> subprocess.Popen[str]:
        with log.open("a") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "locust", *arguments],
                cwd=self.directory,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def _start(self, arguments: list[str], env: dict[str, str], log: Path) -> subprocess.Popen[str]:
        assert self.start is not None
        process = self.start(arguments, self.directory, env)
        for pipe in (process.stdout, process.stderr):
            threading.Thread(target=_write_down, args=(pipe, log), daemon=True).start()
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
        for helper in self.helpers:
            if helper.stdout is not None:
                helper.stdout.close()


def _write_down(pipe: TextIO, log: Path) -> None:
    """Append to ``log`` what comes out of ``pipe``, line by line."""
    with log.open("a") as output:
        for line in pipe:
            output.write(line)
            output.flush()


@contextmanager
def stage(directory: Path, start: Start | None = None) -> Iterator[Stage]:
    """Yield a stage in ``directory``, where nothing is left of an earlier one, and end it."""
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    found = Stage(directory, start)
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
