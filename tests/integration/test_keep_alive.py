"""Connections are kept, however many there are, and what was opened is counted: real locust processes, real sockets."""

from __future__ import annotations

from collections.abc import Callable
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
    import gevent
    from locust import constant, task
    {client}
    {install}

    HELD, SHOWN_OUT_AFTER = {held}, {answers}
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(HELD, 900) + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    FILES = [os.open(os.devnull, os.O_RDONLY) for _ in range(HELD)]

    class One(Base):
        wait_time = constant(60)
        insecure = True

        def on_start(self):
            self.client.verify = False
            for number in range(1, 11):
                self.client.get("/")
                if number % SHOWN_OUT_AFTER == 0:
                    time.sleep(0.2)  # what is closed now is known before the next request
            gevent.spawn(self.environment.runner.quit)

        @task
        def rest(self):
            pass
"""
"""One user, ten requests, and the run ends; HELD descriptors are open before it comes."""

INSTALL = "import locust_ext; locust_ext.install()"


@pytest.fixture
def ten(locust: Callable[..., Finished], write: Callable[..., Path]) -> Callable[..., Finished]:
    """Run ten requests of one user."""

    def run(client: str, server: Doorman, held: int = 0, install: str = INSTALL, **options: Any) -> Finished:
        file = write("ten.py", TEN.format(client=CLIENTS[client], install=install, held=held, answers=server.answers))
        finished = locust("-f", file, "--headless", "-u", 1, "-t", "30s", "-H", server.url, **options)
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


BUSY = """
    from locust import constant, task
    {client}
    import locust_ext
    locust_ext.install()

    class One(Base):
        wait_time = constant(0.05)

        @task
        def look(self):
            self.client.get("/")
"""

SERVERS = [
    pytest.param({}, False, (), id="a server that keeps connections"),
    pytest.param({"answers": 1}, True, (), id="one that shows everybody out"),
    pytest.param({"answers": 1}, True, ("--processes", 2), id="with two workers", marks=pytest.mark.long),
    pytest.param({}, False, ("--processes", 2), id="two workers that keep them", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("options", "warns", "arguments"), SERVERS)
def test_a_run_says_that_connections_were_not_kept(
    options: dict[str, int],
    warns: bool,
    arguments: tuple[object, ...],
    doorman: Callable[..., Doorman],
    locust: Callable[..., Finished],
    write: Callable[..., Path],
):
    """On the console, in the page and in the summary; what the run is judged by stays as it was."""
    server, file = doorman(**options), write("busy.py", BUSY.format(client=CLIENTS["LeanHttpUser"]))
    run = locust("-f", file, "--headless", "-u", 4, "-r", 4, "-t", "3s", "-H", server.url, *arguments)
    assert (run.code, run.summary["verdict"]) == (0, "passed"), run.out + run.err
    page = (run.reports / "report.html").read_text("utf-8")
    sentence = "connections were not kept: "
    assert [sentence in text for text in (run.out, page, str(run.summary["warnings"]))] == [warns] * 3
    requests = run.count("http_reqs")
    share = len(server.came) / requests
    assert ("It opened 1.00 connections a request." in page) is warns, share
    assert run.count("connections_opened") == pytest.approx(requests if warns else 4, abs=4)


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
