"""The session of a LeanHttpUser: FastHttpUser's, in which a request that is plain takes the short way.

Law: the event, the response and the bytes are those of FastHttpUser. A request is plain if its head can be built once
for all of its kind, and its answer if it is whole, says that all is well and leads nowhere else. What is not goes
geventhttpclient's way, from the beginning or from where it turned out.
"""

from __future__ import annotations

import json as jsonlib
import time
from time import perf_counter
from typing import Any

import gevent
from geventhttpclient.client import HTTPClientPool as StockPools
from geventhttpclient.connectionpool import DEFAULT_CONNECTION_TIMEOUT as CONNECTING
from geventhttpclient.connectionpool import DEFAULT_NETWORK_TIMEOUT as WAITING
from geventhttpclient.useragent import RetriesExceeded
from locust.contrib.fasthttp import (
    FAILURE_EXCEPTIONS,
    ErrorResponse,
    FastHttpSession,
    FastResponse,
    ResponseContextManager,
)

from locust_ext.clients.lean.agent import LeanAgent
from locust_ext.clients.lean.answer import Answer
from locust_ext.clients.lean.bad_status import BadStatus, is_text
from locust_ext.clients.lean.connection import LATE
from locust_ext.clients.lean.conversation import converse
from locust_ext.clients.lean.cookies import Jar
from locust_ext.clients.lean.heads import Heads, address_of, read_address
from locust_ext.clients.lean.interim import after_interim
from locust_ext.clients.lean.kind import Kind
from locust_ext.clients.lean.pool import Late
from locust_ext.clients.lean.replay import Replay
from locust_ext.clients.lean.response import Exchange, LeanResponse, LeanResponseContextManager
from locust_ext.clients.lean.unpacking import measure, unpack
from locust_ext.safety.guard import Blocked

_STOCK = FastHttpSession.request
_NOTHING: dict[str, Any] = {}
_AS_GIVEN = (str, bytes, dict, type(None))
"""What a plain request's body is given as."""


