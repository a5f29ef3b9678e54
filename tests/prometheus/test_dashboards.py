"""Grafana's dashboards, asked of a real Prometheus that was fed by real runs with two workers.

One run has everything: arrivals, a storm, probes, thresholds that pass and fail, requests of another kind than HTTP. The
next one, of the same target for Prometheus, has nothing of it.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from locust_ext.commands.dashboards import dashboard
from tests.dashboards.as_grafana import Asked, Shown, asks, interpolated, queries
from tests.integration.conftest import free_port
from tests.otlp_receiver import http_receiver
from tests.prometheus.otlp_stand_in import write_on
from tests.prometheus.server import Prometheus, prometheus

BOARDS = {"scraped": json.loads(dashboard("prometheus.json")), "pushed": json.loads(dashboard("otlp.json"))}

SHOWN = Shown(span=1800, scrape=1)

ALL = {"endpoint": ".*", "selector": ".*", "series": ".*"}

ODD = """/posts/{id}'s "best"? (a|b)* 50\\% $1"""
"""A name with everything that means something to somebody."""

LOCUSTFILE = f"""
    import locust.runners
    from locust import FastHttpUser, constant, task
    from time import sleep
    import locust_ext
    from locust_ext import ReconnectStormUser

    locust.runners.CPU_MONITOR_INTERVAL = 1.0
    locust_ext.install()

    class Shop(ReconnectStormUser, FastHttpUser):
        wait_time = constant(0.1)

        @task(3)
        def feed(self):
            self.client.get("/communities/abc/posts?limit=20", name={ODD!r})

        @task
        def missing(self):
            sleep(0.3)
            self.client.get("/nothing", name="/nothing")

        @task
        def message(self):
            self.environment.events.request.fire(
                request_type="WS", name="/ticks", response_time=3.0, response_length=0, exception=None, context={{}}
            )
"""

EVERYTHING = """
    version: 1
    name: everything
    host: demo
    arrivals: {users: 4, max_users: 4}
    shape: spike
    shapes: {spike: {baseline_users: 10, factor: 5, warmup: 4s, climb: 1s, hold: 6s, fall: 1s, recovery: 2s}}
    storm: {users: [Shop], phase: peak, at: 2s, drop: 50%, connect_path: /health}
    thresholds:
      http_req_duration: ["p(95)<5000", "p(99)<5000"]
      http_req_failed: ["rate<0.01"]
    probes: {api: {url: "{host}/metrics", every: 1s}}
"""

NOTHING = """
    version: 1
    name: nothing
    host: demo
    shape: smoke
    shapes: {smoke: {users: 2, duration: 8s, ramp: 0s}}
"""

OTHER = """
    from locust import FastHttpUser, constant, task
    import locust_ext

    locust_ext.install()

    class Other(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def health(self):
            self.client.get("/health")
"""

EXPORTS = """
    export:
      prometheus: {{port: {port}, linger: 10s}}
      otlp: {{endpoint: "{url}", interval: 1s}}
"""


@dataclass(frozen=True)
class Fed:
    """A Prometheus that has seen both runs."""

    server: Prometheus
    summaries: Mapping[str, dict[str, Any]]
    """Of each run, by its name."""
    since: float
    until: float

    def ask(self, asked: Asked, chosen: Mapping[str, Any], moment: float | None = None) -> list[dict[str, Any]]:
        """Ask as Grafana does, and leave out what is not a number; ``moment``: when it is now, if not at the end."""
        query = interpolated(asked.query, replace(SHOWN, points=asked.points or SHOWN.points), chosen)
        if asked.at_once:
            found = [{**one, "values": [one["value"]]} for one in self.server.at(query, moment or self.until)]
        else:
            found = self.server.over(query, self.since, self.until, 1)
        kept = [
            {**one, "values": [value for value in one["values"] if not math.isnan(float(value[1]))]} for one in found
        ]
        return [one for one in kept if one["values"]]

    def panel(self, board: str, where: str, run: str, **chosen: Any) -> list[dict[str, Any]]:
        """Ask what one panel asks, of the run of a name."""
        asked = next(one for one in queries(BOARDS[board]) if one.where == where)
        return self.ask(asked, {**ALL, "run": self.summaries[run]["id"], **chosen})


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fed]:
    """Both runs, once."""
    place = tmp_path_factory.mktemp("runs")
    port = free_port()
    since = time.time()
    with prometheus(place / "prometheus", {"load test": [f"127.0.0.1:{port}"]}) as server:

        def write(handler: Any, body: bytes) -> None:
            handler.take(body)
            if handler.path.endswith("/v1/metrics"):
                write_on(server.url, receiver.received.figures[-1])

        with http_receiver(write) as receiver:
            exports = EXPORTS.format(port=port, url=receiver.url)
            summaries = {
                "everything": _run(place / "everything", LOCUSTFILE, EVERYTHING + exports, 99),
                "nothing": _run(place / "nothing", OTHER, NOTHING + exports, 0),
            }
        yield Fed(server, summaries, since, time.time())


