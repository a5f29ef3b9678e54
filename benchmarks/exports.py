"""Live figures that leave the process: what is left of the throughput of a saturated core while they do.

One process makes load on 200 endpoints and judges itself, and pushes its figures by OTLP every five seconds, twice
as often as it would by default, to a collector on the other core. It does and does not in turns of a few seconds; the
ratio of the processor time that is left for a request is the ratio of throughput.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from live_page import ENDPOINTS, Busy
from locust.env import Environment
from saturated import Switch, pairs, saturated
from side_by_side import Row

from locust_ext.exports.options import OtlpOptions
from locust_ext.exports.otlp_settings import collector_of
from locust_ext.plugin import attach
from locust_ext.run.exposing import Exposing
from locust_ext.run.pushing import Pushing, make

TURNS: Any = {"count": 12, "length": 5.0}
LEAST, EVERY = 0.95, 5.0
ALL_CORES = os.sched_getaffinity(0)


class Pushed:
    """A run that is pushed to a collector while it is switched on."""

    def __init__(self, exposing: Exposing) -> None:
        script = str(Path(__file__).with_name("sink.py"))
        command = ["taskset", "-c", str(min(ALL_CORES)), sys.executable, script]
        self._sink = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._sink.stdout is not None
        collector = collector_of(OtlpOptions(endpoint=self._sink.stdout.readline().strip(), interval=EVERY), {})
        assert collector is not None
        self._pushing: Pushing = make(None, exposing, collector)

    def on(self) -> None:
        """Push."""
        self._pushing.begins()

    def off(self) -> None:
        """Push no more."""
        self._pushing.let_go()

    def end(self) -> list[int]:
        """End the collector; return how long each message was."""
        self._sink.kill()
        said, _ = self._sink.communicate()
        return [int(line) for line in said.splitlines() if line.isdigit()]


class All:
    """Several ways out, switched on and off together."""

    def __init__(self, *ways: Switch) -> None:
        self._ways = ways

    def on(self) -> None:
        """Switch all on."""
        for way in self._ways:
            way.on()

    def off(self) -> None:
        """Switch all off."""
        for way in self._ways:
            way.off()


def measure() -> Row:
    """Switch on and off, in turns."""
    exposing: list[Exposing] = []

    def prepare(environment: Environment) -> None:
        sys.argv = ["locust"]
        exposing.append(attach(environment)._run.exporting.exposing)  # noqa: SLF001 what a run makes of it

    with saturated(Busy, prepare) as environment:
        pushed = Pushed(exposing[0])
        try:
            found, bare = pairs(environment, All(pushed), **TURNS)
        finally:
            sizes = pushed.end()
    if len(sizes) < TURNS["count"]:  # a push that does not arrive costs nothing, and proves nothing
        raise AssertionError(f"{len(sizes)} messages arrived in {TURNS['count']} turns")
    ratio = statistics.median(stock / ours for ours, stock in found)
    what = f"throughput of a saturated core, {ENDPOINTS} endpoints pushed by OTLP each {EVERY:.0f} s / not"
    told = f"1 ({1 / bare:.0f}/s), {statistics.mean(sizes) / 1e3:.0f} kB a message"
    return Row(what, f">= {LEAST}", f"{ratio:.3f}", told, ratio >= LEAST)


if __name__ == "__main__":
    print(measure())
