"""Locust processes kept to one core, as a user starts them, in a folder with a locustfile of the benchmark's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60
"""Seconds that a run may take beyond its duration."""


def free_port() -> int:
    """Return a port that nobody listens on: a run must not meet another at Locust's default."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def folder_with(files: Mapping[str, str]) -> Iterator[Path]:
    """Yield a folder with these files; it is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(textwrap.dedent(text), encoding="utf-8")
        yield folder


def begin(folder: Path, core: int, master_port: int, *arguments: object) -> subprocess.Popen[str]:
    """Start ``locust`` with its forks on one core; the master of a run and its workers share the port."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    ports = dict.fromkeys(("LOCUST_MASTER_BIND_PORT", "LOCUST_MASTER_NODE_PORT"), str(master_port))
    return subprocess.Popen(
        ["taskset", "-c", str(core), sys.executable, "-m", "locust", *map(str, arguments)],
        cwd=folder,
        env={**clean, **ports},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], seconds: float) -> None:
    """Wait until it ends by itself; end it, and say what it said, when it fails or stays too long."""
    try:
        said, _ = process.communicate(timeout=seconds + PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"locust ended with {process.returncode}\n{said[-4000:]}")
