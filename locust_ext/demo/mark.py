"""Who sent a request to the demo target: real users, or a load test that says so, with or without a signature.

With keys a mark has to be signed, and anything else that claims to be one is refused. Without keys it is believed: the
answer then acknowledges it as `unsigned`, so that nobody takes it for proof.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from locust_ext.safety.middleware import (
    ACK_HEADER,
    HEADER,
    KEY,
    Key,
    Synthetic,
    WsgiMiddleware,
    acknowledging,
    synthetic,
)

KEY_VARIABLE = "LOAD_TEST_KEY"
UNSIGNED = Synthetic("unsigned", "unsigned")

WsgiApplication = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class Believing:
    """Takes every request that carries the header for synthetic, whatever the header says."""

    def __init__(self, app: WsgiApplication) -> None:
        self._app = app
        self._variable = "HTTP_" + HEADER.upper().replace("-", "_")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if self._variable in environ:
            environ[KEY] = UNSIGNED
            start_response = acknowledging(start_response, ACK_HEADER, UNSIGNED.run)
        return self._app(environ, start_response)


def marked(app: WsgiApplication, keys: Sequence[Key]) -> WsgiApplication:
    """Return the application behind a door that knows synthetic traffic."""
    return WsgiMiddleware(app, keys) if keys else Believing(app)


def acknowledgement(environ: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return the headers that acknowledge a synthetic handshake, which has no `start_response` to do so."""
    sender = synthetic(environ)
    return [(ACK_HEADER.encode(), sender.run.encode())] if sender else []
