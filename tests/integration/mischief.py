"""A server in threads whose paths hang, drip, flood, lie, refuse and redirect; it keeps what was asked."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METRICS = b"# TYPE process_open_fds gauge\nprocess_open_fds 12\n"


class Mischief:
    """The server; ``asked`` are the path and the headers of each request."""

    def __init__(self):
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.is_over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.partition("?")[0]
                outer.asked.append((path, {name.lower(): value for name, value in self.headers.items()}))
                with suppress(OSError):
                    getattr(outer, f"_{path.strip('/')}")(self)

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def requests(self, path):
        """The headers of each request of a path."""
        return [headers for asked, headers in list(self.asked) if asked == path]

    def stop(self):
        """End it."""
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def _answer(handler, body, status=200, kind="text/plain", **headers):
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def _page(self, handler):
        self._answer(handler, b"{}")

    def _metrics(self, handler):
        self._answer(handler, METRICS)

    def _hang(self, handler):
        self.is_over.wait(30)

    def _drip(self, handler):
        handler.send_response(200)
        handler.end_headers()
        while not self.is_over.wait(0.05):
            handler.wfile.write(b"#")
            handler.wfile.flush()

    def _flood(self, handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write((b"x" * 99 + b"\n") * 10_000)

    def _html(self, handler):
        self._answer(handler, b"<html>", kind="text/html")

    def _denied(self, handler):
        self._answer(handler, b"no: " + handler.headers["Authorization"].encode(), status=401)

    def _elsewhere(self, handler):
        self._answer(handler, b"", status=302, Location=f"http://localhost:{self.port}/metrics")

    def _dies(self, handler):
        if len(self.requests("/dies")) > 2:
            handler.connection.close()
        else:
            self._answer(handler, METRICS)

    def _turns(self, handler):
        turn = len(self.requests("/turns")) % 2
        time.sleep(0.001)
        self._answer(handler, METRICS + b"process_start_time_seconds %d\n" % (1000 + 500 * turn))
