"""The demo target on a socket: HTTP around the contract, and nothing of the contract itself.

A request is counted when its answer is known, so one whose caller has gone away counts like any other. Nothing here
needs a monkey-patched process: the server, the sleeps and the events are gevent's own.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import gevent
from gevent.pywsgi import WSGIHandler, WSGIServer

from locust_ext.demo.capacity import CapacityExceeded
from locust_ext.demo.counts import Exposition, RequestCounts
from locust_ext.demo.faults import Dials
from locust_ext.demo.handshake_limiter import CallerLeft, HandshakesFull
from locust_ext.demo.mark import acknowledgement, marked
from locust_ext.demo.pool import PoolFull
from locust_ext.demo.routes import UNKNOWN, Answer, Call, Contract, Refused, Route, find, problem
from locust_ext.demo.service import InjectedFailure, Service
from locust_ext.demo.ticks import Fanout, NotAWebSocket, Subscriber, Ticks
from locust_ext.safety.middleware import Key, synthetic

# A reconnect storm arrives within one turn of the event loop; the kernel caps this at its own limit.
BACKLOG = 4096

_CONNECTION = "locust_ext.connection"
_HANDSHAKE_HEADERS = (
    ("Host", "HTTP_HOST"),
    ("Connection", "HTTP_CONNECTION"),
    ("Upgrade", "HTTP_UPGRADE"),
    ("Sec-WebSocket-Version", "HTTP_SEC_WEBSOCKET_VERSION"),
    ("Sec-WebSocket-Key", "HTTP_SEC_WEBSOCKET_KEY"),
)
_STATUS_LINES = {status: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Application:
    """The WSGI application: one request in, one counted answer out."""

    def __init__(self, dials: Dials, *, seed: int) -> None:
        self._service = Service(dials, seed=seed)
        self._counts = RequestCounts()
        self.ticks = Ticks(fanout=Fanout(dials.fanout_prompt, dials.fanout_seconds))
        self._contract = Contract(self._service, Exposition(self._counts, self._service, self.ticks))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        # WSGI hands over the bytes of the path as Latin-1, whatever they are.
        route, ident = find(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"))
        answer = self._counted(route, ident, environ) if route.api else self._answer(route, ident, environ)
        if answer.then is not None:
            answer.then()
            return []
        headers = [("Content-Type", answer.kind), ("Content-Length", str(len(answer.body))), *answer.headers]
        start_response(_STATUS_LINES[answer.status], headers)
        return [answer.body]

    def _counted(self, route: Route, ident: str, environ: WSGIEnvironment) -> Answer:
        # What the server answers in our place, should this code fail: such a request counts as well.
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        with self._counts.receive(tagged=synthetic(environ) is not None):
            try:
                answer = self._answer(route, ident, environ)
                status = answer.status
            finally:
                self._counts.answered[route.template, status.value] += 1
        return answer

    def _answer(self, route: Route, ident: str, environ: WSGIEnvironment) -> Answer:
        handler = route.handlers.get(environ["REQUEST_METHOD"])
        if handler is None:
            return _not_in_the_table(route)
        call = Call(
            ident,
            environ["QUERY_STRING"],
            partial(_body, environ),
            partial(self._upgrade, environ),
            synthetic=synthetic(environ) is not None,
        )
        try:
            if route.may_fail:
                self._service.admit()
            return handler(self._contract, call)
        except InjectedFailure:
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "This failure was asked for.")
        except CapacityExceeded:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "There is no capacity left for this request.")
        except PoolFull:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests wait for a worker already.")
        except Refused as refused:
            return refused.answer

    def _upgrade(self, environ: WSGIEnvironment) -> Answer:
        lines = [f"{name}: {environ[key]}\r\n" for name, key in _HANDSHAKE_HEADERS if key in environ]
        handshake = "".join(["GET /ticks HTTP/1.1\r\n", *lines, "\r\n"]).encode("latin-1")
        sock, stream = environ[_CONNECTION]
        try:
            subscriber = Subscriber(handshake, sock, stream, acknowledgement(environ))
        except NotAWebSocket as refusal:
            return problem(
                HTTPStatus.UPGRADE_REQUIRED, f"This route speaks WebSocket only. {refusal}", ("Upgrade", "websocket")
            )
        try:
            self._service.handshake_limiter.enter(subscriber.watched)
        except HandshakesFull:
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "Too many handshakes wait for their turn already.", ("Retry-After", "1")
            )
        except CallerLeft:
            return problem(HTTPStatus.REQUEST_TIMEOUT, "The caller went away before its turn came.")
        return Answer(HTTPStatus.SWITCHING_PROTOCOLS, then=partial(self.ticks.serve, subscriber))


def _not_in_the_table(route: Route) -> Answer:
    if route is UNKNOWN:
        return problem(HTTPStatus.NOT_FOUND, "There is no such route.")
    return problem(
        HTTPStatus.METHOD_NOT_ALLOWED, "This route has no such method.", ("Allow", ", ".join(route.handlers))
    )


def _body(environ: WSGIEnvironment, limit: int) -> bytes:
    try:
        return bytes(environ["wsgi.input"].read(limit))
    except OSError:
        # The caller went away in the middle of it. Nobody reads this answer, but it is counted.
        raise Refused(HTTPStatus.BAD_REQUEST, "The request body ended early.") from None


class Connection(WSGIHandler):  # type: ignore[misc]  # gevent has no types
    """One client's connection, quiet about clients that vanish: in a storm they all do."""

    def __init__(self, sock: socket, *args: Any) -> None:
        # Head and body leave in two writes; without this the second may wait for the client's delayed acknowledgement.
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        super().__init__(sock, *args)

    def handle(self) -> None:
        """Serve the connection until it ends."""
        with suppress(OSError):
            super().handle()

    def get_environ(self) -> WSGIEnvironment:
        """Return the request's environment and, for an upgrade, the connection itself."""
        environ: WSGIEnvironment = super().get_environ()
        environ["wsgi.input"] = self.wsgi_input
        environ[_CONNECTION] = (self.socket, self.rfile)
        return environ

    def log_request(self) -> None:
        """Write no access log."""

    def _handle_client_error(self, ex: Exception) -> Any:
        if isinstance(ex, ConnectionError):
            return None
        # gevent knows a client's mistakes by ValueError, but too many headers are an error of their own.
        return super()._handle_client_error(ValueError(str(ex)) if isinstance(ex, HTTPException) else ex)


class Server:
    """The application, listening; port 0 picks a free one. With keys, a mark of synthetic traffic has to be signed."""

    def __init__(self, host: str, port: int, dials: Dials, *, seed: int, keys: Sequence[Key] = ()) -> None:
        application = Application(dials, seed=seed)
        self._ticks = application.ticks
        self._http = WSGIServer(
            (host, port),
            marked(application, keys),
            backlog=BACKLOG,
            log=None,
            error_log=None,
            handler_class=Connection,
            environ={"SERVER_NAME": host},  # gevent would ask the name service for it
        )

    def start(self) -> int:
        """Listen, and return the port; OSError if that cannot be."""
        self._http.start()
        gevent.spawn(self._ticks.run)
        return int(self._http.server_port)

    def stop(self) -> None:
        """Stop listening; connections that are open end with the process."""
        self._http.stop(timeout=0)
