"""Locustfiles that were there before us stay what they were: each row beside bare Locust, by its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from locust_ext.cli import AUTOLOAD

from .conftest import rows

pytestmark = pytest.mark.cold  # the order of imports is what some of them are about

SERVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET
    log_message = lambda *_: None

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""

BEGINS = """
    import os, signal, socket
    from argparse import ArgumentParser
    from locust import HttpUser, LoadTestShape, constant, events, task
    from locust.exception import RescheduleTask
"""

READER = """
    class Reader(HttpUser):
        wait_time = constant(0.3)

        @task
        def read(self):
            self.client.get("/page")
"""

OWN_OPTIONS = """
    @events.init_command_line_parser.add_listener
    def ours(parser):
        for name in ("user", "log", "load", "time", "base", "report"):
            parser.add_argument(f"--{name}", default="")

    @events.test_start.add_listener
    def look(environment, **_):
        options = environment.parsed_options
        if (options.user, options.log, options.time) != ("bob", "x", "morning"):
            environment.process_exit_code = 3
            environment.runner.quit()
"""

SAME_NAMES = """
    @events.init_command_line_parser.add_listener
    def ours(parser):
        parser.add_argument("--shape", default="steps", choices=["steps", "flat"])
        parser.add_argument_group("ours").add_argument("--report-dir", default="")

    class Reader(HttpUser):
        wait_time = constant(0.3)

        @task
        def read(self):
            assert self.environment.parsed_options.shape == "flat"
            self.client.get("/" + self.environment.parsed_options.report_dir)
"""

EAGER = """
    @events.init_command_line_parser.add_listener
    def eager(parser):
        print(parser.parse_args().headless, parser.parse_known_args()[0].run_time)
"""

TWO_CLASSES = """
    class Local(HttpUser):
        host = "http://127.0.0.1:PORT"
        wait_time = constant(0.3)

        @task
        def read(self):
            self.client.get("/page")

    class Remote(HttpUser):
        host = "https://api.shop.com"

        @task
        def read(self):
            self.client.get("/page")
"""

LOGS_IN = """
    known = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **named: known(
        "127.0.0.1" if host == "login.shop.com" else host, *rest, **named
    )

    class Reader(HttpUser):
        wait_time = constant(0.3)

        def on_start(self):
            while self.client.post("http://login.shop.com:PORT/token", name="token").status_code != 200:
                pass

        @task
        def read(self):
            self.client.get("/page")
"""

OWN_GATE = """
    @events.quitting.add_listener
    def gate(environment, **_):
        environment.process_exit_code = 1 if environment.stats.total.fail_ratio > 0.9 else 0

    class Reader(HttpUser):
        wait_time = constant(0.1)
        seen = 0

        @task
        def read(self):
            self.seen += 1
            with self.client.get("/page", catch_response=True) as answer:
                if self.seen == 2:
                    answer.failure("once")
"""

RESCHEDULES = """
    @events.init.add_listener
    def listen(environment, **_):
        @environment.events.request.add_listener
        def stop_early(exception, **_):
            if exception:
                raise RescheduleTask

    class Reader(HttpUser):
        wait_time = constant(0.1)

        @task
        def read(self):
            with self.client.get("/page", catch_response=True) as answer:
                answer.failure("always")
"""

ABSOLUTE = """
    class Reader(HttpUser):
        host = ""
        wait_time = constant(0.3)

        @task
        def read(self):
            self.client.get("http://127.0.0.1:PORT/page")
"""

OWN_SHAPE = """
    class Steps(LoadTestShape):
        def tick(self):
            return (2, 2) if self.get_run_time() < 1 else None
"""

OWN_SIGNAL = """
    told = []
    signal.signal(signal.SIGUSR1, lambda *_: told.append(1))

    @events.test_start.add_listener
    def tell(**_):
        os.kill(os.getpid(), signal.SIGUSR1)

    @events.quitting.add_listener
    def gate(environment, **_):
        environment.process_exit_code = 0 if told else 3
