"""Plays one cell of the table: starts it, waits for its moment, stops it, looks for how long anything comes.

Law: a moment that was missed (the machine was too slow, or too fast) is tried again, never taken for another one.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.stage import Stage, Start, free_port, read_summary, stage
from tests.stops.cells import TIMED, UNBEGUN, Cell
from tests.stops.laws import CAP, Played

HERE = Path(__file__).parent
LOOK = 0.05
PATIENCE = 60.0
"""Seconds in which a process begins, or ends, or a moment comes."""
WATCHED = 4.5
"""Seconds after a stop in which it is looked at what still comes, where the process goes on."""
TRIES = 3
DISTURBED = r"did not answer within|no lease from the master"
"""What is said where the machine stood still for seconds, before anything was stopped."""
STALLED = r"did not answer within"
"""The same, whenever: a file that is not read in time stops a run as well as what was to stop it."""
LONG = 90
"""Seconds of a run that is stopped before."""
SLOW_USERS = 4


class MissedError(Exception):
    """The moment was over before the stop came, or never came."""


@dataclass
class Load:
    """How many users a moment needs, and for how long."""

    users: int
    rate: int
    time: int = LONG
    stages: list[dict[str, Any]] = field(default_factory=list)


def load_of(cell: Cell) -> Load:
    """Return the load that has the cell's moment in it; where time is the stop, it is over in that moment."""
    timed = cell.stop in TIMED
    if cell.moment == "ramping-up":
        return Load(60, 4, 5 if timed else LONG)
    if cell.moment == "ramping-down":
        down = {"target": 15, "duration": "2s"} if timed else {"target": 2, "duration": "15s"}
        return Load(30, 30, LONG, [{"target": 30, "duration": "1s"}, {"target": 30, "duration": "2s"}, down])
    if cell.moment == "ending":
        return Load(30, 30, 6 if timed else 4)
    return Load(30, 30, 5 if timed else LONG)


def config_of(cell: Cell, flag: Path, load: Load) -> dict[str, Any]:
    """Return the configuration of a cell: all locks are on, whatever stops the run."""
    rule = {"threshold": "rate<0.05", "abort_on_fail": True, "window": "3s", "min_samples": 10}
    safety: dict[str, Any] = {"rate_cap": f"{CAP}/s", "kill_switch": {"file": str(flag)}}
    if cell.stop == "abort-rule":
        safety["abort"] = {"error_rate": "5%", "error_window": "3s", "min_requests": 10}
    return {
        "version": 1,
        "name": "stops",
        "graceful_stop": "10s",
        "thresholds": {"http_req_failed": [rule if cell.stop == "abort-on-fail" else "rate<0.99"]},
        "tenant": {"header": "x-synthetic-tenant", "value": "true"},
        "safety": safety,
        **({"shape": "stages", "shapes": {"stages": {"stages": load.stages}}} if load.stages else {}),
    }


