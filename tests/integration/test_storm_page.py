"""A storm that a person starts, from the page beside Locust's web UI."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.integration.conftest import Locust, free_port, wait_until
from tests.integration.doorman import Doorman
from tests.integration.test_storms import WEB_SOCKET


@pytest.fixture
def server() -> Iterator[Doorman]:
    """A server that keeps a book."""
    server = Doorman().start()
    yield server
    server.stop()


def test_a_storm_from_the_page(server: Doorman, start: Callable[..., Locust], write: Callable[..., Path]):
    """Without a test it says so, with a wrong share it says so; else half of ten users drop, and come back."""
    write("watch.yml", "version: 1\nstorm: {backoff: {client: constant, delay: 0.3}, lasts: 2s, recovery: 1s}\n")
    port = free_port()
    file = write("watch.py", WEB_SOCKET)
    locust = start("-f", file, "--web-host", "127.0.0.1", "--web-port", port, "-H", server.url)
    page = f"http://127.0.0.1:{port}/locust-ext/storm"

    def answers() -> bool:
        try:
            return requests.get(page, timeout=2).ok
        except requests.ConnectionError:
            return False

    def ask(drop: str) -> str:
        token = re.search(r'name="token" value="(\w+)"', requests.get(page, timeout=5).text)[1]
        return requests.post(page, {"drop": drop, "cause": "close", "token": token}, timeout=5).text

    wait_until(answers, "the page")
    assert "No test is running" in ask("50%")
    swarm = {"user_count": 10, "spawn_rate": 10, "host": server.url}
    assert requests.post(f"http://127.0.0.1:{port}/swarm", swarm, timeout=5).json()["success"]
    wait_until(lambda: server.inside == 10, "ten users")
    assert "is not a share" in ask("half")
    assert "drops 50% of the users" in ask("50%")
    wait_until(lambda: len(server.went) == 5, "five losses")
    wait_until(lambda: server.inside == 10, "their return")
    assert "A storm is under way" in ask("50%")
    locust.send(signal.SIGTERM)
    finished = locust.finish()
    assert (finished.summary["findings"][0]["dropped"], finished.summary["findings"][0]["returned"]) == (5, 5)
