"""Connections are kept, however many there are, and what was opened is counted: real locust processes, real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Finished, made_once
from tests.integration.doorman import Doorman, certify

CLIENTS = {
    "HttpUser": "from locust import HttpUser as Base",
    "FastHttpUser": "from locust import FastHttpUser as Base",
    "LeanHttpUser": "from locust_ext import LeanHttpUser as Base",
}

TEN = """
    import os, resource, time
    from locust import constant, task
    {client}
    {install}

    HELD = {held}
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(HELD, 900) + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    FILES = [os.open(os.devnull, os.O_RDONLY) for _ in range(HELD)]

    class One(Base):
        wait_time = constant(60)
        insecure = True

        def on_start(self):
            self.client.verify = False
            for _ in range(10):
                self.client.get("/")
                time.sleep(0.03)  # what is closed now is known before the next request

        @task
        def rest(self):
            pass
"""
"""One user, ten requests; HELD descriptors are open before it comes."""

INSTALL = "import locust_ext; locust_ext.install()"


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


@pytest.fixture
def ten(locust: Callable[..., Finished], write: Callable[..., Path]) -> Callable[..., Finished]:
    """Run ten requests of one user."""

    def run(client: str, server: Doorman, held: int = 0, install: str = INSTALL, **options: Any) -> Finished:
        file = write("ten.py", TEN.format(client=CLIENTS[client], install=install, held=held))
        finished = locust("-f", file, "--headless", "-u", 1, "-t", "1s", "-H", server.url, **options)
        assert "Traceback" not in finished.err, finished.err[-3000:]
        return finished

    return run


@pytest.mark.parametrize("client", CLIENTS)
def test_beyond_descriptor_1023_a_connection_is_kept(
    client: str, doorman: Callable[..., Doorman], ten: Callable[..., Finished]
):
    """Ten requests over one connection, though its number is one that select does not know."""
    server = doorman()
    finished = ten(client, server, held=1100)
    assert finished.count("http_reqs") == 10, finished.err[-3000:]
    assert finished.count("connections_opened") == len(server.came) == 1


def test_bare_locust_opens_one_for_each_request(doorman: Callable[..., Doorman], ten: Callable[..., Finished]):
    """What is mended is there to be mended: once this fails, our seam can go."""
    few, many = doorman(), doorman()
    ten("FastHttpUser", few, install="", report_dir=False)
    ten("FastHttpUser", many, held=1100, install="", report_dir=False)
    assert (len(few.came), len(many.came)) == (1, 10)


SERVED = [
    pytest.param({}, 1, id="kept", marks=pytest.mark.long),
    pytest.param({"answers": 3}, 4, id="shown out after three answers"),
    pytest.param({"answers": 1}, 10, id="shown out after each", marks=pytest.mark.long),
]


@pytest.mark.parametrize("is_secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(("options", "expected"), SERVED)
@pytest.mark.parametrize("client", CLIENTS)
def test_what_was_opened_is_what_the_server_saw(
    client: str,
    options: dict[str, int],
    expected: int,
    is_secure: bool,
    doorman: Callable[..., Doorman],
    ten: Callable[..., Finished],
    tmp_path_factory: pytest.TempPathFactory,
):
    """Also those that a client opens by itself, where the one that it kept was closed meanwhile."""
    certificate = made_once(tmp_path_factory, "keep-alive-certificate", certify) / "both" if is_secure else None
    server = doorman(certificate=certificate, **options)
    finished = ten(client, server)
    assert finished.count("http_reqs") == 10, finished.err[-3000:]
    assert finished.count("connections_opened") == len(server.came) == expected


def test_who_has_no_http_user_has_no_figure(locust: Callable[..., Finished], write: Callable[..., Path]):
    """Nothing was opened, and nothing could be: the summary has no such series, and the run says nothing of it."""
    file = write(
        "plain.py",
        """
        from locust import User, constant, task
        import locust_ext
        locust_ext.install()

        class One(User):
            wait_time = constant(0.1)

            @task
            def rest(self):
                self.environment.events.request.fire(
                    request_type="OWN", name="x", response_time=1, response_length=0, exception=None, context={}
                )
        """,
    )
    finished = locust("-f", file, "--headless", "-u", 1, "-t", "1s")
    assert [row for row in finished.summary["series"] if row["metric"] == "connections_opened"] == []
    assert "connection" not in finished.out + finished.err
