"""A server of the standard library: it answers as it is told, counts what it gets, and keeps what it is sent."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """Answers GET with ``status`` after ``seconds``, and POST with ``posts``; both can be changed while it runs."""

    def __init__(self, status=200, seconds=0.0, posts=200):
        self.status, self.seconds, self.posts = status, seconds, posts
        self.gets = 0
        self.received = []
        """Paths and bodies of what was posted."""
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                listener.gets += 1
                self._answer(listener.status)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.received.append((self.path, json.loads(body)))
                self._answer(listener.posts)

            def _answer(self, status):
                time.sleep(listener.seconds)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()