class LeanSession(FastHttpSession):
    """FastHttpUser's ``client``, at a third of its cost."""

    request_name: str | None = None
    """What requests are called meanwhile; older Locusts have no ``rename_request``."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        pools = self.client.clientpool
        self.is_lean = type(pools) is StockPools and pools.client_args.get("proxy_host") is None
        """Whether connections are of ours: neither shared by users nor to a proxy."""
        if options.get("client_pool") is not None:
            self.is_lean = False
        if not self.is_lean:
            return
        self._jar = self.cookiejar = self.client.cookiejar = Jar()
        self.lean = LeanAgent(self.client)
        """The way of what is not plain."""
        self._heads = Heads(self.lean)
        given = pools.client_args.get
        timeouts = given("connection_timeout", CONNECTING), given("network_timeout", WAITING)
        self._bound = None if None in timeouts else sum(timeouts)

    def request(  # noqa: PLR0917 as FastHttpSession has it
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: Any = None,
        catch_response: bool = False,  # noqa: FBT001, FBT002
        stream: bool = False,  # noqa: FBT001, FBT002
        headers: dict[str, Any] | None = None,
        auth: Any = None,
        json: Any = None,
        allow_redirects: bool = True,  # noqa: FBT001, FBT002
        context: dict[str, Any] = _NOTHING,
        params: Any = None,
        **uncommon: Any,
    ) -> Any:
        """Send a request as FastHttpSession does, and return what it returns."""
        if uncommon or stream or not self.is_lean or not isinstance(data, _AS_GIVEN):
            if params is not None:
                uncommon["params"] = params
            return _STOCK(
                self, method, url, name, data, catch_response, stream, headers, auth, json, allow_redirects, context,
                **uncommon,
            )  # fmt: skip
        if self.request_name and not name:
            name = self.request_name
        built_url = self._build_url(url)
        start_time = time.time()
        if self.user:
            context = {**self.user.context(), **context}
        kind = Kind(
            method,
            built_url,
            data if data or json is None else jsonlib.dumps(json),
            not data and json is not None,
            dict(headers) if headers else None,
            auth,
            self.auth_header,
            params,
        )
        began = perf_counter()
        response: Any = self._plain(kind, allow_redirects)
        exception: BaseException | None = None
        if response is None:
            response = self._other(kind, allow_redirects, began)
        made: Any = ResponseContextManager
        length = -1
        if type(response) is LeanResponse:
            made, length, exception = LeanResponseContextManager, response.length, response.error
            response._elapsed = perf_counter() - began  # noqa: SLF001 what the response is asked for
        if length < 0:
            try:
                length = measure(response)
                response.raise_for_status()
            except FAILURE_EXCEPTIONS as error:
                exception = error
        milliseconds = (perf_counter() - began) * 1000
        meta = {
            "request_type": method,
            "name": name or url,
            "context": context,
            "response": response,
            "exception": exception,
            "start_time": start_time,
            "url": built_url,
            "response_length": max(length, 0),
            "response_time": milliseconds,
        }
        if catch_response:
            return made(response, self.request_event, meta, catch_response)
        self.request_event.fire(**meta)
        return response

    def _plain(self, kind: Kind, follows: bool) -> FastResponse | None:  # noqa: FBT001
        """Return the plain answer to a plain request, or what stands for one that must not leave.

        None: geventhttpclient shall go through it, from where it is.
        """
        address = address_of(kind.url) if kind.params is None else read_address(kind.url, kind.params)
        if address is None or self.client.cookiejar is not self._jar:
            return None
        cookies = self._jar.header(kind.url) if self._jar.version else None
        try:
            head = self._heads.get(kind, address, cookies)
        except Blocked as error:
            return ErrorResponse(kind.unsent(self.lean), error)
        if head is None:
            return None
        sent, pool = head.fill(kind, address), head.pool
        try:
            connection = pool.take()
        except Exception as error:  # noqa: BLE001 whatever it is, geventhttpclient would have met it
            pool.replay(error)
            return None
        try:
            came, unsent, ended = converse(connection, sent)
        except gevent.GreenletExit:
            pool.release_socket(connection)
            raise
        answer = connection.answer
        if unsent or ended or answer.ended != 1 or answer.begun != 1 or self._is_special(answer, came, follows):
            pool.replay(Replay.of(connection, came, unsent, ended))
            return None
        if answer.should_keep_alive():
            pool.return_socket(connection)
        else:
            pool.release_socket(connection)
        if answer.interim:
            came = after_interim(came)
        return self._respond(answer, Exchange(self.lean, kind, cookies, sent, came))

    def _is_special(self, answer: Answer, came: bytes, follows: bool) -> bool:  # noqa: FBT001
        """Tell whether an answer leads elsewhere, or is a failure that is packed or no text."""
        agent, status = self.client, answer.first
        if status in agent.valid_response_codes:
            return follows and status in agent.redirect_response_codes
        return b"\ncontent-encoding:" in came.lower() or not is_text(b"".join(answer.body))

    def _respond(self, answer: Answer, exchange: Exchange) -> LeanResponse:
        came = exchange.came
        head = came[: came.find(b"\r\n\r\n") + 2].lower()
        content: bytes | None = b"".join(answer.body)
        length = len(content or b"")
        if b"\ncontent-encoding:" in head:
            content, length = unpack(head, content or b"")
        response = LeanResponse(exchange, answer.first, content, length)
        if b"\nset-cookie" in head:
            self._jar.extract_cookies(response, response.request)  # type: ignore[arg-type]  # it asks for the headers
        if answer.first not in self.client.valid_response_codes:
            response.error = BadStatus(response)
        return response

    def _other(self, kind: Kind, follows: bool, began: float) -> Any:  # noqa: FBT001
        """Return the answer to a request by geventhttpclient's own way, or what stands for one that failed."""
        bound = self._bound and self._bound * (self.client.max_retries + 1)
        left = None if bound is None else max(0.001, began + bound - perf_counter())
        try:
            with gevent.Timeout(left, late := Late()):
                return self.lean.urlopen(
                    kind.url,
                    method=kind.method,
                    payload=kind.payload,
                    headers=kind.headers_given(),
                    params=kind.params,
                    max_redirects=None if follows else 0,
                )
        except Late as error:
            if error is not late:
                raise
            why = RetriesExceeded(kind.url, self.client.max_retries, original=TimeoutError(LATE))
            return ErrorResponse(kind.unsent(self.lean), why)
        except FAILURE_EXCEPTIONS as error:
            response = getattr(error, "response", None)
            if response is None:
                return ErrorResponse(kind.unsent(self.lean), error)
            response.error = error
            return response
        finally:
            self.lean.pools.drop_replays()