class Scene:
    """One cell being played."""

    def __init__(self, cell: Cell, on: Stage) -> None:
        self.cell, self._stage, self.load = cell, on, load_of(cell)
        self._flag, self._reports = on.directory / "allowed", on.directory / "reports"
        _, port = on.helper(HERE / "ledger.py", cell.delay)
        self._target = f"http://127.0.0.1:{port}"
        self._master_port, self._web_port = free_port(), free_port()
        self._web = f"http://127.0.0.1:{self._web_port}"
        self._began = 0.0
        self._judge = self._start()
        self._workers: list[psutil.Process] = []

    def play(self) -> Played:
        """Let it happen, and return what came of it."""
        cell = self.cell
        if cell.moment == "waiting":
            self._wait_for(lambda: "reported as ready" in self.log, "a worker")
        elif cell.is_web and not cell.has_autostart:
            self._wait_for(lambda: self.said("Starting web interface") and self._is_up(), "the web UI")
            if cell.moment == "starting":
                self._hold_up()
            self._swarm()
        MOMENT[cell.moment](self)
        if self.said(DISTURBED):
            raise MissedError("the machine stood still")
        if cell.has_workers and cell.moment != "waiting":
            self._workers = psutil.Process(self._judge.pid).children()
        stopped_at = STOP[cell.stop](self)
        if cell.moment in UNBEGUN:
            time.sleep(0.3)
        if cell.moment == "waiting":
            self._start_worker("worker-2")
        elif cell.moment == "starting":
            self._workers[-1].resume()
        return self._watch(stopped_at)

    def _watch(self, stopped_at: float) -> Played:
        """Look at what comes after the stop, end the process where nobody else does, and read all books."""
        state = ""
        if not self.cell.ends_the_process:
            if self.cell.moment == "waiting":
                self._wait_for(lambda: self.log.count("reported as ready") > 1, "the second worker")
                stopped_for = time.monotonic()
            else:
                self._try_for(self._is_judged)
                stopped_for = stopped_at
            time.sleep(max(0.0, stopped_for + WATCHED - time.monotonic()))
            state = self._state()
            self._judge.send_signal(signal.SIGTERM)
        code = self._end(self._judge)
        left = psutil.wait_procs(self._workers, timeout=5)[1]
        for worker in left:
            worker.kill()
        book = requests.get(f"{self._target}/_book", timeout=30).json()
        return Played(
            cell=self.cell,
            code=code,
            summary=read_summary(self._reports),
            came=book["came"],
            unmarked=book["unmarked"],
            stalls=[(since, until) for since, until in book["stalls"]],
            stopped_at=stopped_at,
            log=self.log,
            state=state,
            left_over=[worker.pid for worker in left],
        )

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> int | None:
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return None

    # how it begins

    def _start(self) -> subprocess.Popen[str]:
        cell, load = self.cell, self.load
        self._flag.touch()
        configuration = self._stage.directory / "stops.json.yml"
        configuration.write_text(json.dumps(config_of(cell, self._flag, load)))
        arguments: list[object] = ["--loadtest", configuration, "-H", self._target, "--report-dir", self._reports]
        if not load.stages:
            arguments += ["-u", load.users, "-r", load.rate]
        if not load.stages and (not cell.is_web or cell.has_autostart):
            arguments += ["-t", load.time]
        arguments += ["--web-host", "127.0.0.1", "--web-port", self._web_port] if cell.is_web else ["--headless"]
        arguments += ["--autostart"] if cell.has_autostart else []
        arguments += ["--autoquit", 0] if cell.stop == "autoquit" else []
        if cell.moment == "waiting":
            arguments += ["--master", "--expect-workers", 2]
            self._start_worker("worker-1")
        elif cell.has_workers:
            arguments += ["--processes", 2]
        return self._locust("judge", *arguments)

    def _locust(self, name: str, *arguments: object) -> subprocess.Popen[str]:
        port = str(self._master_port)
        slow = SLOW_USERS if self.cell.moment == "ending" else 0
        ports = {"LOCUST_MASTER_BIND_PORT": port, "LOCUST_MASTER_NODE_PORT": port, "STOPS_SLOW": str(slow)}
        return self._stage.locust(name, "-f", HERE / "plan.py", *arguments, env=ports)

    def _start_worker(self, name: str) -> None:
        process = self._locust(name, "--worker", "--master-host", "127.0.0.1")
        if name == "worker-1":
            self.first_worker = process

    def _swarm(self) -> None:
        form = {"user_count": self.load.users, "spawn_rate": self.load.rate, "host": self._target}
        if not self.load.stages:
            form["run_time"] = f"{self.load.time}s"
        told = requests.post(f"{self._web}/swarm", data=form, timeout=PATIENCE).json()
        if not told.get("success"):
            raise MissedError(f"the run did not begin: {told}")
        self._began = time.monotonic()

    def _hold_up(self) -> None:
        """Let a worker stand still, so that it follows no orders yet."""
        self._wait_for(lambda: self.said("2 workers connected"), "the workers")
        psutil.Process(self._judge.pid).children()[-1].suspend()

    # what is seen

    @property
    def log(self) -> str:
        """What all processes that share the judge's output have said."""
        return "".join(self._stage.logs().values())

    def _came(self) -> int:
        return len(requests.get(f"{self._target}/_book", timeout=30).json()["came"])

    def _is_up(self) -> bool:
        try:
            return requests.get(self._web, timeout=5).ok
        except requests.RequestException:
            return False

    def _state(self) -> str:
        try:
            return str(requests.get(f"{self._web}/stats/requests", timeout=10).json()["state"])
        except requests.RequestException:
            return "gone"

    def _is_judged(self) -> bool:
        return bool(read_summary(self._reports)) or self._judge.poll() is not None

    def _try_for(self, condition: Callable[[], Any]) -> bool:
        give_up = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > give_up:
                return False
            time.sleep(LOOK)
        return True

    def _wait_for(self, condition: Callable[[], Any], what: str) -> None:
        if not self._try_for(lambda: condition() or self._judge.poll() is not None) or self._judge.poll() is not None:
            raise MissedError(f"{what} did not come: {self.log[-1500:]}")

    def said(self, pattern: str) -> bool:
        """Tell whether any process has said what the pattern means."""
        return re.search(pattern, self.log) is not None

    # moments

    def ramping_up(self) -> None:
        """Some users are at work, most are to come."""
        self._wait_for(self._came, "the first request")
        if self.cell.stop not in TIMED:
            time.sleep(2)
            if self.said("All users spawned"):
                raise MissedError("the ramp was over")

    def steady(self) -> None:
        """All users are at work."""
        self._wait_for(lambda: self.said("All users spawned"), "the last user")
        if self.cell.stop not in TIMED:
            time.sleep(1)

    def ramping_down(self) -> None:
        """Some users have gone, most of the others are to go."""
        self._wait_for(self._came, "the first request")
        if self.cell.stop not in TIMED:
            time.sleep(5)
            if self.said("Shape test stopping"):
                raise MissedError("the shape was over")

    def ending(self) -> None:
        """The run is over, and what it has begun is waited for."""
        if self.cell.stop in TIMED:
            self._wait_for(self._came, "the first request")
            time.sleep(3)
            if self.cell.is_web:
                threading.Thread(target=self._press_stop, daemon=True).start()
            else:
                self._judge.send_signal(signal.SIGTERM)
            if self.said("limit reached"):
                raise MissedError("the time was up")
        else:
            self._wait_for(lambda: self.said("waiting up to .* for .*request"), "the end")
            time.sleep(0.5)

    # stops

    def stop(self) -> float:
        """Press Stop on Locust's page, which answers when all has stopped."""
        began = time.monotonic()
        requests.post(f"{self._web}/stop", timeout=PATIENCE)
        return began

    def _press_stop(self) -> None:
        """Press Stop, and do not mind when the process ends before it has answered."""
        with suppress(requests.RequestException):
            self.stop()

    def stop_now(self) -> float:
        """Press our button, as a browser does: with what stands in the form."""
        with requests.Session() as browser:
            page = browser.get(f"{self._web}/locust-ext/safety", timeout=PATIENCE)
            form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
            began = time.monotonic()
            assert browser.post(page.url, data=form, timeout=PATIENCE).ok
        return began

    def send(self, number: signal.Signals) -> float:
        """Send a signal to the process that judges."""
        began = time.monotonic()
        self._judge.send_signal(number)
        return began

    def send_to_worker(self) -> float:
        """Send SIGUSR1 to one worker."""
        began = time.monotonic()
        worker = self.first_worker if self.cell.moment == "waiting" else self._workers[0]
        worker.send_signal(signal.SIGUSR1)
        return began

    def send_to_all(self) -> float:
        """Send SIGINT to all processes, as a terminal does."""
        began = time.monotonic()
        for process in (*self._workers, *(self._stage.processes if self.cell.moment == "waiting" else [self._judge])):
            process.send_signal(signal.SIGINT)
        return began

    def remove_flag(self) -> float:
        """Take the permission away."""
        began = time.monotonic()
        self._flag.unlink()
        return began

    def sicken(self) -> float:
        """Let the target fail, and wait for the rule that sees it."""
        requests.get(f"{self._target}/_sick", timeout=30)
        self._wait_for(lambda: self.said("ending the run"), "the rule")
        return time.monotonic()

    def run_out(self) -> float:
        """Wait until the time is over."""
        if self.cell.is_web and not self.cell.has_autostart and not self.load.stages:
            over = self._began + self.load.time
            time.sleep(max(0.0, over - time.monotonic()))
            return over
        self._try_for(
            lambda: self.said("limit reached|Shape test (stopping|completed)") or self._judge.poll() is not None
        )
        return time.monotonic()


