"""Real locust processes, real targets."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from locust_ext.demo.process import DemoTarget

from . import warm
from .doorman import Doorman

ROOT = Path(__file__).parents[2]
FEED = ROOT / "locustfiles" / "feed.py"
SHORT_SMOKE = ("--shape-params", "users=40,duration=14s,ramp=2s")
"""As many requests as a minute of the shipped smoke, in a quarter of the time."""

MINE = """
    from locust import HttpUser, constant, task
    from locust_ext import SmokeShape

    class Mine(SmokeShape):
        users = 7

    class One(HttpUser):
        wait_time = constant(1)

        @task
        def nothing(self):
            pass
"""
"""A locustfile with a shape in its code."""


_PORTS = itertools.chain.from_iterable(
    itertools.chain(range(place, 32000), range(12000, place))
    for place in itertools.repeat(Random().randrange(12000, 32000))
)
"""Round and round from a place of this process's own."""


class OneByOne(LoadScopeScheduling):
    """Hands out tests one by one, in their order; those of a module that makes something once stay together.

    The groups of xdist 3.8 would do, but pytest 9.2 keeps the names of tests where it does not find them.
    """

    @staticmethod
    @cache
    def _makes_once(file: str) -> bool:
        return 'scope="module"' in (ROOT / file).read_text("utf-8")

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if self._makes_once(file) else nodeid


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: whole modules, and tests that say so."""
    items.sort(key=lambda item: not (OneByOne._makes_once(item.nodeid.partition("::")[0]) or _is_slow(item)))


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOne | None:
    """Say how tests are handed out where ``--dist`` leaves it to modules."""
    return OneByOne(config, log) if config.getoption("dist") == "loadscope" else None


def rows(table: Collection[tuple[Any, ...]] | Mapping[str, Any], *each_time: str) -> list[Any]:
    """Return a table as parameters by their names; those that are not named here have the mark ``long``."""
    named = {name: (value,) for name, value in table.items()} if isinstance(table, Mapping) else {}
    named = named or {row[0]: row[1:] for row in table}
    assert named.keys() >= set(each_time), set(each_time) - named.keys()
    return [
        pytest.param(*values, id=name, marks=() if name in each_time else pytest.mark.long)
        for name, values in named.items()
    ]


@dataclass
class Finished:
    """A locust process that has ended."""

    code: int
    out: str
    err: str
    reports: Path

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.reports / "summary.json").read_text(encoding="utf-8"))

    @property
    def said(self) -> set[int]:
        """The exit codes that the summary and the last verdict on the console name."""
        written = {self.summary["exit_code"]} if (self.reports / "summary.json").exists() else set()
        return written | {
            int(code) for code in re.findall(r"^[A-Z]+: .*\(exit code (\d+),", self.out, re.MULTILINE)[-1:]
        }

    def count(self, metric: str, **tags: str) -> float:
        """The sum of a counter over the series that carry the tags."""
        return sum(
            row["value"]
            for row in self.summary["series"]
            if row["metric"] == metric and tags.items() <= row["tags"].items()
        )


@dataclass
class Locust:
    """A locust process under way."""

    process: subprocess.Popen[str]
    reports: Path
    log: list[str] = field(default_factory=list)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def workers(self) -> list[int]:
        """The ids of the processes that --processes forked."""
        children = subprocess.run(
            ["ps", "--ppid", str(self.process.pid), "-o", "pid=,args="], capture_output=True, text=True
        )
        rows = [line.split(None, 1) for line in children.stdout.splitlines()]
        return [int(pid) for pid, args in rows if "locust_ext.demo" not in args]

    def finish(self, timeout: float = 60) -> Finished:
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            out, err = self.process.communicate()
            pytest.fail(f"locust did not end within {timeout} s\n{out[-3000:]}\n{err[-5000:]}")
        run = Finished(self.process.returncode, out, err, self.reports)
        if run.code >= 0:  # nobody can speak for a process that was killed
            assert run.said in ({run.code}, set()), (
                f"{run.said} was said, {run.code} it is\n{out[-3000:]}\n{err[-5000:]}"
            )
        return run


def judged(reports: Path) -> dict[str, Any] | None:
    """Return the summary of a run that has ended; while one lasts it says "running"."""
    file = reports / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"verdict": "running"}
    return None if summary["verdict"] == "running" else summary


def free_port() -> int:
    """A port that nobody listens on: two runs at once must not meet at Locust's default.

    It lies below those that the system gives to whoever connects: between here and the run that listens, none is taken.
    """
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("it has no end")


def launch(
    module: str,
    *arguments: object,
    cwd: Path,
    env: dict[str, str],
    cold: bool = False,
    log: int | None = None,
    lag_limit: float = warm.PATIENT,
) -> subprocess.Popen[str]:
    """Start ``python -m module``, warm where that is the same, in a session of its own; ``log``: what it says to."""
    words = [str(argument) for argument in arguments]
    if not cold and not os.environ.get("LOCUST_EXT_TESTS_COLD") and warm.can_be_warm(cwd, env):
        preloads = warm.LIBRARIES if module == "locust_ext.cli" else warm.WITH_LOCUST
        return warm.begin(module, words, cwd, env, preloads, log=log, lag_limit=lag_limit)
    into = subprocess.PIPE if log is None else log
    pipes = {"stdin": subprocess.DEVNULL, "stdout": into, "stderr": into}
    command = [sys.executable, "-m", module, *words]
    return subprocess.Popen(command, cwd=cwd, env=env, text=True, start_new_session=True, **pipes)


def command(
    *arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None, cold: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run ``locust-ext``."""
    process = launch("locust_ext.cli", *arguments, cwd=cwd or Path.cwd(), env={**os.environ, **(env or {})}, cold=cold)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Locust]]:
    """Start ``locust`` (or ``python -m locust_ext``) with a report directory."""
    started: list[Locust] = []
    numbers = itertools.count()  # several may start at once
    master_port = str(free_port())
    timed = request.node.get_closest_marker("timed")
    lag_limit = timed.kwargs.get("lag_limit", warm.TIMED) if timed else warm.PATIENT

    def begin(
        *arguments: object,
        env: dict[str, str] | None = None,
        stock: bool = True,
        report_dir: bool = True,
        cold: bool = request.node.get_closest_marker("cold") is not None,
    ) -> Locust:
        module = "locust" if stock else "locust_ext"
        reports = tmp_path / f"reports-{next(numbers)}"
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL", "LOAD_TEST"))
        }
        ports = {"LOCUST_MASTER_BIND_PORT": master_port, "LOCUST_MASTER_NODE_PORT": master_port}
        process = launch(
            *(module, *arguments, *(["--report-dir", str(reports)] if report_dir else [])),
            cwd=tmp_path,
            env={**clean, **ports, **(env or {})},
            cold=cold,
            lag_limit=lag_limit,
        )
        begun = Locust(process, reports)
        started.append(begun)
        return begun

    yield begin
    for locust in started:
        if locust.process.poll() is None:
            os.killpg(locust.process.pid, signal.SIGKILL)
            locust.process.communicate()


