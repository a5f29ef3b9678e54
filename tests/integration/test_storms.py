"""Reconnect storms: real locust processes, real sockets, and a server that keeps a book."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from tests.integration.conftest import FEED, ROOT, Finished, Locust, made_once, wait_until
from tests.integration.doorman import Doorman, certify

WEB_SOCKET = """
    from locust import constant, task
    import locust_ext
    from locust_ext import ReconnectStormUser, WebSocketUser
    locust_ext.install()

    class Watcher(ReconnectStormUser, WebSocketUser):
        path = "/ticks"
        wait_time = constant(0)

        @task
        def tick(self):
            self.recv()
"""

HTTP = """
    from locust import constant, task, FastHttpUser, HttpUser
    from locust_ext import LeanHttpUser
    import locust_ext
    locust_ext.install()

    class Watcher({base}):
        wait_time = constant(0.05)

        @task
        def look(self):
            self.client.get("/", name="look")
"""

OWN = """
    import socket
    from locust import User, constant, task
    import locust_ext
    locust_ext.install()

    class Watcher(User):
        wait_time = constant(0.05)

        def on_start(self):
            self.connect()

        def connect(self):
            port = int(self.environment.host.rpartition(":")[2])
            self.sock = socket.create_connection(("127.0.0.1", port))
            self.look()

        def disconnect(self):
            self.sock.close()

        def sockets(self):
            return [self.sock]

        @task
        def look(self):
            self.sock.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
            if not self.sock.recv(4096):
                raise ConnectionError("closed")
"""

TRANSPORTS = {
    "WebSocket": WEB_SOCKET,
    "HttpUser": HTTP.format(base="HttpUser"),
    "FastHttpUser": HTTP.format(base="FastHttpUser"),
    "LeanHttpUser": HTTP.format(base="LeanHttpUser"),
    "own connect()": OWN,
}
"""User classes; none but the first knows of storms: the configuration alone turns them into one."""

LADDER = [0.2, 0.4, 0.8, 0.5]


@pytest.fixture
def storm(locust: Callable[..., Finished], write: Callable[..., Path]) -> Callable[..., Finished]:
    """Run a locustfile of one class, Watcher, with a storm."""

    def run(
        text: str, host: str, storm: str, *arguments: object, users: int = 1, at: str = "3s", duration: str = "8s"
    ) -> Finished:
        file = write("watch.py", text)
        write(
            "watch.yml",
            f"""
            version: 1
            shape: smoke
            shapes: {{smoke: {{users: {users}, duration: {duration}, ramp: 1s}}}}
            storm: {{users: [Watcher], at: {at}, lasts: 2s, recovery: 1s, {storm}}}
            """,
        )
        return locust("-f", file, "--headless", "-H", host, *arguments)

    return run


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.timed
def test_attempts_reach_the_server_when_the_policy_says(
    transport: str, doorman: Callable[..., Doorman], storm: Callable[..., Finished]
):
    """Dropped, refused three times, accepted: the server's book shows the policy's waits, one after the other."""
    server = doorman(refuse=3)
    finished = storm(TRANSPORTS[transport], server.url, f"drop: 100%, backoff: {{client: table, delays: {LADDER}}}")
    dropped = server.went[0]
    times = [dropped, *(time for time in server.came if time > dropped)][: len(LADDER) + 1]
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert gaps == pytest.approx(LADDER, abs=0.06), finished.err[-3000:]
    assert finished.summary["findings"][0]["returned"] == 1, finished.out
    assert "Traceback" not in finished.err


@pytest.fixture
def certificate(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the certificate of 127.0.0.1 in one file with its key; websocket-client believes it."""
    both = made_once(tmp_path_factory, "storms-certificate", certify) / "both"
    monkeypatch.setenv("WEBSOCKET_CLIENT_CA_BUNDLE", str(both))
    return both


