"""The first request of a run, beside bare Locust's: ``feed.py`` as it ships, and its twin without us.

Law: starts alternate and the medians are compared. Both are killed when their first request has come, so that
nothing of one is under way in the next.
"""

from __future__ import annotations

import functools
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from side_by_side import Row, in_turns

STARTS = 10
GOAL = 0.2
"""Seconds."""
PATIENCE = 60
"""Seconds after which a start without a request has failed."""
ALL_AT_ONCE = ("--shape", "none")
"""The shape of the scenario has nobody in its first second; without it both sides begin with ten users."""
FEED = Path(__file__).parents[1] / "locustfiles" / "feed.py"


def bare_twin(source: str) -> str:
    """Return the locustfile without us: the same classes and requests, no install, no check."""
    return re.sub(r"import locust_ext|locust_ext\.install\(\)|locust_ext\.check\(.*\)", "pass", source)


def seconds_to_first_request(locustfile: Path, *options: str) -> float:
    """Start Locust on a locustfile and return how long it took until the first request was here."""
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory() as directory:
        server.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        command = [sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "-t", "30", "-u", "10"]
        command += ["-r", "10", "-H", url, *options]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        with (Path(directory) / "log").open("wb") as log:
            began = time.monotonic()
            process = subprocess.Popen(
                command, cwd=directory, stdout=log, stderr=log, env=environment, start_new_session=True
            )
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(1)
                    return time.monotonic() - began
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def measure() -> Row:
    """Start both in turns."""
    with tempfile.TemporaryDirectory() as directory:
        twin = Path(directory) / "twin.py"
        twin.write_text(bare_twin(FEED.read_text()))
        sides = (
            functools.partial(seconds_to_first_request, twin),
            functools.partial(seconds_to_first_request, FEED, *ALL_AT_ONCE),
        )
        for side in sides:
            side()  # compiled, and in the file cache
        starts = in_turns(*sides, STARTS)
    bare, ours = (statistics.median(side) for side in zip(*starts, strict=True))
    late = ours - bare
    return Row(
        "seconds to the first request of feed.py, more than bare",
        f"<= {GOAL}",
        f"+{late:.3f}",
        f"{bare:.3f}",
        late <= GOAL,
    )


if __name__ == "__main__":
    print(measure())
