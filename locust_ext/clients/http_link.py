"""What the links of Locust's two HTTP clients have in common: a user is back when one request is answered.

Law: an attempt is one request, reported like any other; one that gets no answer in time is reported here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import gevent

from locust_ext.clients.sockets import drop_all
from locust_ext.storms.hint import TOO_MANY, retry_after
from locust_ext.storms.link import ConnectFailed

SERVER_ERROR = 500
BAD_REQUEST = 400
"""From this status on an answer carries no fresh data."""


class AttemptTimeout(gevent.Timeout):  # type: ignore[misc]
    """The end of an attempt's time; the link reports its request itself."""

    locust_ext_reported = True


class HttpLink:
    """The connections of a user of HTTP; it is connected again when one request is answered."""

    def __init__(self, user: Any, path: str) -> None:
        self._user, self._path = user, path
        self._left: list[Any] = []
        self._request = user.client.request

    def take(self) -> list[Any]:
        """Return the sockets of every connection that is open, and know them no more."""
        raise NotImplementedError

    def one_attempt(self) -> AbstractContextManager[None]:
        """Keep the client from sending a request again by itself in the block."""
        return nullcontext()

    def connect(self, timeout: float, opened: Callable[[], None]) -> None:
        """Send one request on a new connection; an answer below 500 that is not 429 counts as ready."""
        began = time.perf_counter()
        try:
            with AttemptTimeout(timeout), self.one_attempt():
                response = self._ask()
        except AttemptTimeout:
            self._user.environment.events.request.fire(
                request_type="GET",
                name=f"reconnect {self._path}",
                response_time=(time.perf_counter() - began) * 1000,
                response_length=0,
                context={},
                exception=TimeoutError(f"no answer within {timeout:g} s"),
            )
            raise ConnectFailed("timeout") from None
        status = response.status_code or 0
        if not status:
            raise ConnectFailed("refused")
        opened()
        if not _is_ready(status):
            raise ConnectFailed(f"status:{status}", retry_after(response.headers))

    def _ask(self) -> Any:
        """Return the answer to one request; a server that answers 404 is back as well, and that is not a failure."""
        with self._request("GET", self._path, name=f"reconnect {self._path}", catch_response=True) as response:
            if _is_ready(response.status_code or 0):
                response.success()
        return response

    def drop(self, cause: str) -> None:
        """Drop every connection of the user, also one with a request under way."""
        socks = self.take()
        if cause == "half_open":
            self._left += socks  # nobody reads them any more, but the peer does not know
        else:
            drop_all(socks, cause)

    def forget(self) -> None:
        """Reset what a half-open drop left behind."""
        drop_all(self._left, "reset")
        self._left.clear()

    def gate(self, wait: Callable[[], None], saw_data: Callable[[], None]) -> None:
        """Have the user's requests ``wait`` while it is away; the ones of its way back pass."""
        client = self._user.client
        request: Callable[..., Any] = client.request

        def gated(*arguments: Any, **options: Any) -> Any:
            wait()
            response = request(*arguments, **options)
            if 0 < (getattr(response, "status_code", 0) or 0) < BAD_REQUEST:
                saw_data()
            return response

        client.request = gated


def _is_ready(status: int) -> bool:
    return 0 < status < SERVER_ERROR and status != TOO_MANY
