"""Both kinds of middleware as their callers meet them: real servers, real headers, real handshakes."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest
import requests
import websocket

from locust_ext.safety import middleware
from tests.integration.serving import HOST, OLD, Served, signed, wrong_headers

APPLICATIONS = {
    "wsgi": """
        import json, os
        from locust_ext.safety.middleware import WsgiMiddleware, synthetic

        def answer(environ, start_response):
            sender = synthetic(environ)
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(vars(sender) if sender else None).encode()]

        app = WsgiMiddleware(answer, os.environ["LOAD_TEST_KEY"], hosts="feed.example.com")
        """,
    "asgi": """
        import os
        from fastapi import FastAPI, Request, WebSocket
        from locust_ext.safety.middleware import AsgiMiddleware, synthetic

        api = FastAPI()

        def answer(scope):
            sender = synthetic(scope)
            return vars(sender) if sender else None

        @api.get("/")
        @api.post("/")
        async def root(request: Request):
            return answer(request.scope)

        @api.get("/broken")
        async def broken():
            raise RuntimeError("as it was asked for")

        @api.websocket("/stream")
        async def stream(socket: WebSocket):
            await socket.accept()
            await socket.send_json(answer(socket.scope))
            await socket.close()

        app = AsgiMiddleware(api, os.environ["LOAD_TEST_KEY"], hosts="feed.example.com")
        """,
}
SENDER = {"run": "nightly-7", "tenant": "loadtest"}
WRONG = list(wrong_headers())


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Both applications, each on a server of its kind."""
    folder = tmp_path_factory.mktemp("applications")
    running = {}
    for kind, text in APPLICATIONS.items():
        (folder / f"{kind}_application.py").write_text(textwrap.dedent(text), "utf-8")
        running[kind] = Served(kind, folder, f"{kind}_application")
    yield running
    for server in running.values():
        server.stop()


KINDS = pytest.mark.parametrize("kind", list(APPLICATIONS))


def get(server, value=None, method="GET"):
    headers = {} if value is None else {"x-synthetic-tenant": value}
    return requests.request(method, server.url, headers=headers, timeout=20)


@KINDS
def test_absent(served, kind):
    """A real request is served, and not acknowledged as anything else."""
    answer = get(served[kind])
    assert (answer.status_code, answer.json()) == (200, None)
    assert "x-synthetic-tenant-ack" not in answer.headers


@KINDS
def test_valid(served, kind):
    """Both keys are good, and the acknowledgement names the run."""
    for value in (signed(), signed(key=OLD)):
        answer = get(served[kind], value)
        assert (answer.status_code, answer.json()) == (200, SENDER)
        assert answer.headers["x-synthetic-tenant-ack"] == "nightly-7"


def test_an_error_is_acknowledged_too(served):
    """What the application answers when it fails is an answer like any other."""
    answer = requests.get(f"{served['asgi'].url}/broken", headers={"x-synthetic-tenant": signed()}, timeout=20)
    assert (answer.status_code, answer.headers["x-synthetic-tenant-ack"]) == (500, "nightly-7")


@KINDS
@pytest.mark.parametrize("what", WRONG)
def test_wrong(served, kind, what):
    """403 from the middleware itself, in one line of JSON."""
    for method in ("GET", "POST"):
        answer = get(served[kind], wrong_headers()[what], method)
        assert answer.status_code == 403
        assert list(answer.json()) == ["error"]
        assert "\n" not in answer.text
        assert "x-synthetic-tenant-ack" not in answer.headers


@KINDS
def test_after_a_refusal_the_connection_is_still_good(served, kind):
    """HEAD and GET are refused and served over one connection."""
    with requests.Session() as session:
        for value, status in (("true", 403), (signed(), 200), ("", 403), (signed(), 200)):
            headers = {"x-synthetic-tenant": value}
            if status == 403:
                assert session.head(served[kind].url, headers=headers, timeout=20).status_code == 403
            assert session.get(served[kind].url, headers=headers, timeout=20).status_code == status


RAW = [
    ("twice the same", lambda valid: [valid, valid]),
    ("empty", lambda _: [b""]),
    ("empty beside a valid one", lambda valid: [valid, b""]),
    ("Latin-1", lambda valid: [valid.replace(b"nightly", "nächtlich".encode("latin-1"))]),
    ("no UTF-8", lambda _: [b"\xff\xfe"]),
    ("UTF-8", lambda _: ["schlüssel☃".encode()]),
]


@KINDS
@pytest.mark.parametrize("values", [row[1] for row in RAW], ids=[row[0] for row in RAW])
def test_what_no_polite_client_sends(served, kind, values):
    """Bytes of any kind and headers sent twice are refused like all others."""
    with closing(http.client.HTTPConnection("127.0.0.1", served[kind].port, timeout=20)) as connection:
        connection.putrequest("GET", "/")
        for value in values(signed().encode()):
            connection.putheader("x-synthetic-tenant", value)
        connection.endheaders()
        assert connection.getresponse().status == 403


def shake_hands(server, value=None):
    header = [] if value is None else [f"x-synthetic-tenant: {value}"]
    return websocket.create_connection(
        server.url.replace("http", "ws") + "/stream", header=header, host=HOST, timeout=20
    )


@pytest.mark.parametrize("what", WRONG)
def test_wrong_handshake(served, what):
    """A WebSocket with a wrong header is never opened."""
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        shake_hands(served["asgi"], wrong_headers()[what])
    assert refused.value.status_code == 403
    assert "x-synthetic-tenant-ack" not in refused.value.resp_headers


HANDSHAKES = [("absent", False, "null", None), ("valid", True, '{"run":"nightly-7","tenant":"loadtest"}', "nightly-7")]


@pytest.mark.parametrize("marked, said, ack", [row[1:] for row in HANDSHAKES], ids=[row[0] for row in HANDSHAKES])
def test_handshake(served, marked, said, ack):
    """A real and a synthetic WebSocket are opened; the answer to the handshake of the latter acknowledges it."""
    with closing(shake_hands(served["asgi"], signed() if marked else None)) as stream:
        assert stream.recv() == said
        assert stream.getheaders().get("x-synthetic-tenant-ack") == ack


def test_a_copy_of_the_file_is_enough(tmp_path):
    """It works without this package, and without any other."""
    copy = shutil.copy(middleware.__file__, tmp_path / "synthetic_traffic.py")
    alone = subprocess.run([sys.executable, "-I", "-S", copy], capture_output=True, text=True, timeout=20)
    assert (alone.returncode, alone.stdout, alone.stderr) == (0, "", "")
