"""A server of flags: JSON over GET, OFREP over POST; it can be told to hang, to fail and to talk nonsense."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Flagpole:
    """Says ``allowed`` until it is told otherwise; ``mood`` is one of fine, hang, error, garbage."""

    def __init__(self):
        self.allowed, self.mood = True, "fine"
        pole = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._say({"load-test": {"allowed": pole.allowed}})

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                key = self.path.rpartition("/")[2]
                self._say({"key": key, "value": pole.allowed, "reason": "STATIC", "variant": "a", "metadata": {}})

            def _say(self, document):
                if pole.mood == "hang":
                    time.sleep(30)
                body = b"<html>?" if pole.mood == "garbage" else json.dumps(document).encode()
                self.send_response(500 if pole.mood == "error" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        """Stop it; anyone who asks is refused."""
        self._server.shutdown()
        self._server.server_close()
