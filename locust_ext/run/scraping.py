"""Where a headless run is scraped: a port of its own, for Prometheus and all who read its format.

Law: it decides nothing, and nothing waits for it. A request has so many bytes and so much time, and of too many
connections the oldest that has not asked is closed: it keeps nobody out. What fails is said once.
"""

from __future__ import annotations

import logging
import os
import socket as names
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socketserver import BaseServer
from typing import Any, cast

import gevent
from gevent import socket
from gevent.event import Event

from locust_ext.exports.options import PrometheusOptions
from locust_ext.exports.scrape_access import CHALLENGES, NO_TOKEN, PATH, is_loopback, is_token, token_of
from locust_ext.process.exceptions import in_a_line
from locust_ext.process.spoken import say
from locust_ext.process.supervised import Stake, Work
from locust_ext.run.lingering import OneExit, Scrapers, linger
from locust_ext.run.scraped_text import Scraped, ScrapedText
from locust_ext.text.units import format_duration

logger = logging.getLogger(__name__)

ACCEPTING = Work("the port that figures are scraped from", Stake.LOOKS, lasts=True)
ANSWERING = Work("the answer to a scrape", Stake.LOOKS, again=False, lasts=True)

DEADLINE = 10.0
"""Seconds that a connection has, from its first byte to the last one of its answer; Prometheus waits as long."""

LONGEST_HEAD = 16_384
"""Bytes of a request."""

LONGEST_REST = 1_048_576
"""Bytes behind it that are read, and thrown away."""

PARTING = 0.5
"""Seconds that somebody who was answered has to close the connection."""

MOST_CONNECTIONS = 50
"""Connections at once."""

RESOLVING = 5.0
"""Seconds for which it is asked what an address is."""

BACKLOG = 128

PAUSE = 0.5
"""Seconds after a connection could not be taken, as where a process has no descriptors left."""

END_OF_HEAD = b"\r\n\r\n"

TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Scraping:
    """The port of one environment's runs."""

    def __init__(
        self,
        text: ScrapedText,
        options: PrometheusOptions,
        mention: Callable[[str], None],
        ends: OneExit | None = None,
    ) -> None:
        self._text, self._options, self._mention, self._ends = text, options, mention, ends
        self._trouble = ""
        self._scrapers = Scrapers()
        self._connections: dict[Any, gevent.Greenlet] = {}
        self._asked: set[Any] = set()
        """The connections that have asked, and wait for their answers."""
        self._accepting: gevent.Greenlet | None = None
        self._listener: Any = None
        self._ending: Event | None = None
        self._is_short = False
        self.token: str | None = None
        self.url = ""
        self._open()

    def begins(self) -> None:
        """Tell of what failed in the report of this run, too."""
        if self._trouble:
            self._mention(self._trouble)

    def leave(self) -> None:
        """Go on: the verdict is to be scraped, too."""

    def _open(self) -> None:
        """Listen; what keeps it from that is said in a sentence, and the run goes on."""
        address, port = self._options.address, self._options.port or 0
        try:
            self.token = token_of(self._options, os.environ)
            self._listener = _listener(address, port)
        except ValueError as error:
            self._fail(f"export.prometheus: {error}, so the figures cannot be scraped from a port")
            return
        except OSError as error:
            why = error.strerror or str(error)
            self._fail(f"export.prometheus: {address}, port {port}: {why}; the figures cannot be scraped there")
            return
        host, port = self._listener.getsockname()[:2]
        is_open = not is_loopback(host) and self.token is None
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"
        logger.info("the figures of the run can be scraped at %s", self.url)
        if is_open:
            logger.warning(
                "anyone on that network can read them: export.prometheus.address is not of this machine alone, "
                "and no token is asked for (export.prometheus.token_env)"
            )
        self._accepting = ACCEPTING.start(self._accept)

    def _fail(self, sentence: str) -> None:
        self._trouble = sentence
        logger.warning("%s", sentence)

    def _accept(self) -> None:
        while (listener := self._listener) is not None:
            try:
                client, peer = listener.accept()
            except OSError as error:
                if self._listener is None:
                    return
                if not self._is_short:
                    self._is_short = True
                    logger.warning("a scrape could not be taken: %s", error.strerror or error)
                gevent.sleep(PAUSE)
                continue
            while len(self._connections) >= MOST_CONNECTIONS:
                idle = (one for one in self._connections if one not in self._asked)
                self._drop(next(idle, next(iter(self._connections))))
            self._connections[client] = ANSWERING.start(self._answer, client, str(peer[0]) if peer else "")
            gevent.sleep(0)

    def _drop(self, client: Any) -> None:
        if greenlet := self._connections.pop(client, None):
            greenlet.kill(block=False)
            client.close()

    def _answer(self, client: Any, address: str) -> None:
        try:
            with gevent.Timeout(DEADLINE, False):  # noqa: FBT003 it is not raised
                if (head := _head_of(client)) is None:
                    return
                self._asked.add(client)
                if (told := self._answered(head, client, address)) is not None:
                    self._scrapers.note(address, told.verdict)
                _part(client)
        except OSError:  # the one who asked has gone
            pass
        except Exception as error:  # a scrape is not a matter of the run
            logger.debug("a scrape could not be answered: %s", in_a_line(error), exc_info=error)
        finally:
            self._connections.pop(client, None)
            self._asked.discard(client)
            client.close()

    def _answered(self, head: bytes, client: Any, address: str) -> Scraped | None:
        """Answer a request; return what was told, if it were figures."""
        if END_OF_HEAD in head:
            return _Request(head, client, address, self).scraped
        client.sendall(TOO_LONG)
        return None

    def text(self, accept: str, encoding: str) -> Scraped:
        """Return the answer to a scrape."""
        return self._text.answer(accept, encoding)

    def judged(self) -> None:
        """Do nothing: who scrapes is told what holds then."""

    def finish(self) -> None:
        """Stay up until everybody who scraped has been told the verdict, for ``linger`` at the most."""
        if self._ending is not None:
            self._ending.wait(self._options.linger)  # another greenlet ends this process, too
            return
        self._ending = Event()
        try:
            self._linger()
        finally:
            self._ending.set()
            self.let_go()

    def _linger(self) -> None:
        seconds, verdict = self._options.linger, self._text.verdict()
        is_waited_for = self._scrapers.are_there or "linger" in self._options.model_fields_set
        if self._listener is None or verdict is None or not seconds or not is_waited_for:
            return
        if self._scrapers.told_at(verdict) is None:
            until = format_duration(seconds)
            say(f"the figures can be scraped for up to {until} more, at {self.url}; Ctrl-C ends that")
        linger(seconds, lambda: self._scrapers.told_at(verdict), ours=self._ends is not None)

    def let_go(self) -> None:
        """Close the port, and what is connected to it."""
        if self._ends is not None and self._ending is None:
            self._ends.let_go()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        if self._accepting is not None:
            self._accepting.kill(block=False)
        for client in list(self._connections):
            self._drop(client)


