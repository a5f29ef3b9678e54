"""A server of the standard library that writes down when each request came, and what it carried."""

from __future__ import annotations

import socketserver
import threading
import time
from bisect import bisect_left
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def most_in(times, seconds):
    """The most of ``times`` that are within any ``seconds``, wherever one begins to count."""
    times = sorted(times)
    return max((bisect_left(times, first + seconds) - i for i, first in enumerate(times)), default=0)


def at_most(rate, longest_stall):
    """How many a cap lets come in any second: one more for the way, and what came while the book stood still."""
    return rate * (1 + longest_stall) + 1


class Ledger:
    """Answers everything with ``status`` after ``seconds``; ``/to?URL`` redirects there."""

    def __init__(self, status=200, seconds=0.0, headers=None):
        self.status, self.seconds, self.headers = status, seconds, dict(headers or {})
        self.times: list[float] = []
        """When each request came, on the monotonic clock."""
        self.longest_stall = 0.0
        """How long this process itself stood still at most: what came meanwhile was written down late."""
        self.seen: list[tuple[str, dict[str, str]]] = []
        """Path and headers of each, headers in lower case."""
        ledger = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                ledger.times.append(time.monotonic())
                ledger.seen.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if ledger.seconds:
                    time.sleep(ledger.seconds)
                redirect = self.path.startswith("/to?")
                self.send_response_only(302 if redirect else ledger.status)
                extra = {"Location": self.path[4:]} if redirect else {}
                for name, value in {
                    "Date": self.date_time_string(),
                    "Content-Length": "0",
                    **ledger.headers,
                    **extra,
                }.items():
                    self.send_header(name, value)
                self.end_headers()

            do_POST = do_GET  # noqa: N815 the name that http.server calls

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512

            def handle_error(self, *_):
                pass  # clients that are killed in the middle of a request

            def server_bind(self):
                socketserver.TCPServer.server_bind(self)  # without asking the name service for our own name
                self.server_name, self.server_port = self.server_address[:2]

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._over = threading.Event()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        threading.Thread(target=self._look_at_the_clock, daemon=True).start()

    def _look_at_the_clock(self):
        before = time.monotonic()
        while not self._over.wait(0.005):
            now = time.monotonic()
            self.longest_stall = max(self.longest_stall, now - before - 0.005)
            before = now

    def most_in(self, seconds, begin=0.0):
        """The most requests that came within any ``seconds``, from ``begin`` on."""
        return most_in([at for at in self.times if at >= begin], seconds)

    def at_most(self, rate):
        """How many a cap lets come in any second, as far as this process can tell."""
        return at_most(rate, self.longest_stall)

    def rate(self, begin, end):
        """Requests a second between two moments."""
        return sum(begin <= at < end for at in self.times) / (end - begin)

    def since(self, moment):
        """How many requests came after a moment."""
        return sum(at > moment for at in self.times)

    def last_after(self, moment):
        """How long after a moment the last request came; 0 when none did."""
        return max([at - moment for at in self.times if at > moment], default=0.0)

    def stop(self):
        """Stop it."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
