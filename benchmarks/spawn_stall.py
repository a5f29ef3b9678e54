"""How long a worker's loop stands still while users are added one a second: stock Locust beside locust_ext.

One master and one worker, each a process on a core of its own. In the worker a greenlet of the locustfile wakes each
millisecond and notes how late it is, in both cases the same. Percentiles of wake-ups flatter: a stall of 55 ms is one
wake-up among a thousand. What counts is the lag that an answer meets which comes at any moment, all moments alike.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass

from grid import percentile
from pinned import begin, finish, folder_with, free_port
from side_by_side import Row

SECONDS = 25
GOAL = 10.0
"""Milliseconds of lag, p99 over all moments."""

UNRESPONSIVE = 5.0
STALL = 20.0

STOCK = """
    import json
    import time

    import gevent
    from locust import LoadTestShape, User, constant, events, task
    from locust.runners import WorkerRunner

    SECONDS = {seconds}
    NAP = 0.001


    class OneASecond(LoadTestShape):
        def tick(self):
            at = self.get_run_time()
            return (int(at) + 1, 1) if at < SECONDS else None


    class Idle(User):
        wait_time = constant(1)
        host = "http://127.0.0.1:1"

        @task
        def nap(self):
            gevent.sleep(0.01)


    class Watch:
        def __init__(self):
            self.naps = []
            self.users = 0
            self.begin = time.monotonic()

        def run(self):
            before = time.monotonic()
            while True:
                gevent.sleep(NAP)
                now = time.monotonic()
                self.naps.append((now, now - before))
                before = now

        def on_test_start(self, **_):
            self.begin = time.monotonic()

        def on_spawned(self, user_count, **_):
            self.users = max(self.users, user_count)

        def on_test_stop(self, **_):
            naps = [(at - self.begin, took - NAP) for at, took in self.naps]
            with open("watched.json", "w") as file:
                json.dump({"users": self.users, "naps": naps}, file)


    @events.init.add_listener
    def watch(environment, **_):
        if isinstance(environment.runner, WorkerRunner):
            it = Watch()
            environment.events.test_start.add_listener(it.on_test_start)
            environment.events.spawning_complete.add_listener(it.on_spawned)
            environment.events.test_stop.add_listener(it.on_test_stop)
            gevent.spawn(it.run)
"""
OURS = (
    STOCK
    + """

    import locust_ext

    locust_ext.install()
"""
)


@dataclass(frozen=True)
class Lag:
    """How late a loop was over ``seconds``; all else in milliseconds."""

    late: tuple[float, ...]
    """Of each wake-up, in ascending order."""
    seconds: float

    def of_wakeups(self, percent: float) -> float:
        """Return a percentile over wake-ups."""
        return percentile(self.late, percent)

    def of_moments(self, percent: float) -> float:
        """Return a percentile over all moments: who comes ``x`` into a stall of ``s`` waits for ``s - x``."""
        over = (1 - percent / 100) * self.seconds * 1000
        stalls = self.late[::-1]
        # the lag exceeded for ``over`` milliseconds in all: the n longest stalls exceed it by their sum - n * lag
        total = 0.0
        for number, stall in enumerate(stalls, 1):
            total += stall
            following = stalls[number] if number < len(stalls) else 0.0
            if total - number * following >= over:
                return (total - over) / number
        return 0.0

    @property
    def unresponsive(self) -> float:
        """The share of the time that lies in pauses of more than 5 ms."""
        return sum(late for late in self.late if late > UNRESPONSIVE) / (self.seconds * 1000)

    @property
    def stalls(self) -> int:
        """How many were longer than 20 ms."""
        return sum(late > STALL for late in self.late)


def lag_of(naps: Sequence[tuple[float, float]], seconds: float) -> Lag:
    """Return the lag of a worker from one second after the test's start: a start is not a ramp."""
    ramp = [late for at, late in naps if 1 <= at < seconds]
    return Lag(tuple(sorted(max(0.0, late * 1000) for late in ramp)), seconds - 1)


def ramp(locustfile: str, seconds: int) -> Lag:
    """Run one ramp, one user more each second, and return the worker's lag."""
    with folder_with({"ramp.py": locustfile.replace("{seconds}", str(seconds))}) as folder:
        port = free_port()
        common = ("-f", "ramp.py", "--skip-log")
        master = begin(folder, 1, port, *common, "--master", "--headless", "--expect-workers", 1, "--only-summary")
        worker = begin(folder, 0, port, *common, "--worker")
        finish(master, seconds)
        finish(worker, seconds)
        watched = json.loads((folder / "watched.json").read_text())
        if watched["users"] < seconds - 1:
            raise RuntimeError(f"the worker had {watched['users']} users at the most: that was not a ramp to {seconds}")
        return lag_of(watched["naps"], seconds)


def line(name: str, lag: Lag) -> str:
    """Return a line of the table."""
    wakeups = " ".join(f"{lag.of_wakeups(percent):>8.2f}" for percent in (50, 99, 99.9, 100))
    moments = " ".join(f"{lag.of_moments(percent):>8.2f}" for percent in (99, 99.9))
    return f"{name:<12} {wakeups}   {moments}   {lag.unresponsive:>10.2%} {lag.stalls:>8}"


HEAD = (
    f"{'':<12} {'wake-ups, ms':<35}   {'moments, ms':<17}   {'in pauses':>10} {'stalls':>8}\n"
    f"{'':<12} {'p50':>8} {'p99':>8} {'p99.9':>8} {'max':>8}   {'p99':>8} {'p99.9':>8}   {'> 5 ms':>10} {'> 20 ms':>8}"
)


def measure() -> Row:
    """Run one ramp each."""
    stock, ours = ramp(STOCK, SECONDS), ramp(OURS, SECONDS)
    lag = ours.of_moments(99)
    what = "lag of a worker while users are added one a second, p99"
    return Row(what, f"<= {GOAL:g} ms", f"{lag:.2f} ms", f"{stock.of_moments(99):.1f} ms", lag <= GOAL)


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="how long a ramp is; one user a second")
    parser.add_argument("--rounds", type=int, default=1, help="ramps of each, in turns")
    given = parser.parse_args()
    print(HEAD)
    for _ in range(given.rounds):
        print(line("stock Locust", ramp(STOCK, given.seconds)), flush=True)
        print(line("locust_ext", ramp(OURS, given.seconds)), flush=True)


if __name__ == "__main__":
    main()