"""

FOREIGN = "users:\n  - {name: ann}\nhost: https://api.shop.com\n"
STRICT = "version: 1\nthresholds: {http_req_failed: ['rate<0.01']}\n"


@dataclass(frozen=True)
class Row:
    """A locustfile, what it is run with, and what is expected where that is not the same as of bare Locust."""

    text: str
    arguments: tuple[str, ...] = ()
    code: int | None = None
    said: str = ""
    name: str = "theirs.py"
    host: bool = True
    yaml: str = ""


OWN = ("--user", "bob", "--log", "x", "--load", "heavy", "--time", "morning", "--base", "/v1", "--report", "out.txt")
SAME = ("--shape", "flat", "--report-dir", "page")
ROWS = {
    "plain": Row(READER),
    "options whose names begin like ours": Row(OWN_OPTIONS + READER, OWN),
    "options with our very names": Row(SAME_NAMES, SAME, said="--locust-ext-shape"),
    "a listener that parses": Row(EAGER + READER),
    "one class of two": Row(TWO_CLASSES, ("Local",), host=False),
    "a list": Row(TWO_CLASSES, ("--list",), host=False),
    "a task ratio": Row(TWO_CLASSES, ("--show-task-ratio-json",), host=False),
    "a login that the guard blocks": Row(LOGS_IN, code=1, said="http://login.shop.com"),
    "a gate of its own": Row(OWN_GATE),
    "absolute URLs": Row(ABSOLUTE, host=False),
    "a shape of its own": Row(OWN_SHAPE + READER),
    "a signal of its own": Row(OWN_SIGNAL + READER, said="SIGUSR1"),
    "a YAML of its own": Row(READER, yaml=FOREIGN),
    "a file called locust.py": Row(READER, name="locust.py"),
    "functions of pytest": Row("def test_page(session):\n    session.get('/page')\n"),
}


EACH_TIME = (
    *("plain", "options whose names begin like ours", "options with our very names", "one class of two"),
    *("a login that the guard blocks", "a gate of its own", "a signal of its own", "functions of pytest"),
)
"""Those that each pull request runs; ``nox -s long`` runs all."""


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    """The port of a server that answers every path with 200."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def command(row: Row, port: str, file: Path) -> list[str]:
    """What a row is run with."""
    host = ["-H", f"http://127.0.0.1:{port}"] if row.host else []
    return ["-f", str(file), "--headless", "-u", "2", "-r", "2", "-t", "1s", *host, *row.arguments]


def put(row: Row, port: str, write) -> Path:
    """Write a row's files."""
    text = row.text if row.text.startswith("def") else BEGINS + row.text
    file = write(row.name, text.replace("PORT", port))
    if row.yaml:
        write(f"{Path(row.name).stem}.yml", row.yaml)
    return file


@pytest.mark.parametrize("row", rows(ROWS, *EACH_TIME))
def test_as_without_us(start, write, port, row):
    """It ends as with bare Locust, by itself and with the same code, but where the row says why not."""
    arguments = command(row, port, put(row, port, write))
    ours, bare = start(*arguments, stock=False, report_dir=False), None
    if row.code is None and row.name != "locust.py":  # python -m locust would take that for Locust
        bare = start(*arguments, report_dir=False, cold=False)
    finished = ours.finish(40)
    expected = row.code if row.code is not None else bare.finish(40).code if bare else 0
    assert finished.code == expected, finished.out + finished.err
    assert row.said in finished.out + finished.err
    assert "Traceback" not in finished.err


def test_json_stays_json(start, write, port):
    """What Locust writes to standard output for programs has nothing of ours in it; the verdict is beside it."""
    row = Row(READER, ("--json",))
    finished = start(*command(row, port, put(row, port, write)), stock=False, report_dir=False).finish(40)
    assert json.loads(finished.out)[0]["name"] == "/page"
    assert finished.err.count("(exit code 0") >= 1
    assert "PASSED" in finished.err


WAYS = {
    "as a module": ("{file}", False),
    "as the second file": (f"{{file}},{AUTOLOAD}", True),
    "as the first file": (f"{AUTOLOAD},{{file}}", True),
}


EVERY_WAY = [
    *((f"a gate, {name}", OWN_GATE.replace("> 0.9", "> 2"), *way) for name, way in WAYS.items()),
    ("reschedules", RESCHEDULES, *WAYS["as the second file"]),
]


@pytest.mark.parametrize("text, way, stock", rows(EVERY_WAY, "a gate, as the second file"))
def test_thresholds_in_every_way(start, write, port, text, way, stock):
    """In whatever order we come in, a threshold that fails ends the run with 99."""
    row = Row(text, yaml=STRICT)
    file = put(row, port, write)
    arguments = command(row, port, Path("x"))
    arguments[1] = way.format(file=file)
    finished = start(*arguments, stock=stock, report_dir=False).finish(40)
    assert finished.code == 99, finished.out + finished.err
