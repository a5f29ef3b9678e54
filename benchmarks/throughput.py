"""Requests a second with everything on, over bare FastHttpUser, against the same server."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from side_by_side import Row, in_turns, median_ratio

HERE = Path(__file__).parent
GOAL = 0.95
SECONDS = 8
ROUNDS = 5


def _pinned(core: int) -> list[str]:
    """Return the words that keep a command on one core: client and server must not share one."""
    return ["taskset", "-c", str(core % (os.cpu_count() or 1))]


def _requests_per_second(url: str, *, everything: bool) -> float:
    module = "locust_ext" if everything else "locust"
    command = [
        *_pinned(1),
        sys.executable,
        "-m",
        module,
        "-f",
        str(HERE / "fast_users.py"),
        "--headless",
        "--only-summary",
    ]
    command += ["-H", url, "-u", "20", "-r", "20", "-t", f"{SECONDS}s", "--stop-timeout", "1"]
    command += ["--loadtest", str(HERE / "fast_users.yml")] if everything else []
    run = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "LOAD_TEST_TOKEN": "x"}
    )
    return float(json.loads(re.search(r"^MEASURED (.*)$", run.stdout, re.MULTILINE)[1])["rps"])


def measure() -> Row:
    """Run both in turns."""
    server = subprocess.Popen(
        [*_pinned(0), sys.executable, "-m", "locust_ext.demo", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        pairs = in_turns(
            lambda: _requests_per_second(url, everything=False),
            lambda: _requests_per_second(url, everything=True),
            ROUNDS,
        )
    finally:
        server.terminate()
        server.wait()
    ratio = median_ratio(pairs)
    stock = statistics.median(first for first, _ in pairs)
    return Row(
        "throughput with everything on / bare FastHttpUser",
        f">= {GOAL}",
        f"{ratio:.3f}",
        f"1 ({stock:.0f}/s)",
        ratio >= GOAL,
    )


if __name__ == "__main__":
    print(measure())
