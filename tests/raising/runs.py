"""Real runs, each with one part of ours made to raise, and what came out of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.integration.conftest import free_port
from tests.integration.ledger import Ledger

LONGEST = 60.0
"""Seconds that a run has; those that go well take about six, on an idle machine."""

CAP = 40
"""Requests a second, in each run."""

SCENARIOS = {
    "closed": """
        shape: smoke
        shapes: {smoke: {users: 6, duration: 4s, ramp: 0.5s}}
        storm: {users: [Quick], at: 2.5s, drop: 50%, outage: 100ms, lasts: 0.5s, recovery: 0.5s}
        """,
    "broken off": "",
    "killed": """
        shape: smoke
        shapes: {smoke: {users: 4, duration: 9s, ramp: 0.5s}}
        """,
    "leaving": """
        shape: smoke
        shapes: {smoke: {users: 4, duration: 9s, ramp: 0.5s}}
        """,
    "falling": """
        shape: stages
        shapes: {stages: {stages: [{target: 6, duration: 1s}, {target: 1, duration: 3s}]}}
        """,
    "raising": """
        shape: smoke
        shapes: {smoke: {users: 4, duration: 3s, ramp: 0.5s}}
        """,
    "stress": """
        shape: stress
        shapes: {stress: {start_users: 4, step_users: 2, step: 1s, max_users: 6, probes: 1}}
        """,
    "open": "arrivals: {rate: 20/s, duration: 3s, users: 4, max_users: 8}",
    "stampede": "stampede: {at: 1.5s, every: 1s, times: 1, life: 0.5s}",
    "probed": """
        shape: smoke
        shapes: {smoke: {users: 4, duration: 3s, ramp: 0.5s}}
        probes: {one: {process: {pid: 1}, every: 500ms}}
        """,
    "fed": """
        shape: smoke
        shapes: {smoke: {users: 4, duration: 3s, ramp: 0.5s}}
        """,
    "production": """
        shape: smoke
        shapes: {smoke: {users: 4, duration: 3s, ramp: 0.5s}}
        safety:
          rate_cap: 40/s
          kill_switch: {file: allowed}
          abort: {ack: false, alarm: {url: "ALARM", every: 1s}}
          production:
            {hosts: ["localhost"], go_ahead_for: ["localhost"], staging: [], window: "WINDOW", on_call: Ada, dashboard: "http://127.0.0.1/d",
             announcement: "https://127.0.0.1/a"}
        """,
}
"""By name: what its configuration adds to the common one."""

WHERE = {
    "broken off": ("the end of the run",),
    "killed": ("locust_ext.kill",),
    "leaving": ("the end of the process",),
    "falling": ("the watch over users that leave",),
    "raising": ("user_error",),
    "stress": ("the search for the limit",),
    "open": ("the division of the arrivals", "the pacer of arrivals", "the report on arrivals", "locust_ext.presence",
             "locust_ext.share"),
    "stampede": ("the rounds of the stampede", "the release of a stampede", "locust_ext.release"),
    "probed": ("the probes of the target",),
    "fed": ("the asking for rows", "the lending of rows", "the rows that code makes", "locust_ext.feeder_ask",
            "locust_ext.feeder_rows"),
    "production": ("the look at the alarm", "the watch over the window"),
}  # fmt: skip
"""Parts that take no part in the closed run."""

LOCUSTFILE = """
import injected
import pathlib

import locust_ext
from locust import FastHttpUser, constant, task
from locust_ext import CacheStampedeUser

locust_ext.install()
{rows}

class Quick({bases}FastHttpUser):
    wait_time = constant(0.05)

    @task
    def feed(self):
        {does}
"""
ROWS = """
def made():
    yield from ({"number": str(number)} for number in range(100_000))


