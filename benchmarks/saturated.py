"""A generator that sends as fast as it can, on one core, to a canned server on the other."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment

PAIRS = 60
LEAST = 100
"""Requests that a second must have brought to be one."""
USERS = 20


class Switch(Protocol):
    """What is measured by switching it on and off."""

    def on(self) -> None:
        """Switch it on."""

    def off(self) -> None:
        """Switch it off."""


class Fast(FastHttpUser):
    """Reads the feed as the shipped scenario does, without a pause."""

    wait_time = constant(0)

    @task
    def feed(self) -> None:
        """Read the latest posts."""
        tags = {"tags": {"endpoint": "feed"}}
        path = "/communities/abc/posts?limit=20"
        with self.client.get(path, name="/communities/:id/posts", catch_response=True, context=tags) as response:
            if response.status_code >= 500:
                response.failure(f"server error {response.status_code}")


@contextmanager
def saturated(
    user: type[FastHttpUser] = Fast, prepare: Callable[[Environment], None] = lambda _: None
) -> Iterator[Environment]:
    """Yield an environment whose users send; its host is the canned server's address. ``prepare`` sees it before."""
    cores = sorted(os.sched_getaffinity(0))
    command = ["taskset", "-c", str(cores[0]), sys.executable, str(Path(__file__).with_name("canned.py"))]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(0, {cores[-1]})
    try:
        environment = Environment(user_classes=[user], host=server.stdout.readline().strip())
        runner = environment.create_local_runner()
        prepare(environment)
        runner.start(USERS, spawn_rate=USERS)
        gevent.sleep(2)
        yield environment
        runner.quit()
    finally:
        server.terminate()
        server.wait()
        os.sched_setaffinity(0, cores)


def pairs(
    environment: Environment, switch: Switch, count: int = PAIRS, length: float = 1.0, settle: float = 0.0
) -> tuple[list[tuple[float, float]], float]:
    """Return seconds of processor time a request, with the switch on and bare, and the median of the bare ones.

    Each turn of ``length`` seconds that it is on stands between two that it is not, so that a drift of the machine
    falls out. What needs time to find its level has ``settle`` seconds of it, which are not measured.
    """
    bare, found = [_turn(environment, length)], []
    for _ in range(count):
        switch.on()
        gevent.sleep(settle)
        ours = _turn(environment, length)
        switch.off()
        gevent.sleep(settle)
        bare.append(_turn(environment, length))
        found.append((ours, statistics.mean(bare[-2:])))
    return found, statistics.median(bare)


def _turn(environment: Environment, length: float, clock: Callable[[], float] = time.process_time) -> float:
    """Return seconds of processor time for a request over ``length`` seconds, more where others keep the core busy."""
    total, began = environment.stats.total, clock()
    before = total.num_requests
    gevent.sleep(length)
    while total.num_requests - before < LEAST:
        gevent.sleep(0.1)
    return (clock() - began) / (total.num_requests - before)
