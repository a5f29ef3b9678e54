"""What a request is: all that FastHttpUser's session was given for it, and what it makes of that.

Law: two requests of one kind have the same head, but for their target and the length of their body.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from geventhttpclient.header import Headers
from locust.contrib.fasthttp import FastRequest, _construct_basic_auth_str

if TYPE_CHECKING:
    from locust_ext.clients.lean.agent import LeanAgent


class Kind(NamedTuple):
    """One request, as it was asked for."""

    method: str
    url: str
    payload: Any
    is_json: bool
    headers: dict[str, Any] | None
    auth: Any
    """A user and a password."""
    standing_auth: str | None
    """The whole header that stands for a user and a password where there are none."""
    params: Any

    def headers_given(self) -> dict[str, Any]:
        """Return the headers that FastHttpUser's session gives its agent."""
        headers = dict(self.headers) if self.headers else {}
        if self.auth:
            headers["Authorization"] = _construct_basic_auth_str(self.auth[0], self.auth[1])
        elif self.standing_auth:
            headers["Authorization"] = self.standing_auth
        if "Accept-Encoding" not in headers and "accept-encoding" not in headers:
            headers["Accept-Encoding"] = "gzip, deflate, br"
        if self.is_json:
            if "Content-Type" not in headers and "content-type" not in headers:
                headers["Content-Type"] = "application/json"
            if "Accept" not in headers and "accept" not in headers:
                headers["Accept"] = "application/json"
        return headers

    def build(self, agent: LeanAgent, cookies: str | None, made: type[FastRequest] = FastRequest) -> Any:
        """Return the request that FastHttpUser's agent makes of it."""
        headers: Headers = agent.default_headers.copy()
        headers.update(self.headers_given())
        request = agent._make_request(  # noqa: SLF001 as FastHttpUser's session does
            self.url, method=self.method, headers=headers, payload=self.payload, params=self.params, request_type=made
        )
        if cookies is not None and "cookie" not in headers:
            headers.add("Cookie", cookies)
        return request

    def unsent(self, agent: LeanAgent) -> FastRequest:
        """Return the request that FastHttpUser shows without an answer."""
        return agent._make_request(  # type: ignore[return-value]  # noqa: SLF001 as FastHttpUser's session does
            self.url, method=self.method, headers=self.headers_given(), payload=self.payload, params=self.params
        )

    def likeness(self, cookies: str | None) -> Hashable:
        """Return what all requests of its kind have in common."""
        headers, payload = self.headers, self.payload
        form = type(payload) if payload else None
        given = tuple(headers.items()) if headers else None
        return self.method, form, self.is_json, given, self.auth, self.standing_auth, cookies

    def body(self) -> bytes:
        """Return the bytes of its body."""
        payload = self.payload
        return _FORMS[type(payload)](payload) if payload else b""


_FORMS: dict[type[Any], Callable[[Any], bytes]] = {
    bytes: bytes,
    str: str.encode,
    dict: lambda fields: urlencode(fields).encode(),
}