ROWS = locust_ext.Feeder("rows", rows=made)
"""
DOES = {
    "stampede": 'self.client.get("/hot/" + self.cold_key())',
    "killed": 'self.client.get("/feed"); pathlib.Path("allowed").unlink(missing_ok=True)',
    "leaving": 'self.client.get("/feed"); raise SystemExit(3)',
    "fed": 'with ROWS.row() as row: self.client.get("/feed?" + row["number"])',
    "raising": 'self.client.get("/feed"); raise ValueError("theirs")',
}
"""What a user does that does not just read the feed."""

COMMON = """
thresholds: {http_req_failed: ["rate<0.9"], http_req_duration: ["p(95)<20000"]BREAKS}
tenant: {header: x-synthetic-tenant, value: "true", lifetime: 2s}
"""
BREAKS = ', http_reqs: [{threshold: "count<9", abort_on_fail: true}]'
LOCKS = "safety: {rate_cap: 40/s, kill_switch: {file: allowed}}\n"


@dataclass
class Came:
    """What came out of one run."""

    part: str
    place: str
    code: int
    log: str
    summary: dict[str, Any]
    most: float
    at_most: float
    unmarked: int
    requests: int

    @property
    def raised(self) -> bool:
        """Whether the part had an opportunity to raise."""
        return f"raised: {self.part}" in self.log

    @property
    def problems(self) -> list[str]:
        """What is wrong, by the two laws: never 0, and no request without cap and mark; and it is said."""
        found = []
        if self.raised and self.code == 0:
            found.append("it passed")
        if self.unmarked:
            found.append(f"{self.unmarked} of {self.requests} requests without a mark")
        if self.most > self.at_most:
            found.append(f"{self.most} requests in one second, at most {self.at_most:.1f}")
        if "Traceback" in self.log and "theirs" not in self.log:
            found.append("a traceback")
        if self.raised and self.code != 0 and "this part was made to raise" not in self.log:
            found.append("nobody said what raised")
        return found

    def __str__(self) -> str:
        verdict = self.summary.get("reason", "no summary")
        return f"{self.part} in {self.place}: {self.code}, {self.requests} requests; {verdict}"


def scenario_of(part: str) -> str:
    """Return the name of the run in which a part has something to do."""
    return next((name for name, parts in WHERE.items() if part in parts), "closed")


def run(part: str, place: str, directory: Path) -> Came:
    """Make one run in which ``part`` raises: in a ``local`` process, or in a ``master`` or its ``worker``."""
    directory.mkdir(parents=True)
    name = scenario_of(part)
    more = SCENARIOS[name]
    now = datetime.now(UTC)
    window = f"{now - timedelta(hours=1):%Y-%m-%d %H:%M}/{now + timedelta(hours=1):%Y-%m-%d %H:%M} UTC"
    ledger = Ledger(seconds=0.5 if name == "falling" else 0.0)
    config = COMMON + "\n".join(line.removeprefix("        ") for line in more.splitlines())
    config += "\n" + ("" if name == "production" else LOCKS)
    config = (
        config.replace("BREAKS", BREAKS if name == "broken off" else "")
        .replace("ALARM", f"{ledger.url}/alarm")
        .replace("WINDOW", window)
    )
    bases = "CacheStampedeUser, " if name == "stampede" else ""
    does = DOES.get(name, 'self.client.get("/feed")')
    rows = ROWS if name == "fed" else ""
    (directory / "run.py").write_text(LOCUSTFILE.format(bases=bases, does=does, rows=rows), encoding="utf-8")
    (directory / "run.yml").write_text(config, encoding="utf-8")
    (directory / "allowed").touch()
    host = f"http://localhost:{ledger.port}" if name == "production" else ledger.url
    arguments = ["--headless", "-H", host, "--report-dir", "reports"]
    arguments += [] if place == "local" else ["--processes", "1"]
    arguments += ["-u", "4", "-r", "4", "-t", "4s"] if name in ("stampede", "broken off") else []
    port = str(free_port())
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL", "LOAD_TEST"))
    }
    environment = {
        **clean,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        "LOCUST_MASTER_BIND_PORT": port,
        "LOCUST_MASTER_NODE_PORT": port,
        "LOAD_TEST_KEY": "k1:0123456789abcdef0123456789abcdef",
        "RAISES": part,
        "RAISES_IN": place,
    }
    command = [sys.executable, "-m", "locust", "-f", "run.py", *arguments]
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            log, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            log, _ = process.communicate()
            log += "\nit did not end"
    ledger.stop()
    file = directory / "reports" / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    users = [headers for path, headers in ledger.seen if path.startswith(("/feed", "/hot"))]
    return Came(
        part,
        place,
        process.returncode,
        log,
        summary,
        ledger.most_in(1.0),
        ledger.at_most(CAP),
        sum("x-synthetic-tenant" not in headers for headers in users),
        len(users),
    )