def _run(place: Path, locustfile: str, configuration: str, code: int) -> dict[str, Any]:
    place.mkdir()
    (place / "test.py").write_text(textwrap.dedent(locustfile))
    (place / "test.yml").write_text(textwrap.dedent(configuration))
    master = str(free_port())
    words = ["-f", "test.py", "--headless", "--processes", "2", "--report-dir", "reports"]
    env = {**os.environ, "LOCUST_MASTER_BIND_PORT": master, "LOCUST_MASTER_NODE_PORT": master}
    command = [sys.executable, "-m", "locust", *words]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=place, env=env, text=True, start_new_session=True, **pipes)
    try:
        said, _ = process.communicate(timeout=90)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == code, said
    return json.loads((place / "reports" / "summary.json").read_text("utf-8"))  # type: ignore[no-any-return]


ASKED = [pytest.param(name, one, id=f"{name}: {one.where}") for name, board in BOARDS.items() for one in queries(board)]


@pytest.mark.parametrize("board, asked", ASKED)
def test_each_query_has_an_answer(fed, board, asked):
    """Of a run that has everything, and that is over; what is asked of this moment alone, while it lasted."""
    plans_users = asked.where == "Throughput and users D"  # arrivals do not
    run = fed.summaries["nothing" if plans_users else "everything"]
    ended = datetime.fromisoformat(run["started_at"]).timestamp() + run["duration_s"]
    assert fed.ask(asked, {**ALL, "run": run["id"]}, ended - 2 if asked.where.startswith("Failing now") else None)


ABSENT = {
    "Thresholds failed A",
    *(f"Thresholds {letter}" for letter in "ABCDE"),
    "Statuses over time A",
    *(f"$selector {letter}" for letter in "ABCD"),
    *(f"Arrivals and iterations {letter}" for letter in "ABC"),
    *(f"Storms {letter}" for letter in "AB"),
    "Lag D",  # of arrivals
    *(f"All chosen endpoints {letter}" for letter in "DEF"),  # of what is not HTTP
    "$series A",
    "marked: Storms",
    "Processor A",  # Locust looks every ten seconds
}
"""What a run does not have that has a target and a shape alone."""


@pytest.mark.parametrize("board", BOARDS)
def test_a_run_that_has_less_has_nothing_of_the_run_before_it(fed, board):
    """And all the rest."""
    chosen = {**ALL, "run": fed.summaries["nothing"]["id"]}
    asked = [one for one in queries(BOARDS[board]) if one.where != "Failing now A"]  # it may be over by now
    assert {one.where for one in asked if not fed.ask(one, chosen)} == ABSENT


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("run, code, word", [("everything", "99", "failed"), ("nothing", "0", "passed")])
def test_the_verdict_of_each_run_is_its_own(fed, board, run, code, word):
    """Though the next one has followed on the same port."""
    assert [one["value"][1] for one in fed.panel(board, "Exit code A", run)] == [code]
    assert [one["metric"] for one in fed.panel(board, "Verdict A", run)] == [{"verdict": word}]