@pytest.mark.timed
@pytest.mark.parametrize(
    "client",
    [
        "HttpUser",
        pytest.param("LeanHttpUser", marks=pytest.mark.long),
        pytest.param("FastHttpUser", marks=pytest.mark.long),
        pytest.param("WebSocket", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("cause", ["reset", pytest.param("close", marks=pytest.mark.long)])
def test_connections_over_tls_drop_and_come_back(
    client: str, cause: str, certificate: Path, doorman: Callable[..., Doorman], storm: Callable[..., Finished]
):
    """All of them at once, as the server saw it; one that is turned away comes once more, and shakes hands again."""
    server = doorman(refuse=1, certificate=certificate)
    believes = (
        f"def on_start(self):\n            self.client.verify = {str(certificate)!r}\n\n        @task\n        def look"
    )
    text = TRANSPORTS[client].replace("@task\n        def look", believes)
    policy = f"drop: 100%, cause: {cause}, backoff: {{client: constant, delay: 0.3}}"
    finished = storm(text, server.url, policy, users=4)
    assert finished.summary["findings"], finished.out + finished.err
    figures = finished.summary["findings"][0]
    assert (figures["dropped"], figures["returned"], figures["never_back"]) == (4, 4, 0), finished.out
    dropped = sorted(server.went)[:4]
    assert dropped[-1] - dropped[0] <= 0.25, server
    assert [time > dropped[0] for time in sorted(server.came)] == [False] * 4 + [True] * 5
    assert "Traceback" not in finished.err


@pytest.mark.slow
@pytest.mark.timed
def test_thirty_per_cent_of_200_users_on_two_workers_are_60(
    doorman: Callable[..., Doorman], storm: Callable[..., Finished]
):
    """All 60 are gone within 100 ms, as the server saw it, and all 60 come back."""
    server = doorman()
    policy = "backoff: {client: constant, delay: 1.0, jitter: 0.5}"
    finished = storm(
        WEB_SOCKET, server.url, f"drop: 30%, {policy}", "--processes", 2, users=200, at="3s", duration="9s"
    )
    figures = finished.summary["findings"][0]
    assert (figures["dropped"], figures["returned"], figures["never_back"]) == (60, 60, 0), finished.out
    dropped = sorted(server.went)[:60]
    assert dropped[-1] - dropped[0] <= 0.1
    assert len(server.came) == 260
    users = [row["max"] for row in finished.summary["series"] if row["metric"] == "vus"]
    assert max(users) == 200


@pytest.mark.timed
def test_a_half_open_connection_is_noticed_by_the_heartbeat(
    doorman: Callable[..., Doorman], storm: Callable[..., Finished]
):
    """The server hears nothing: the client is back before the old connection ends, once its heartbeat has failed."""
    server = doorman()
    finished = storm(
        WEB_SOCKET,
        server.url,
        "drop: 100%, cause: half_open, detect: 500ms, backoff: {client: constant, delay: 0.3}",
    )
    assert server.went[0] > server.came[1]
    back = next(row for row in finished.summary["series"] if row["metric"] == "reconnect_time")
    assert back["p50"] == pytest.approx(800, abs=80)


def test_a_server_that_asks_to_stay_away_for_a_day_loses_nobody(
    doorman: Callable[..., Doorman], storm: Callable[..., Finished]
):
    """The hint is counted, the wait is bounded by the run, the user counts as never back, and nothing hangs."""
    server = doorman(refuse=1000, status=503, headers="Retry-After: 86400\r\n")
    finished = storm(WEB_SOCKET, server.url, "drop: 100%, backoff: {client: constant}, server_hint: respect")
    assert finished.summary["findings"][0]["never_back"] == 1, finished.out
    assert finished.count("reconnect_hints") == 1


def test_a_policy_that_never_waits_is_bounded(doorman: Callable[..., Doorman], storm: Callable[..., Finished]):
    """Against a server that refuses, the attempt budget ends it; the user stays, and counts as never back."""
    server = doorman(refuse=10_000)
    finished = storm(WEB_SOCKET, server.url, "drop: 100%, backoff: {client: none}, max_attempts: 50")
    assert len(server.came) == 1 + 50
    assert finished.summary["findings"][0]["never_back"] == 1, finished.out


SHORT_BELL = ("--shape-params", "pre_open=3s,bell=2s,surge=19s,half_life=0.5s,plateau=1s,cooldown=1s")
"""The shipped market-open, in half a minute."""


@pytest.mark.parametrize(
    ("fault", "code", "failing"),
    [
        pytest.param((), 0, "", id="healthy", marks=pytest.mark.long),
        pytest.param(("reconnect",), 99, "reconnect_time", id="handshakes queue", marks=pytest.mark.long),
        pytest.param(("slow-fanout",), 99, "message_age", id="ticks to many are late", marks=pytest.mark.long),
    ],
)
@pytest.mark.slow
@pytest.mark.timed
def test_the_ticks_scenario(
    fault: tuple[str, ...], code: int, failing: str, target: Any, locust: Callable[..., Finished]
):
    """The shipped scenario tells a healthy target from a sick one, and by what, also when rehearsed shorter."""
    url = target(*fault).url
    finished = locust(
        "-f", ROOT / "locustfiles" / "ticks.py", "--headless", "-H", url, *SHORT_BELL, "--processes", 2, timeout=80
    )
    assert finished.code == code, finished.out[-3000:]
    failed = {row["metric"] for row in finished.summary["outcomes"] if row["status"] == "failed"}
    assert failed == ({failing} if failing else set())


@pytest.mark.parametrize(
    "processes",
    [pytest.param((), id="one process", marks=pytest.mark.long), pytest.param(("--processes", 2), id="two workers")],
)
@pytest.mark.slow
def test_ticks_that_freeze_after_the_storm_never_pass(
    processes: tuple[object, ...], target: Any, start: Callable[..., Locust], write: Callable[..., Path]
):
    """Most are back and nobody gets a tick any more: all figures of what came are perfect, and the run is not."""
    shipped = yaml.safe_load((ROOT / "locustfiles" / "ticks.yml").read_text(encoding="utf-8"))
    shipped["shape"], shipped["shapes"] = "smoke", {"smoke": {"users": 80, "ramp": "1s", "duration": "11s"}}
    shipped["storm"] |= {"at": "3s", "lasts": "2s", "recovery": "1s"}
    del shipped["storm"]["phase"]
    config = write("frozen.yml", yaml.safe_dump(shipped))
    demo = target()
    run = start("-f", ROOT / "locustfiles" / "ticks.py", "--headless", "--loadtest", config, "-H", demo.url, *processes)
    wait_until(lambda: _connects(demo.url) >= 80 + 12, "the return of most", 40)
    os.kill(demo.pid, signal.SIGSTOP)
    finished = run.finish()
    os.kill(demo.pid, signal.SIGCONT)
    age = next(row for row in finished.summary["outcomes"] if row["metric"] == "message_age")
    assert (finished.code, age["status"]) == (99, "failed"), finished.out[-3000:]
    assert "messages were still open" in finished.out


def _connects(url: str) -> float:
    with urlopen(f"{url}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("app_ws_connects_total"))


@pytest.mark.slow
def test_the_feeds_users_storm_by_configuration_alone(
    write: Callable[..., Path], target: Any, locust: Callable[..., Finished]
):
    """The shipped feed, untouched: its users drop, and come back over two workers."""
    config = write(
        "storm.yml",
        """
        version: 1
        shape: smoke
        shapes: {smoke: {users: 40, duration: 12s, ramp: 1s}}
        storm: {users: [FeedUser], at: 4s, drop: 30%, cause: close, lasts: 4s, recovery: 2s, connect_path: /health}
        thresholds:
          reconnects_failed{phase:storm}: ["rate<0.01"]
          http_req_failed{phase:recovery}: ["rate<0.01"]
          http_req_failed: ["rate<0.1"]
        """,
    )
    finished = locust("-f", FEED, "--headless", "--loadtest", config, "-H", target().url, "--processes", 2)
    assert finished.code == 0, finished.out[-3000:]
    storm = finished.summary["findings"][0]
    assert (storm["dropped"], storm["returned"]) == (12, 12)
    assert [phase["name"] for phase in finished.summary["phases"]][-3:-1] == ["storm", "recovery"]
