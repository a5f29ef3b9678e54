"""Requests and processor time of Locust's two clients and of LeanHttpUser's, bare and with everything on.

nginx has one core, the generator the other. The clients take turns, second by second, in one process: what counts are
ratios within a round, out of which fall the machine's moods, which last longer. ``python benchmarks/clients.py`` prints
all of it, with the limit that wrk, k6 and oha set where they are installed; ``measure`` is what the goals are about.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gevent
from everything import Everything
from locust import FastHttpUser, HttpUser, User, constant, task
from locust.env import Environment
from side_by_side import Row
from web_server import BODIES, path_of, web_server

from locust_ext import LeanHttpUser

CLIENTS: dict[str, type[User]] = {"HttpUser": HttpUser, "FastHttpUser": FastHttpUser, "LeanHttpUser": LeanHttpUser}
MODES = ("bare", "everything on", "cap and switch, too")
ROUNDS = 5
TURN = 1.0
"""Seconds that each client sends in a round."""
SETTLED = 0.5
"""Seconds before them."""
HTTP, HTTPS, SHARE, ADDED = 3.0, 2.0, 0.40, 4.0
"""The goals: how many times FastHttpUser's requests, over http and https; what share of its time; microseconds."""
PATIENCE = 120
"""Seconds until all users must have sent something."""
FEW_AND_MANY = (50, 1500)
MOST_DESCRIPTORS = 8192


@dataclass(frozen=True)
class Cell:
    """One way to load the server."""

    scheme: str = "http"
    body: str = "1 kB"
    users: int = 50

    def __str__(self) -> str:
        return f"{self.scheme}, {self.body}, {self.users} users"


@dataclass
class Costs:
    """Microseconds of processor time a request, and requests a second, by client and mode, a value a round."""

    micros: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    rates: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def micro(self, client: str, mode: str) -> float:
        """Return the median of a client's microseconds a request."""
        return statistics.median(self.micros[client, mode])

    def ratio(self, first: tuple[str, str], second: tuple[str, str]) -> float:
        """Return how many times the first's time the second takes, in the median of the rounds."""
        pairs = zip(self.micros[first], self.micros[second], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)


def environment_of(client: str, host: str, body: str) -> Environment:
    """Return an environment whose users send without a pause."""
    path, kind = f"/{path_of(body)}", CLIENTS[client]

    class Reader(kind):  # type: ignore[valid-type, misc]
        """Reads one file."""

        wait_time = constant(0)
        insecure = True

        def on_start(self) -> None:
            """Believe the server."""
            if isinstance(self, HttpUser):
                self.client.verify = False

        @task
        def read(self) -> None:
            """Read it."""
            self.client.get(path, name="body", context={"tags": {"endpoint": "feed"}})

    environment = Environment(user_classes=[Reader], host=host)
    environment.create_local_runner()
    return environment


def turn(environment: Environment, users: int) -> tuple[float, float]:
    """Return microseconds of processor time a request and requests a second, over one turn."""
    runner, stats = environment.runner, environment.stats  # of which a start makes a new total, some time later
    runner.start(users, spawn_rate=users)
    deadline = time.monotonic() + PATIENCE
    while runner.user_count < users or stats.total.num_requests < users:
        gevent.sleep(0.05)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{runner.user_count} of {users} users after {PATIENCE} s")
    gevent.sleep(SETTLED)
    before, spent, began = stats.total.num_requests, time.process_time(), time.perf_counter()
    gevent.sleep(TURN)
    sent = max(1, stats.total.num_requests - before)
    found = (time.process_time() - spent) / sent * 1e6, sent / (time.perf_counter() - began)
    runner.stop()
    if stats.total.num_failures:
        raise RuntimeError(f"{stats.total.num_failures} requests failed: {list(stats.errors.values())[:1]}")
    return found


def compare(cell: Cell, hosts: dict[str, str], clients: Sequence[str], modes: Sequence[str], rounds: int) -> Costs:
    """Return what each client costs in each mode; they take turns."""
    host, costs = hosts[cell.scheme], Costs()
    environments = {client: environment_of(client, host, cell.body) for client in clients}
    for _ in range(rounds):
        for mode in modes:
            for client, environment in environments.items():
                everything = Everything(environment, host, capped=mode == MODES[2]) if mode != MODES[0] else None
                if everything:
                    everything.on()
                micro, rate = turn(environment, cell.users)
                if everything:
                    everything.off()
                costs.micros.setdefault((client, mode), []).append(micro)
                costs.rates.setdefault((client, mode), []).append(rate)
    return costs