@pytest.mark.parametrize("board", BOARDS)
def test_the_table_of_thresholds_is_that_of_the_report(fed, board):
    """Each with its status, its bound and its value, in seconds where it is a time."""
    found = {}
    for letter in "ABCDE":
        for one in fed.panel(board, f"Thresholds {letter}", "everything"):
            assert one["metric"].keys() == {"selector", "threshold", "window"}
            name = f"{one['metric']['selector']}: {one['metric']['threshold']}"
            found.setdefault(name, {})[letter] = float(one["value"][1])
    for outcome in fed.summaries["everything"]["outcomes"]:
        told = found.pop(f"{outcome['selector']}: {outcome['threshold']}")
        is_time = outcome["kind"] == "trend"
        assert told.keys() == ({"A", "B", "C"} if is_time else {"A", "D", "E"})
        assert told["A"] == ["passed", "inconclusive", "failed"].index(outcome["status"])
        assert told["B" if is_time else "D"] == pytest.approx(outcome["value"] * (0.001 if is_time else 1))
    assert found == {}


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("run", ["everything", "nothing"])
def test_totals_are_those_of_the_report(fed, board, run):
    """All requests, to the last one."""
    requests = sum(
        row["count"] for row in fed.summaries[run]["series"] if row["metric"] in ("http_req_duration", "req_duration")
    )
    (found,) = (float(one["value"][1]) for one in fed.panel(board, "Requests A", run))
    assert found == requests


@pytest.mark.parametrize("where", ["p95 of each endpoint A", "Share of failures A", "Endpoints over the whole run E"])
@pytest.mark.parametrize("board", BOARDS)
def test_endpoints_of_a_run_are_its_own(fed, board, where):
    """And each is called what it is called."""
    shown = {one["metric"]["url_template"] for one in fed.panel(board, where, "everything")}
    assert shown >= {ODD, "/nothing", "/ticks"}
    assert "/health" not in shown
    assert {one["metric"]["url_template"] for one in fed.panel(board, where, "nothing")} == {"/health"}


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("chosen", [ODD, "/nothing", [ODD, "/ticks"]], ids=str)
def test_an_endpoint_is_chosen_by_its_name(fed, board, chosen):
    """Whatever signs stand in it."""
    found = fed.panel(board, "Endpoints over the whole run A", "everything", endpoint=chosen)
    assert {one["metric"]["url_template"] for one in found} == ({chosen} if isinstance(chosen, str) else set(chosen))


def test_percentiles_are_those_of_the_report(fed):
    """What took three milliseconds each time did so to a bucket's width, and others lie where the report has them.

    Prometheus counts from the other end: of a hundred values it may take the next one.
    """
    for letter in "DEF":
        (found,) = fed.panel("pushed", f"Endpoints over the whole run {letter}", "everything", endpoint="/ticks")
        assert float(found["value"][1]) == pytest.approx(0.003, rel=0.011)
    (row,) = (row for row in fed.summaries["nothing"]["series"] if row["metric"] == "http_req_duration")
    for board in BOARDS:
        (found,) = fed.panel(board, "Endpoints over the whole run E", "nothing")
        assert float(found["value"][1]) * 1000 >= row["p50"] * 0.989
    (found,) = fed.panel("pushed", "Endpoints over the whole run E", "nothing")
    assert row["p90"] * 0.989 <= float(found["value"][1]) * 1000 <= row["p99"] * 1.011


@pytest.mark.parametrize("board", BOARDS)
def test_the_variables_find_what_is_there(fed, board):
    """Runs with the newest first, by when they began; endpoints, thresholds and probes by their names."""
    asked = asks(BOARDS[board])
    runs = fed.server.at(_inner(asked["run"], "query_result"), fed.until)
    told = {one["metric"]["chosen"]: one["metric"]["told"] for one in runs}
    for name, summary in fed.summaries.items():
        assert told[summary["id"]] == f"{summary['started_at']} {name}"
    found = {}
    for name in ("endpoint", "selector", "series"):
        selector, _, label = _inner(asked[name], "label_values", fed.summaries["everything"]["id"]).rpartition(", ")
        found[name] = set(fed.server.labels(label, selector))
    assert found["endpoint"] >= {ODD, "/nothing", "/ticks"}
    assert found["selector"] == {"http_req_duration", "http_req_failed"}
    assert "process_open_fds" in found["series"]


def _inner(query: str, function: str, run: str = "") -> str:
    assert query.startswith(f"{function}(")
    return interpolated(query[len(function) + 1 : -1], SHOWN, {"run": run})
