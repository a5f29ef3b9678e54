"""The live page: what its one request a second costs the process that answers it, and what 20 open pages cost a run.

200 endpoints, 30 minutes of history. What is timed is the processor time of a whole request through Flask on the
master, packed, without the turns that other greenlets have while it is made. Then a saturated core makes load while 20
clients poll as the page does, and while none does, in turns of a few seconds: the ratio of the processor time that is
left for a request is the ratio of throughput.
"""

from __future__ import annotations

import gc
import gzip
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import greenlet
from locust import FastHttpUser, constant, task
from locust.env import Environment
from open_pages import CLIENTS
from pinned import free_port
from saturated import pairs, saturated
from side_by_side import Row

from locust_ext.config.plan import Plan
from locust_ext.measure.live_timeline import LiveTimeline
from locust_ext.measure.rows import Measured, read_rows
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.plugin import attach
from locust_ext.run.context import RunContext

ENDPOINTS, MINUTES, EACH = 200, 30, 10
TURNS: Any = {"count": 12, "length": 4.0, "settle": 4.0}
"""Many pages are told to ask less often, once they have been counted for some seconds."""

TRIES = 3
"""Each answer counts at its cheapest of so many: what the machine takes from one of them is not what it costs."""

MOST_BYTES, MOST_MS, LEAST = 50_000, 30.0, 0.95
ALL_CORES = os.sched_getaffinity(0)
ACCEPT = {"Accept-Encoding": "gzip"}


class Idle(FastHttpUser):
    """Sends nothing."""

    host = "http://127.0.0.1:1"
    wait_time = constant(1)

    @task
    def nothing(self) -> None:
        """Do nothing."""


class Busy(FastHttpUser):
    """Sends to 200 endpoints in turn, without a pause."""

    wait_time = constant(0)
    turn = 0

    @task
    def thing(self) -> None:
        """Read a thing."""
        Busy.turn += 1
        self.client.get("/communities/abc/posts?limit=20", name=f"/api/v1/things/{Busy.turn % ENDPOINTS}")


def second(rng: Random) -> Measured:
    """Return what a process measured in a second."""
    store = Store()
    for number in range(ENDPOINTS):
        tags = tags_of({"name": f"/api/v1/things/{number}", "method": "GET", "phase": "plateau"})
        durations = [rng.lognormvariate(3 + number / ENDPOINTS, 0.5) for _ in range(EACH)]
        store.leaf("http_req_duration", tags, Kind.TREND).record_all(durations)
        store.leaf("http_req_failed", tags, Kind.RATE).merge(RateSink(int(rng.random() < 0.02), EACH))
        store.leaf("http_reqs", tags, Kind.COUNTER).add(EACH)
    return read_rows(store.take())


class OwnTime:
    """Processor time of the greenlet that made it, without the turns that others had meanwhile."""

    def __init__(self) -> None:
        self._own = greenlet.getcurrent()
        self._seconds = 0.0
        self._since = time.process_time()
        greenlet.settrace(self._switch)

    def _switch(self, _event: str, between: tuple[Any, Any]) -> None:
        origin, target = between
        if origin is self._own:
            self._seconds += time.process_time() - self._since
        elif target is self._own:
            self._since = time.process_time()

    def end(self) -> float:
        """Return the seconds."""
        greenlet.settrace(None)
        return self._seconds + time.process_time() - self._since


class Master:
    """A process with the page, and a run of half an hour behind it."""

    def __init__(self) -> None:
        sys.argv = ["locust"]
        self._environment = Environment(user_classes=[Idle], host="http://127.0.0.1:1")
        self._environment.create_local_runner()
        web_ui: Any = self._environment.create_web_ui(delayed_start=True)
        part = attach(self._environment, thresholds={"http_req_duration": ["p(95)<400"] * 5})._run  # noqa: SLF001
        self.client = web_ui.app.test_client()
        self.run = part.controller.start(Plan("bench", thresholds=part.preparation.plan.thresholds), {}, RunContext())
        self.run.began -= MINUTES * 60
        self.run.watched = LiveTimeline()
        rng = Random(1)
        self._pool = [second(rng) for _ in range(20)]
        for at in range(1, MINUTES * 60 + 1):
            self.take(float(at))
            for _ in self.run.watched.settle():
                pass
        for measured in self._pool[:5]:
            self.run.judge.merge(measured, MINUTES * 60.0)

    def take(self, at: float) -> None:
        """Take what was measured in the second before ``at``."""
        self.run.watched.add(at, self._pool[int(at) % 20], 1.0)
        self.run.watched.look(at, 50, 40.0)

    def end(self) -> None:
        """End it."""
        self._environment.runner.quit()

    def ask(self, asked: str) -> tuple[float, int, dict[str, Any]]:
        """Ask once: return milliseconds of the processor, bytes, and what was told."""
        own = OwnTime()
        answer = self.client.get(f"/locust-ext/state?{asked}", headers=ACCEPT)
        spent = own.end() * 1e3
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return spent, len(answer.data), json.loads(gzip.decompress(answer.data) if packed else answer.data)


