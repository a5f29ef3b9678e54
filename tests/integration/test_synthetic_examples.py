"""The examples of the documents, on the servers that they are for: Flask, FastAPI, and nginx before two services."""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from contextlib import closing
from pathlib import Path

import pytest
import requests
import websocket

from tests.integration.conftest import ROOT, free_port, wait_until
from tests.integration.serving import HOST, Served, end, signed, wrong_headers

EXAMPLES = ROOT / "docs" / "how-to" / "synthetic"
WRONG = list(wrong_headers())


@pytest.fixture(params=[("wsgi", "flask_app"), ("asgi", "fastapi_app")], ids=["Flask", "FastAPI"])
def service(request):
    """One of the two applications, with nothing written yet."""
    served = Served(request.param[0], EXAMPLES, request.param[1])
    yield served
    served.stop()


def ask(url, value=None, *, method="GET", **options):
    """Send a request to the name under which the service is known."""
    headers = {"Host": HOST, **options.pop("headers", {})}
    if value is not None:
        headers["x-synthetic-tenant"] = value
    return requests.request(method, url, headers=headers, timeout=20, **options)


def test_the_write_path(service):
    """Synthetic posts are read by synthetic readers alone; only real ones are billed, and written about."""
    for body, value in (("real", None), ("synthetic", signed())):
        written = ask(f"{service.url}/posts", value, method="POST", json={"body": body})
        assert written.status_code == 201
        assert written.headers.get("x-synthetic-tenant-ack") == ("nightly-7" if value else None)
    assert ask(f"{service.url}/posts").json() == {"posts": ["real"]}
    assert ask(f"{service.url}/posts", signed()).json() == {"posts": ["synthetic"]}
    assert ask(f"{service.url}/ledger").json() == {"invoices": ["real"], "letters": ["real"]}


def test_wrong_headers_write_nothing(service):
    """Each of the six is refused before anything is stored."""
    for value in wrong_headers().values():
        assert ask(f"{service.url}/posts", value, method="POST", json={"body": "x"}).status_code == 403
    assert ask(f"{service.url}/posts").json() == {"posts": []}
    assert ask(f"{service.url}/posts", signed()).json() == {"posts": []}


def test_a_stream_in_fastapi():
    """The WebSocket of the example knows whose posts it counts."""
    served = Served("asgi", EXAMPLES, "fastapi_app")
    try:
        ask(f"{served.url}/posts", signed(), method="POST", json={"body": "x"})
        for value, said in ((None, '{"posts":0}'), (signed(), '{"posts":1}')):
            header = [] if value is None else [f"x-synthetic-tenant: {value}"]
            url = served.url.replace("http", "ws") + "/stream"
            with closing(websocket.create_connection(url, header=header, timeout=20)) as stream:
                assert stream.recv() == said
    finally:
        served.stop()


BEHIND = """
    import json

    def app(environ, start_response):
        body = environ["wsgi.input"].read().decode()
        start_response("200 OK", [("Content-Type", "application/json"), ("X-Synthetic-Tenant-Ack", "mine")])
        run, host = environ.get("HTTP_X_SYNTHETIC_RUN"), environ["HTTP_HOST"]
        return [json.dumps({"service": __name__, "run": run, "host": host, "body": body}).encode()]
    """
AROUND = """
    daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr;
    events {}
    http {
        access_log off;
        client_body_temp_path body;
        proxy_temp_path proxy;
        fastcgi_temp_path fastcgi;
        uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        include feed.conf;
    }
    """


class Edge:
    """nginx with the configuration of the documents, before services of our own."""

    def __init__(self, folder: Path, ports: dict[int, int]) -> None:
        self.port = free_port()
        text = (EXAMPLES / "nginx.conf").read_text("utf-8")
        changes = {f"127.0.0.1:{shown};": f"127.0.0.1:{port};" for shown, port in ports.items()}
        for shown, meant in {"listen 8080;": f"listen 127.0.0.1:{self.port};", **changes}.items():
            assert text.count(shown) == 1
            text = text.replace(shown, meant)
        folder.mkdir()
        (folder / "feed.conf").write_text(text, "utf-8")
        (folder / "around.conf").write_text(textwrap.dedent(AROUND), "utf-8")
        nginx = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
        assert nginx, "these tests need nginx"
        command = [nginx, "-e", "stderr", "-p", str(folder), "-c", str(folder / "around.conf")]
        self.process = subprocess.Popen(command)
        wait_until(self._answers, "nginx's first answer")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _answers(self) -> bool:
        assert self.process.poll() is None, "nginx has ended"
        try:
            requests.get(f"{self.url}/synthetic-verify", timeout=5)
        except requests.ConnectionError:
            return False
        return True


@pytest.fixture(scope="module")
def edges(tmp_path_factory):
    """An edge whose verifier answers, and one whose verifier is down."""
    folder = tmp_path_factory.mktemp("edge")
    running = {}
    for name in ("real_service", "sandbox_service"):
        (folder / f"{name}.py").write_text(textwrap.dedent(BEHIND), "utf-8")
        running[name] = Served("wsgi", folder, name)
    running["verifier"] = Served("wsgi", EXAMPLES, "verifier")
    ports = {9001: running["real_service"].port, 9002: running["sandbox_service"].port}
    whole = Edge(folder / "whole", {**ports, 9003: running["verifier"].port})
    broken = Edge(folder / "broken", {**ports, 9003: free_port()})
    yield whole, broken
    for edge in (whole, broken):
        end(edge.process)
    for served in running.values():
        served.stop()


SPOOFED = {"X-Synthetic-Run": "nightly-7", "X-Synthetic-Tenant-Ack": "nightly-7"}
PASSING = [
    ("real traffic", False, {}, "real_service", None),
    ("real traffic that pretends behind the door", False, SPOOFED, "real_service", None),
    ("synthetic traffic", True, {}, "sandbox_service", "nightly-7"),
    ("synthetic traffic under another name", True, {"X-Synthetic-Run": "other"}, "sandbox_service", "nightly-7"),
]


@pytest.mark.parametrize("marked, headers, service, run", [row[1:] for row in PASSING], ids=[row[0] for row in PASSING])
def test_nginx_passes(edges, marked, headers, service, run):
    """Each kind of traffic reaches its service, which learns the run from nginx alone; the caller learns it too."""
    for method, body in (("GET", ""), ("POST", "x" * 50_000)):
        value = signed() if marked else None
        answer = ask(f"{edges[0].url}/posts", value, method=method, headers=headers, data=body)
        assert answer.status_code == 200
        assert answer.json() == {"service": service, "run": run, "host": HOST, "body": body}
        assert answer.headers.get("x-synthetic-tenant-ack") == run


@pytest.mark.parametrize("what", WRONG)
def test_nginx_refuses(edges, what):
    """403 from nginx; a header of 10 kB is beyond its own limit, which it answers with 400."""
    for method in ("GET", "POST"):
        answer = ask(f"{edges[0].url}/posts", wrong_headers()[what], method=method)
        assert answer.status_code == (400 if what == "10 kB" else 403)
        assert "x-synthetic-tenant-ack" not in answer.headers
        assert "service" not in answer.text


def test_nginx_keeps_the_verifier_to_itself(edges):
    """The location that asks the verifier is not a page."""
    assert ask(f"{edges[0].url}/synthetic-verify", signed()).status_code == 404


def test_a_verifier_that_is_down(edges):
    """Real traffic does not notice; synthetic traffic goes nowhere."""
    assert ask(f"{edges[1].url}/posts").json()["service"] == "real_service"
    assert ask(f"{edges[1].url}/posts", signed()).status_code == 500
