"""Sockets do not leak: who stops, who is dropped and who goes elsewhere leaves nothing open, as servers see it."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import Finished, Locust, wait_until
from tests.integration.doorman import Doorman
from tests.integration.test_keep_alive import CLIENTS

SOON = 2.0
"""Seconds within which a user that stopped must have closed what it had."""

TWO_HOSTS = """
    import time
    from pathlib import Path
    from locust import LoadTestShape, constant, task
    {client}
    import locust_ext
    locust_ext.install()

    class TenThenNone(LoadTestShape):
        def tick(self):
            at = self.get_run_time()
            return None if at > 5 else (10 if at < 1 else 0, 100)

    class One(Base):
        wait_time = constant(0.05)

        @task
        def look(self):
            self.client.get("/")
            self.client.get({other!r} + "/", name="other")

        def on_stop(self):
            with Path("stopped").open("a") as file:
                print(time.monotonic(), file=file)
"""


@pytest.mark.parametrize(
    "client",
    [
        "LeanHttpUser",
        pytest.param("FastHttpUser", marks=pytest.mark.long),
        pytest.param("HttpUser", marks=pytest.mark.long),
    ],
)
def test_users_that_stop_close_what_they_had(
    client: str,
    doorman: Callable[..., Doorman],
    start: Callable[..., Locust],
    write: Callable[..., Path],
):
    """While their process goes on: connections to both hosts are gone, at the server, two seconds later."""
    one, other = doorman(), doorman()
    file = write("two.py", TWO_HOSTS.format(client=CLIENTS[client], other=other.url))
    run = start("-f", file, "--headless", "-H", one.url)
    stopped = file.parent / "stopped"
    wait_until(lambda: stopped.exists() and len(stopped.read_text().split()) == 10, "the users' stop")
    last = max(map(float, stopped.read_text().split()))
    wait_until(lambda: time.monotonic() > last + SOON, "the time to close", seconds=SOON + 1)
    assert run.process.poll() is None, "it goes on"
    assert [(len(server.came), server.inside) for server in (one, other)] == [(10, 0), (10, 0)]
    run.finish()


STORM = """
    from locust import constant, task
    {client}
    import locust_ext
    locust_ext.install()

    class Watcher(Base):
        wait_time = constant(0.05)

        @task
        def look(self):
            self.client.get("/")
"""


@pytest.mark.parametrize("cause", ["reset", pytest.param("close", marks=pytest.mark.long)])
@pytest.mark.parametrize("client", ["LeanHttpUser", pytest.param("FastHttpUser", marks=pytest.mark.long)])
def test_a_storm_leaves_one_connection_a_user(
    client: str,
    cause: str,
    doorman: Callable[..., Doorman],
    start: Callable[..., Locust],
    write: Callable[..., Path],
):
    """Those that were dropped are gone, and so is what was turned away on the way back."""
    server = doorman(refuse=15)
    file = write("watch.py", STORM.format(client=CLIENTS[client]))
    write(
        "watch.yml",
        f"""
        version: 1
        shape: smoke
        shapes: {{smoke: {{users: 20, duration: 10s, ramp: 1s}}}}
        storm:
          {{users: [Watcher], at: 3s, lasts: 2s, recovery: 1s, drop: 100%, cause: {cause},
            backoff: {{client: constant, delay: 0.3}}}}
        """,
    )
    run = start("-f", file, "--headless", "-H", server.url)
    wait_until(lambda: len(server.went) >= 20, "the storm")
    wait_until(lambda: len(server.came) == 20 + 15 + 20, "the way back")
    opened = _connections(run.process.pid)
    assert (server.inside, len(server.went)) == (20, 20)
    assert opened == 20
    run.finish()


def _connections(pid: int) -> int:
    """Return how many TCP connections a process has to others."""
    sockets = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()}
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(f"socket:[{row[9]}]" in sockets for row in rows if row[3] == "01")


MANY = """
    from locust import constant, task
    {client}
    import locust_ext
    locust_ext.install()

    class One(Base):
        wait_time = constant(1)

        @task
        def look(self):
            self.client.get("/")
"""


@pytest.mark.long
@pytest.mark.timed
@pytest.mark.parametrize("client", ["LeanHttpUser", "FastHttpUser"])
def test_1500_users_open_1500_connections(
    client: str,
    doorman: Callable[..., Doorman],
    locust: Callable[..., Finished],
    write: Callable[..., Path],
):
    """In one process, for ten seconds; without us FastHttpUser opens one for each request beyond descriptor 1,023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if min(hard, 4096) > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))  # the server is in this process
    server, file = doorman(), write("many.py", MANY.format(client=CLIENTS[client]))
    run = locust("-f", file, "--headless", "-u", 1500, "-r", 500, "-t", "10s", "-H", server.url)
    assert run.code == 0, run.out + run.err[-3000:]
    print(client, len(server.came), "connections,", run.count("http_reqs"), "requests")
    assert run.count("http_reqs") > 5 * 1500
    assert len(server.came) <= 1510
    assert run.count("connections_opened") == len(server.came)