def measure() -> list[Row]:
    """Ask as one page that comes late, then as it goes on each second."""
    tries = []
    for _ in range(TRIES):
        master = Master()
        try:
            tries.append(asked(master))
        finally:
            master.end()
            gc.unfreeze()
    rows = []
    for number, what in enumerate(("its history, in portions", "each second")):
        found = [min(same) for same in zip(*(one[number] for one in tries), strict=True)]
        milliseconds, size = max(one[0] for one in found), max(one[1] for one in found)
        middle = statistics.median(one[0] for one in found)
        held = milliseconds <= MOST_MS
        times = f"live page, 200 endpoints x 30 min, {what}: ms at most"
        rows.append(Row(times, f"<= {MOST_MS:.0f}", f"{milliseconds:.1f}", f"median {middle:.1f}", held))
        sizes = f"live page, {what}: kB at most"
        rows.append(Row(sizes, "<= 50", f"{size / 1e3:.1f}", f"{len(found)} answers", size <= MOST_BYTES))
    return [*rows, polled()]


class Pages:
    """So many open pages, in a process of their own on the other core, which poll while they are switched on."""

    def __init__(self, port: int) -> None:
        url = f"http://127.0.0.1:{port}/locust-ext/state"
        script = str(Path(__file__).with_name("open_pages.py"))
        command = ["taskset", "-c", str(min(ALL_CORES)), sys.executable, script, url]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answered, self.seconds = 0, 0.0
        self._since = 0.0

    def on(self) -> None:
        """Have them poll."""
        self._say("on")
        self._since = time.monotonic()

    def off(self) -> None:
        """Have them wait."""
        self.seconds += time.monotonic() - self._since
        self._say("off")

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        self.answered = int(self._process.stdout.readline())

    def end(self) -> None:
        """Close them."""
        self._process.kill()
        self._process.wait()


def polled() -> Row:
    """Have a saturated core make load, with 20 pages that poll and with none, in turns."""
    port = free_port()

    def prepare(environment: Environment) -> None:
        sys.argv = ["locust"]
        environment.create_web_ui("127.0.0.1", port)
        attach(environment)

    with saturated(Busy, prepare) as environment:
        pages = Pages(port)
        try:
            found, bare = pairs(environment, pages, **TURNS)
            a_second = pages.answered / pages.seconds
        finally:
            pages.end()
    if a_second < CLIENTS / 2:  # pages that get no answers cost nothing, and prove nothing
        raise AssertionError(f"{CLIENTS} pages had {a_second:.1f} answers a second")
    ratio = statistics.median(stock / ours for ours, stock in found)
    what = f"throughput of a saturated core, {CLIENTS} live pages that poll / none"
    return Row(what, f">= {LEAST}", f"{ratio:.3f}", f"1 ({1 / bare:.0f}/s), {a_second:.0f} answers/s", ratio >= LEAST)


def asked(master: Master) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    """Return what each answer cost: those with the past, and those of each second."""
    portions, seconds = [], []
    spent, size, state = master.ask("pieces=course")
    told, names = state["course"], len(state["course"]["names"])
    gc.collect()
    gc.freeze()  # a full collection would look at half an hour of a run that no process has at once
    while told["more"]:
        spent, size, state = master.ask(
            f"pieces=course&run={told['run']}&names={names}&lo={told['lo']}&hi={told['hi']}"
        )
        told = state["course"]
        portions.append((spent, size))
    figures = ("spectrum", "herd", "spectrum", "drift", "spectrum", "probes")
    has = ""
    for number in range(30):
        master.take(MINUTES * 60 + 1.0 + number)
        time.sleep(1.0)
        figure = figures[number % len(figures)]
        spent, size, state = master.ask(
            f"run={told['run']}&names={names}&lo={told['lo']}&hi={told['hi']}&figure={figure}{has}"
        )
        told = state["course"]
        has = f"&steering={state['steering']['version']}&runs={state['runs']['version']}"
        seconds.append((spent, size))
    return portions, seconds


if __name__ == "__main__":
    for row in measure():
        print(row)
