"""What a request is answered with: FastHttpUser's response, of which most is built only when somebody asks for it.

Law: whatever is asked for is built by geventhttpclient and Locust themselves, from the bytes that came and went.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from geventhttpclient.response import HTTPSocketPoolResponse
from locust.contrib.fasthttp import FastRequest, FastResponse, ResponseContextManager

from locust_ext.measure.trace_context import HEADER, LINE

if TYPE_CHECKING:
    from locust_ext.clients.lean.agent import LeanAgent
    from locust_ext.clients.lean.kind import Kind


class Exchange(NamedTuple):
    """What went and what came."""

    agent: LeanAgent
    kind: Kind
    cookies: str | None
    sent: bytes
    came: bytes
    """The whole answer, as it stood on the wire."""

    @property
    def traceparent(self) -> str:
        """The trace that was put into the request; ``""``: none, or the user's own."""
        end = self.sent.find(b"\r\n\r\n")
        at = self.sent.find(LINE, 0, end)
        return "" if at < 0 else self.sent[at + len(LINE) : end].partition(b"\r")[0].decode("latin-1")


class Came:
    """Stands in for a socket and its pool, where all has come already."""

    def recv(self, _: int) -> bytes:
        """Return nothing: that is where an answer ends that does not say how long it is."""
        return b""

    def return_socket(self, _: object) -> None:
        """Keep nothing: the connection has long gone back."""

    release_socket = return_socket


_CAME = Came()


class Lazy:
    """The parts of a response that are built when they are asked for."""

    exchange: Exchange
    length = -1
    """Bytes of the content; negative: nobody has looked yet."""
    is_packed = False
    """Whether its content is too long to be kept before somebody asks for it."""

    @cached_property
    def _response(self) -> HTTPSocketPoolResponse:
        _, kind, _, _, came = self.exchange
        answer = HTTPSocketPoolResponse(_CAME, _CAME, method=kind.method, pre_buffered=came)  # type: ignore[arg-type]
        if self.length >= 0 and not self.is_packed:
            answer.read()  # its content has been read, so that nothing is left to read of it
        return answer

    @cached_property
    def headers(self) -> Any:
        """Headers of the answer."""
        return self._response._headers_index  # noqa: SLF001 where FastHttpUser's has them from

    @cached_property
    def request(self) -> FastRequest:
        """The request that was answered."""
        agent, kind, cookies, _, _ = self.exchange
        request = kind.build(agent, cookies)
        if value := self.exchange.traceparent:
            request.headers[HEADER] = value
        return request  # type: ignore[no-any-return]

    @property
    def _request(self) -> FastRequest:
        return self.request

    @property
    def _sent_request(self) -> str:
        head, _, _ = self.exchange.sent.partition(b"\r\n\r\n")
        return f"{head.decode('latin-1')}\r\n\r\n"


class LeanResponse(Lazy, FastResponse):  # type: ignore[misc, override]
    """The answer to a request that was plain in every respect."""

    status_code = 0
    error: Exception | None = None
    """Why it is a failure, if it is."""

    def __init__(self, exchange: Exchange, status: int, content: bytes | None, length: int) -> None:
        self.exchange, self.status_code, self.length = exchange, status, length
        self._history: list[Any] = []
        self._elapsed = None
        if content is None:
            self.is_packed = True
        else:
            self._cached_content = content


class LeanResponseContextManager(Lazy, ResponseContextManager):  # type: ignore[misc, override]
    """The same with ``catch_response``: user code says what it was."""

    status_code = 0