@contextmanager
def pinned() -> Iterator[dict[str, str]]:
    """Keep this process to the last core, and the server to the first; yield where it listens."""
    import urllib3

    urllib3.disable_warnings()
    cores = sorted(os.sched_getaffinity(0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(MOST_DESCRIPTORS, most), most))
    with web_server(cores[0]) as hosts:
        os.sched_setaffinity(0, {cores[-1]})
        try:
            yield hosts
        finally:
            os.sched_setaffinity(0, cores)


LIMITS = {
    "wrk": ["wrk", "-t", "1", "-c", "{users}", "-d", "3s", "{url}"],
    "oha": ["oha", "--no-tui", "--insecure", "-z", "3s", "-c", "{users}", "{url}"],
    "k6": ["k6", "run", "--quiet", "--insecure-skip-tls-verify", "--vus", "{users}", "--duration", "3s", "{script}"],
}
RATES = re.compile(r"Requests/sec:\s*([\d.]+)|http_reqs[.\s]*:\s*\d+\s+([\d.]+)/s")


def limit(tool: str, url: str, users: int) -> float | None:
    """Return how many requests a second another tool sends from the same core; None where it is not there."""
    if not shutil.which(tool):
        return None
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.js"
        script.write_text(f"import http from 'k6/http'; export default () => http.get('{url}');", encoding="utf-8")
        command = [word.format(users=users, url=url, script=script) for word in LIMITS[tool]]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = RATES.search(said)
    return float(found[1] or found[2]) if found else None


def measure() -> Row:
    """Compare LeanHttpUser with FastHttpUser, with everything on, over http and https."""
    modes, clients = MODES[:2], ("FastHttpUser", "LeanHttpUser")
    with pinned() as hosts:
        plain, secret = (compare(Cell(scheme), hosts, clients, modes, ROUNDS) for scheme in ("http", "https"))
    on = [(client, MODES[1]) for client in clients]
    http, https = plain.ratio(*on), secret.ratio(*on)
    share = plain.ratio(("LeanHttpUser", MODES[1]), ("FastHttpUser", MODES[0]))
    added = plain.micro("LeanHttpUser", MODES[1]) - plain.micro("LeanHttpUser", MODES[0])
    return Row(
        "LeanHttpUser, everything on: times FastHttpUser's requests for its time; share; added",
        f">= {HTTP:g}, {HTTPS:g}; <= {SHARE}; {ADDED:g} us",
        f"{http:.1f}, {https:.1f}; {share:.2f}; {added:.1f}",
        f"1 ({plain.micro('FastHttpUser', MODES[0]):.0f} us)",
        http >= HTTP and https >= HTTPS and share <= SHARE and added <= ADDED,
    )


def main() -> None:
    """Print all of it."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with pinned() as hosts:
        for scheme in ("http", "https"):
            for body in BODIES:
                for users in FEW_AND_MANY:
                    cell = Cell(scheme, body, users)
                    modes = MODES if users == FEW_AND_MANY[0] else MODES[:2]
                    costs = compare(cell, hosts, tuple(CLIENTS), modes, rounds)
                    print(f"\n{cell}")
                    print(f"{'client':<14} {'mode':<20} {'us a request':>13} {'requests/s':>11} {'/ FastHttpUser':>15}")
                    for client, mode in costs.micros:
                        share = costs.ratio((client, mode), ("FastHttpUser", mode))
                        rate = statistics.median(costs.rates[client, mode])
                        print(
                            f"{client:<14} {mode:<20} {costs.micro(client, mode):>13.1f} {rate:>11,.0f} {share:>15.2f}"
                        )
                    for tool in LIMITS:
                        if rate := limit(tool, f"{hosts[scheme]}/{path_of(body)}", users):
                            print(f"{tool:<14} {'the limit':<20} {'':>13} {rate:>11,.0f}", flush=True)


if __name__ == "__main__":
    main()
