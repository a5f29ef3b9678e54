"""What the server really received: the header on every request to it, and none of ours anywhere else."""

from __future__ import annotations

import threading
from base64 import b64encode
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Witness(ThreadingHTTPServer):
    """Remembers the path and headers of all it receives; /away redirects to ``elsewhere``; /ws is a handshake."""

    daemon_threads = True
    elsewhere = ""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), WitnessHandler)
        self.seen: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def headers(self, name):
        return [{key.lower(): value for key, value in headers.items()}.get(name.lower()) for _, headers in self.seen]


class WitnessHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        if self.headers.get("Upgrade") == "websocket":
            if self.path.startswith("/away"):
                return self._answer(302, Location=self.server.elsewhere.replace("http", "ws") + "/ws")
            key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = b64encode(sha1(key.encode()).digest()).decode()
            self.send_response(101)
            for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True
            return None
        if self.path.startswith("/away"):
            return self._answer(302, Location=self.server.elsewhere + "/landed")
        if self.path.startswith("/round"):
            return self._answer(302, Location="/landed")
        return self._answer(200)

    do_POST = do_GET  # noqa: N815 the name that http.server calls

    def _answer(self, code, **headers):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def witnesses():
    """The host under test, and another origin (the same machine, another port)."""
    servers = Witness(), Witness()
    servers[0].elsewhere = servers[1].url
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


USERS = """
    from locust import FastHttpUser, HttpUser, User, constant, task
    from locust_ext import LeanHttpUser

    class {kind}Marked({bases}):
        wait_time = constant(0.2)
        {extra}

        @task
        def all(self):
            self.client.get("/here")
            self.client.post("/here", json={{"a": 1}})
            self.client.get("/round")
            self.client.get("/away")
            self.client.get("{elsewhere}/direct")
"""


def users(kind, elsewhere, *, mixin=False):
    """A locustfile that knows nothing of the plugin; with ``mixin`` it uses ours alone."""
    text = USERS.format(
        kind=kind,
        bases=f"SyntheticTenant, {kind}" if mixin else kind,
        extra="token_env = 'MY_TOKEN'" if mixin else "",
        elsewhere=elsewhere,
    )
    return text.replace(
        "from locust import", "from locust_ext import SyntheticTenant\n    from locust import", int(mixin)
    )


def assert_marked(host, other, value="true", token="Bearer s3cret-canary"):
    """Every request to the host carries both headers; none that went elsewhere carries either."""
    assert len(host.seen) > 10
    assert {value} == set(host.headers("x-synthetic-tenant")), host.seen[:5]
    assert {token} == set(host.headers("authorization"))
    assert len(other.seen) > 4
    assert {None} == set(other.headers("x-synthetic-tenant")), other.seen[:5]
    assert {None} == set(other.headers("authorization"))


CONFIGURED = """
    thresholds: {http_req_failed: ['rate<=1']}
    tenant: {token_env: MY_TOKEN}
"""
RUN = ("--headless", "-u", 2, "-r", 2, "-t", 3)


@pytest.mark.parametrize("processes", [(), ("--processes", "2")], ids=["one process", "two workers"])
@pytest.mark.parametrize("kind", ["HttpUser", pytest.param("FastHttpUser", marks=pytest.mark.long), "LeanHttpUser"])
def test_a_configuration_marks_users_that_know_nothing_of_it(locust, write, witnesses, kind, processes):
    """With no code: every request, hop by hop, and never to another origin."""
    host, other = witnesses
    write("theirs.yml", CONFIGURED)

    run = locust(
        *("-f", write("theirs.py", users(kind, other.url)), "-H", host.url, *RUN, *processes),
        env={"MY_TOKEN": "s3cret-canary"},
        stock=False,
    )

    assert run.code == 0, run.err
    assert_marked(host, other)
    assert {path for path, _ in host.seen} == {"/here", "/round", "/landed", "/away"}
    assert "s3cret-canary" not in run.out + run.err + (run.reports / "summary.json").read_text()


@pytest.mark.parametrize("kind", ["HttpUser", pytest.param("FastHttpUser", marks=pytest.mark.long), "LeanHttpUser"])
def test_the_mixin_marks_a_class_without_the_plugin(locust, write, witnesses, kind):
    """A team that imports the mixin alone gets the same, in stock Locust."""
    host, other = witnesses

    run = locust(
        *("-f", write("theirs.py", users(kind, other.url, mixin=True)), "-H", host.url, *RUN),
        env={"MY_TOKEN": "s3cret-canary"},
        report_dir=False,
    )

    assert run.code == 0, run.err
    assert_marked(host, other)


def test_a_websocket_handshake_is_marked(locust, write, witnesses):
    """websocket-client's handshakes too, and not where they are redirected to."""
    host, other = witnesses
    write("sockets.yml", CONFIGURED)
    locustfile = write(
        "sockets.py",
        """
        import time
        import websocket
        from locust import User, constant, task

        class Socket(User):
            wait_time = constant(0.2)

            @task
            def connect(self):
                base = self.host.replace("http", "ws")
                for path in ("/ws", "/away"):
                    began = time.perf_counter()
                    websocket.create_connection(base + path, header=["X-Own: 1"]).shutdown()
                    self.environment.events.request.fire(
                        request_type="WS", name=path, response_time=(time.perf_counter() - began) * 1000,
                        response_length=0, exception=None, context={},
                    )
    """,
    )

    run = locust("-f", locustfile, "-H", host.url, *RUN, env={"MY_TOKEN": "s3cret-canary"}, stock=False)

    assert run.count("reqs", type="WS") > 4, run.err
    assert_marked(host, other)
    assert {"1"} == set(host.headers("x-own"))


def test_without_a_token_in_the_environment_none_is_sent(locust, write, witnesses):
    """The header needs no token; an Authorization that the locustfile sets itself stays."""
    host, other = witnesses
    write("theirs.yml", "tenant: {header: X-Load-Test, value: yes-it-is}")
    text = users("HttpUser", other.url).replace('"/here")', '"/here", headers={"Authorization": "Basic own"})')

    locust("-f", write("theirs.py", text), "-H", host.url, *RUN, stock=False)

    assert {"yes-it-is"} == set(host.headers("x-load-test"))
    assert {"Basic own", None} == set(host.headers("authorization"))


def test_a_token_that_cannot_be_a_header_is_refused_and_not_shown(locust, write):
    """A line break in the token would be a header of its own."""
    write("theirs.yml", "tenant: {token_env: MY_TOKEN}")

    run = locust(
        *("-f", write("theirs.py", users("HttpUser", "http://127.0.0.1:1")), "-H", "http://127.0.0.1:1", *RUN),
        env={"MY_TOKEN": "s3cret\ncanary"},
        stock=False,
    )

    assert run.code == 104
    assert "tenant.token_env" in run.err
    assert "canary" not in run.err + run.out
