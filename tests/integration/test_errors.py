"""Which errors occurred: of each client, from two workers, in every report, and no secret among them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET, KNOWN = "Zq7Rk2Vn9XwP4tLb", "the-shop-of-a-token-9"
PICTURE = bytes(range(256)) * 8
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

USERS = f"""
    from locust import FastHttpUser, HttpUser, User, constant, task
    import locust_ext
    from locust_ext import LeanHttpUser
    locust_ext.install()

    def visit(self):
        kind = type(self).__name__
        self.client.get("/json?token={SECRET}", name=f"/json/{{kind}}", headers={{"traceparent": "{PARENT}"}})
        with self.client.get("/page", name=f"/page/{{kind}}", catch_response=True) as response:
            response.failure(f"not JSON: {{response.text}}")
        self.client.get("/well", name="/well")

    class Plain(HttpUser):
        wait_time = constant(0.2)
        go = task(visit)

        @task
        def stream(self):
            self.client.get("/json", name="/streamed", stream=True)
            self.client.get("/picture")  # FastHttpUser raises where the body of a failure is not text

    class Fast(FastHttpUser):
        wait_time = constant(0.2)
        go = task(visit)

    class Lean(LeanHttpUser):
        wait_time = constant(0.2)
        go = task(visit)

    class Odd(User):
        wait_time = constant(0.2)

        @task
        def go(self):
            self.environment.events.request.fire(
                request_type="grpc", name="<img src=x onerror=alert(1)>", response_time=1.0, response_length=0,
                exception=ConnectionError("at /cart\\x1b[31m?token={SECRET}"), context={{}},
            )
            raise KeyError("cart")
"""
CONFIG = "thresholds: {http_req_failed: ['rate<0.01']}"


class Sick(BaseHTTPRequestHandler):
    """Answers in every way that says no."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status, kind, body = {
            "/json": (503, "application/json", f'{{"error": "busy", "token": "{SECRET}", "of": "{KNOWN}"}}'.encode()),
            "/page": (200, "text/html", b"<html><img src=x onerror=alert(1)>"),
            "/picture": (500, "image/png", PICTURE),
        }.get(self.path.partition("?")[0], (200, "text/plain", b"ok"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", f"session={SECRET}")
        self.send_header("X-Shop", KNOWN)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Quiet(ThreadingHTTPServer):
    """Says nothing of clients that hang up."""

    daemon_threads = True

    def handle_error(self, *_):
        pass


@pytest.fixture
def sick():
    """A server that is sick."""
    server = Quiet(("127.0.0.1", 0), Sick)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_evidence_of_failures(locust, write, sick):
    """Every failed request is of a kind, the first answer of each is there, and no secret is anywhere."""
    files = write("locustfile.py", USERS), write("loadtest.yaml", CONFIG)
    run = locust(
        *("-f", files[0], "--loadtest", files[1], "--headless", "--processes", 2, "-H", sick),
        *("-u", 8, "-r", 50, "-t", "3s"),
        env={"SHOP_TOKEN": KNOWN},
    )
    errors = {(one["metric"], one["name"], one["what"]): one for one in run.summary["errors"]}
    failed = sum(
        round(row["value"] * row["count"]) for row in run.summary["series"] if row["metric"] == "http_req_failed"
    )
    assert sum(one["count"] for one in errors.values() if one["metric"] == "http_req_failed") == failed > 0
    assert not [name for _, name, _ in errors if name == "/well"]
    for client in ("Plain", "Fast", "Lean"):
        one = errors["http_req_failed", f"/json/{client}", "503"]
        headers = {name.lower(): value for name, value in one["response"]["headers"]}
        assert one["response"]["body"] == '{"error": "busy", "token": "***", "of": "***"}'
        assert (headers["set-cookie"], headers["x-shop"]) == ("***", "***")
        assert one["response"]["trace_id"] == PARENT[3:35]
        assert 0 <= one["first_s"] <= one["last_s"] <= run.summary["duration_s"] + 1
        page = errors["http_req_failed", f"/page/{client}", "CatchResponseError"]
        assert (page["message"], page["response"]["status"]) == ("not JSON: <html><img src=x onerror=alert(1)>", "200")
    picture = errors["http_req_failed", "/picture", "500"]["response"]
    assert (picture["body"], picture["note"]) == ("", "binary, 2,048 bytes")
    assert "not read" in errors["http_req_failed", "/streamed", "503"]["response"]["note"]
    odd = errors["req_failed", "<img src=x onerror=alert(1)>", "ConnectionError"]
    assert odd["message"] == "at /cart\ufffd[31m?token=***"
    (raised,) = [one for (metric, _, what), one in errors.items() if (metric, what) == ("iteration_errors", "KeyError")]
    assert raised["name"].startswith("locustfile.py:")
    assert raised["count"] == run.count("iteration_errors")
    assert "What failed: " in run.out
    for file in run.reports.iterdir():
        text = file.read_text("utf-8")
        assert SECRET not in text, file
        assert KNOWN not in text, file
        assert "<img" not in text or file.suffix not in (".html", ".xml"), file
    assert SECRET not in run.out.split("What failed")[1]
