"""Live figures that leave the process: what is left of the throughput of a saturated core while they do.

One process makes load on 200 endpoints and judges itself. In turns of fifteen seconds it does and does not push its
figures by OTLP to a collector on the other core, every ten seconds as by default, and is scraped once, as Prometheus
does that is told to each fifteen seconds. The ratio of the processor time that is left for a request is the ratio of
throughput.
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

from locust_ext.exports.options import OtlpOptions, PrometheusOptions
from locust_ext.exports.otlp_settings import collector_of
from locust_ext.plugin import attach
from locust_ext.run.exposing import Exposing
from locust_ext.run.pushing import Pushing, make
from locust_ext.run.scraped_text import ScrapedText
from locust_ext.run.scraping import Scraping

TURNS: Any = {"count": 7, "length": 15.0}
LEAST, EVERY = 0.95, 10.0
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


class Scraped:
    """A run that is scraped once whenever it is switched on."""

    def __init__(self, exposing: Exposing) -> None:
        scraping = Scraping(ScrapedText(exposing), PrometheusOptions(port=0), print)
        script = str(Path(__file__).with_name("scraper.py"))
        command = ["taskset", "-c", str(min(ALL_CORES)), sys.executable, script, scraping.url]
        self._scraper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._scraping = scraping

    def on(self) -> None:
        """Scrape it, now."""
        assert self._scraper.stdin is not None
        self._scraper.stdin.write("\n")
        self._scraper.stdin.flush()

    def off(self) -> None:
        """Do nothing: it was scraped."""

    def end(self) -> list[int]:
        """End the scraper; return how long each page was."""
        said, _ = self._scraper.communicate(timeout=30)
        self._scraping.let_go()
        return [int(line) for line in said.splitlines()]


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
        pushed, scraped = Pushed(exposing[0]), Scraped(exposing[0])
        try:
            found, bare = pairs(environment, All(pushed, scraped), **TURNS)
        finally:
            pages = scraped.end()
            sizes = pushed.end()
    if min(len(sizes), len(pages)) < TURNS["count"]:  # what does not arrive costs nothing, and proves nothing
        raise AssertionError(f"{len(sizes)} messages and {len(pages)} scrapes arrived in {TURNS['count']} turns")
    ratio = statistics.median(stock / ours for ours, stock in found)
    what = f"throughput of a saturated core, {ENDPOINTS} endpoints pushed by OTLP and scraped / not"
    size, page = statistics.mean(sizes) / 1e3, statistics.mean(pages) / 1e3
    told = f"1 ({1 / bare:.0f}/s), {size:.0f} kB a message, {page:.0f} kB a page"
    return Row(what, f">= {LEAST}", f"{ratio:.3f}", told, ratio >= LEAST)


if __name__ == "__main__":
    print(measure())
