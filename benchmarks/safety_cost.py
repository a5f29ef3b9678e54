"""What cap, kill switch and guard together cost a request, while the cap is not reached.

One process sends as fast as it can to a canned server on the other core; the doors are open and shut in turns, and the
generator's processor time for a request is compared between neighbouring seconds, as in throughput.py.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import gevent
from locust.env import Environment
from side_by_side import Row
from throughput import USERS, Fast

from locust_ext.measure.recorder import Recorder
from locust_ext.safety.doors import Doors
from locust_ext.safety.guard import Guard, Territory
from locust_ext.safety.options import SafetyOptions
from locust_ext.safety.passage import Passage

GOAL = 2.0
PAIRS = 60
NEVER_REACHED = 900_000


def _second(environment: Environment) -> float:
    """Return microseconds of processor time for a request, over one second."""
    requests, cpu = environment.stats.total.num_requests, time.process_time()
    gevent.sleep(1)
    return (time.process_time() - cpu) / (environment.stats.total.num_requests - requests) * 1e6


class Safety:
    """A cap that is not reached, a switch that allows, a guard that knows the host."""

    def __init__(self, environment: Environment, url: str) -> None:
        self._passage = Passage(Recorder())
        self._doors = Doors(environment, self._passage)
        self._territory = Territory.of([url], SafetyOptions())

    def on(self) -> None:
        """Stand at the doors."""
        self._passage.reset()
        self._passage.cap()
        self._passage.lend(NEVER_REACHED, 1.0, time.monotonic() + 60)
        self._passage.vouch(time.monotonic() + 60)
        self._doors.open(mark=None, guard=Guard(self._territory, lambda _: None), waits=True)

    def off(self) -> None:
        """Leave them."""
        self._doors.close()


def measure() -> Row:
    """Stand at the doors and leave them, in turns."""
    cores = sorted(os.sched_getaffinity(0))
    command = ["taskset", "-c", str(cores[0]), sys.executable, str(Path(__file__).with_name("canned.py"))]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(0, {cores[-1]})
    try:
        url = server.stdout.readline().strip()
        environment = Environment(user_classes=[Fast], host=url)
        runner = environment.create_local_runner()
        runner.start(USERS, spawn_rate=USERS)
        gevent.sleep(2)
        safety, added, stock = Safety(environment, url), [], [_second(environment)]
        for _ in range(PAIRS):
            safety.on()
            ours = _second(environment)
            safety.off()
            stock.append(_second(environment))
            added.append(ours - statistics.mean(stock[-2:]))  # between two neighbours, so that a drift falls out
        runner.quit()
    finally:
        server.terminate()
        server.wait()
        os.sched_setaffinity(0, cores)
    cost, bare = statistics.median(added), statistics.median(stock)
    what = "cap, kill switch and guard together, a request"
    return Row(what, f"<= {GOAL} us", f"+{cost:.2f} us", f"{bare:.0f} us", cost <= GOAL)


if __name__ == "__main__":
    print(measure())
