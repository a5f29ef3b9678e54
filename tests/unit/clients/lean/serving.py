"""A server over real sockets that tells what it was sent."""

from __future__ import annotations

from gevent.server import StreamServer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request that has no body; ``answers`` by path is what it says instead."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        """Heads of requests, in order."""
        self.connections = self.open = 0
        self.answers: dict[str, bytes] = {}
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, sock, _):
        self.connections, self.open, came = self.connections + 1, self.open + 1, b""
        try:
            while piece := sock.recv(65536):
                came += piece
                while b"\r\n\r\n" in came:
                    head, _, came = came.partition(b"\r\n\r\n")
                    self.requests.append(head.decode("latin-1"))
                    sock.sendall(self.answers.get(self.requests[-1].split()[1], ANSWER))
        except OSError:
            pass
        finally:
            self.open -= 1

    def headers(self, number: int = -1) -> dict[str, str]:
        """Return the headers of a request, by names in small letters."""
        lines = self.requests[number].split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    def stop(self) -> None:
        """Close its door."""
        self._server.stop(timeout=0)