@pytest.fixture
def locust(start: Callable[..., Locust]) -> Callable[..., Finished]:
    """Run ``locust`` to its end."""

    def run(*arguments: object, timeout: float = 90, **options: Any) -> Finished:
        """Run it with the options of ``start``."""
        return start(*arguments, **options).finish(timeout)

    return run


@pytest.fixture
def doorman() -> Iterator[Callable[..., Doorman]]:
    """Start servers that keep a book."""
    started: list[Doorman] = []

    def begin(**options: Any) -> Doorman:
        started.append(Doorman(**options).start())
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a directory that is filled once for all processes of xdist: the first to come fills it, the others wait."""
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    place = base / name
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            half = base / f"{name}.half"
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            make(half)
            half.rename(place)
    return place


class WarmTarget(DemoTarget):
    """A demo target that is forked, as the runs are."""

    def start(self) -> WarmTarget:
        if os.environ.get("LOCUST_EXT_TESTS_COLD"):
            super().start()
            return self
        arguments, here = self._command[3:], {"cwd": ROOT, "env": dict(os.environ)}
        process = warm.begin("locust_ext.demo", arguments, **here, preloads=warm.LIBRARIES, holds_stdin=True)
        self._process, self._owner = process, os.getpid()
        said = process.stdout.readline()
        assert said.startswith("demo target on http"), said + process.communicate(timeout=10)[1]
        self._port = int(said.split()[3].rpartition(":")[2])
        return self

    def stop(self) -> None:
        process = self._process
        super().stop()
        if isinstance(process, warm.Warm):
            process.stdout.close()
            process.stderr.close()


@pytest.fixture
def target() -> Iterator[Callable[..., DemoTarget]]:
    """Start demo targets, each in a process of its own."""
    targets: list[DemoTarget] = []

    def begin(*faults: str) -> DemoTarget:
        targets.append(WarmTarget(faults).start())
        return targets[-1]

    yield begin
    for one in targets:
        one.stop()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a locustfile, or a configuration, and return its path."""

    def put(name: str, text: str) -> Path:
        file = tmp_path / name
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    return put


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """Return what ``condition`` gives as soon as it is true; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"{what} did not happen within {seconds} s")
