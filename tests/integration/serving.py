"""Real servers around an application, each in a process of its own: gevent's for WSGI, uvicorn for ASGI."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from locust_ext.safety.middleware import Key, sign

HOST = "feed.example.com"
KEYS = "2026-01:the newer secret,2025-12:the older secret"
NEW = Key("2026-01", b"the newer secret")
OLD = Key("2025-12", b"the older secret")

_WSGI = """
import importlib, sys
from gevent.pywsgi import WSGIServer
from gevent.socket import socket
sys.path.insert(0, sys.argv[1])
app = importlib.import_module(sys.argv[2]).app
WSGIServer(socket(fileno=int(sys.argv[3])), app, log=None).serve_forever()
"""
_ASGI = """
import importlib, socket, sys
import uvicorn
sys.path.insert(0, sys.argv[1])
app = importlib.import_module(sys.argv[2]).app
config = uvicorn.Config(app, log_level="warning", ws="wsproto")
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[3]))])
"""


class Served:
    """The ``app`` of a module, served until ``stop``.

    The socket listens before the process starts: anyone who connects too early waits, and if the process dies, learns it.
    """

    def __init__(self, kind: str, folder: Path, module: str) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
            self.port = int(listening.getsockname()[1])
            script = {"wsgi": _WSGI, "asgi": _ASGI}[kind]
            self._process = subprocess.Popen(
                [sys.executable, "-c", script, str(folder), module, str(listening.fileno())],
                env={**os.environ, "LOAD_TEST_KEY": KEYS, "PYTHONDONTWRITEBYTECODE": "1"},
                pass_fds=[listening.fileno()],
            )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it."""
        end(self._process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server, politely at first."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def signed(host: str = HOST, key: Key = NEW, life: float = 900) -> str:
    """Return the header of a run that is under way now."""
    return sign(key, host, "nightly-7", "loadtest", time.time() + life)


def wrong_headers(host: str = HOST) -> dict[str, str]:
    """Return the six headers that nobody may accept, by what is wrong with them."""
    valid = signed(host)
    return {
        "forged": signed(host, Key(NEW.id, b"a secret of nobody")),
        "expired": signed(host, life=-1),
        "for another host": signed("other.example.com"),
        "signed with an unknown key": signed(host, Key("2027-01", NEW.secret)),
        "truncated": valid[:-1],
        "10 kB": valid + "0" * 10_000,
    }