def _listener(address: str, port: int) -> Any:
    """Return a socket that listens; raises OSError with why there is none."""
    try:
        with gevent.Timeout(RESOLVING, OSError(0, "nobody says what that address is")):
            found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=names.AI_PASSIVE)
    except UnicodeError:
        raise OSError(0, "that is not an address") from None
    trouble: OSError | None = None
    for family, kind, protocol, _, place in found:
        listener = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            trouble = trouble or error
        else:
            return listener
    raise trouble or OSError(0, "that is not an address of this machine")


def _head_of(client: Any) -> bytes | None:
    """Return what a request says before its body, or the beginning of too much; None where it stops before."""
    head = b""
    while END_OF_HEAD not in head and len(head) < LONGEST_HEAD:
        portion = client.recv(LONGEST_HEAD - len(head))
        if not portion:
            return None
        head += portion
    return head


def _part(client: Any) -> None:
    """Say that this was all, and read what else comes: to close on it would take the answer back."""
    client.shutdown(socket.SHUT_WR)
    rest = LONGEST_REST
    with gevent.Timeout(PARTING, False):  # noqa: FBT003 it is not raised
        while rest > 0 and (portion := client.recv(LONGEST_HEAD)):
            rest -= len(portion)


class _Request(BaseHTTPRequestHandler):
    """One request, read and answered when it is made."""

    protocol_version = "HTTP/1.1"

    def __init__(self, head: bytes, client: Any, address: str, scraping: Scraping) -> None:
        self._head, self._client, self._scraping = head, client, scraping
        self.scraped: Scraped | None = None
        super().__init__(client, (address, 0), cast("BaseServer", None))

    def setup(self) -> None:
        """Read from what is there, and write when all is said."""
        self.rfile, self._written = BytesIO(self._head), BytesIO()
        self.wfile = self._written

    def handle(self) -> None:
        """Take one request, which is the last of its connection."""
        self.handle_one_request()

    def finish(self) -> None:
        """Write the answer."""
        self._client.sendall(self._written.getvalue())

    def version_string(self) -> str:
        """Return who answers."""
        return "locust_ext"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 its name there
        """Say nothing: anyone can send anything."""

    def do_GET(self) -> None:
        """Answer with the figures."""
        if self.path.partition("?")[0] != PATH:
            self._say(HTTPStatus.NOT_FOUND, f"The figures are at {PATH}.\n")
        elif (token := self._scraping.token) is not None and not is_token(self.headers.get("Authorization", ""), token):
            self._say(HTTPStatus.UNAUTHORIZED, NO_TOKEN, *(("WWW-Authenticate", one) for one in CHALLENGES))
        else:
            told = self._scraping.text(self.headers.get("Accept", ""), self.headers.get("Accept-Encoding", ""))
            self.scraped = told if told.status == HTTPStatus.OK else None
            self._write(HTTPStatus(told.status), told.body, *told.headers)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the figures."""
        self.do_GET()
        self.scraped = None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer to what cannot be taken."""
        self.request_version = self.protocol_version  # else what cannot be read would be answered without a status
        is_method = code == HTTPStatus.NOT_IMPLEMENTED
        status = HTTPStatus.METHOD_NOT_ALLOWED if is_method else HTTPStatus(code)
        self._say(status, f"{status.phrase}\n", *([("Allow", "GET, HEAD")] if is_method else []))

    def _say(self, status: HTTPStatus, text: str, *headers: tuple[str, str]) -> None:
        self._write(status, text.encode(), ("Content-Type", "text/plain; charset=utf-8"), *headers)

    def _write(self, status: HTTPStatus, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