MOMENT: dict[str, Callable[[Scene], None]] = {
    "waiting": lambda _: time.sleep(0.5),
    "starting": lambda _: time.sleep(0.5),
    "ramping-up": Scene.ramping_up,
    "steady": Scene.steady,
    "ramping-down": Scene.ramping_down,
    "ending": Scene.ending,
}
STOP: dict[str, Callable[[Scene], float]] = {
    "stop": Scene.stop,
    "stop-now": Scene.stop_now,
    "usr1": lambda scene: scene.send(signal.SIGUSR1),
    "usr1-worker": Scene.send_to_worker,
    "flag": Scene.remove_flag,
    "abort-rule": Scene.sicken,
    "abort-on-fail": Scene.sicken,
    "sigterm": lambda scene: scene.send(signal.SIGTERM),
    "sigint": lambda scene: scene.send(signal.SIGINT),
    "ctrl-c": Scene.send_to_all,
    "run-time": Scene.run_out,
    "autoquit": Scene.run_out,
}


def _undisturbed(one: Played) -> Played:
    if re.search(STALLED, one.log):
        raise MissedError("the machine stood still")
    return one


def play(cell: Cell, directory: Path, start: Start | None = None) -> Played:
    """Play a cell; raises MissedError when its moment never came."""
    for number in range(1, TRIES + 1):
        with stage(directory / str(number), start) as on:
            try:
                return _undisturbed(Scene(cell, on).play())
            except (MissedError, requests.RequestException, psutil.Error) as error:
                if number == TRIES:
                    raise MissedError(str(error)) from error
    raise AssertionError("unreachable")
