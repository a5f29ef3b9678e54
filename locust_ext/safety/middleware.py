"""Signed synthetic traffic: the formula of the signature for both sides, and middleware that verifies it.

Law: one file of the standard library alone, so that a system under test can copy it. A header that does not verify is
answered 403 before the application hears of it, and no text that is made here shows the header or a secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

KEY = "locust_ext.synthetic"
HEADER = "x-synthetic-tenant"
ACK_HEADER = "x-synthetic-tenant-ack"
LONGEST = 512
FURTHEST = 86_400
SHORTEST_SECRET = 16

_NAME = "[A-Za-z0-9._~-]{1,64}"
_VALUE = re.compile(rf"v1;run=({_NAME});tenant=({_NAME});kid=({_NAME});exp=([0-9]{{1,12}});sig=([0-9a-f]{{64}})")
_AUTHORITY = re.compile(r"[a-z0-9._~:\[\]-]+")
_STARTS = ("http.response.start", "websocket.accept", "websocket.http.response.start")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
App = TypeVar("App")


class Forged(ValueError):  # noqa: N818 - it reads as what happened
    """The header is not what a holder of a key has signed for this host; the text says why in a few words."""


@dataclass(frozen=True)
class Synthetic:
    """Who sent a synthetic request: the run of the load test, and its tenant."""

    run: str
    tenant: str


@dataclass(frozen=True)
class Key:
    """A secret that both sides know, and the name under which the header refers to it."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(_NAME, self.id):
            raise ValueError("the id of a key has to be 1 to 64 letters, digits or any of . _ ~ -")
        if len(self.secret) < SHORTEST_SECRET:
            raise ValueError(f"the secret of a key has to have at least {SHORTEST_SECRET} characters")


def read_keys(text: str) -> tuple[Key, ...]:
    """Return the keys of ``KID:SECRET,KID2:SECRET2``: all verify, the first one signs.

    Raises ValueError with a sentence that never shows any of it.
    """
    keys: list[Key] = []
    for place, part in enumerate(text.split(","), start=1):
        name, colon, secret = (piece.strip() for piece in part.partition(":"))
        if not colon:
            raise ValueError(f"key {place} is not written as KID:SECRET")
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"key {place}: the secret of a key has to have at least {SHORTEST_SECRET} characters")
        try:
            keys.append(Key(name, secret.encode("utf-8", "surrogatepass")))
        except ValueError as error:
            raise ValueError(f"key {place}: {error}") from None
    return _distinct(keys)


def _distinct(keys: Iterable[Key]) -> tuple[Key, ...]:
    found = tuple(keys)
    if not found:
        raise ValueError("there is no key: without one every header would have to be refused")
    if len({key.id for key in found}) < len(found):
        raise ValueError("two keys have the same id")
    return found


def authority(host: str) -> str:
    """Return a host as it is signed: in lower case, and without ``:80`` or ``:443``."""
    return re.sub(r":(80|443)\Z", "", host.strip().lower())


def _checked(host: str) -> str:
    name = authority(host)
    if not _AUTHORITY.fullmatch(name):
        raise ValueError(f"{host!r} is not a host; write it as feed.example.com or feed.example.com:8443")
    return name


def _signature(key: Key, host: str, run: str, tenant: str, expires: str) -> str:
    signed = f"v1\n{host}\n{run}\n{tenant}\n{key.id}\n{expires}"
    return hmac.new(key.secret, signed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def sign(key: Key, host: str, run: str, tenant: str, expires: float) -> str:
    """Return the header's value for requests to ``host`` (with its port unless that is 80 or 443).

    It is good until ``expires``, in seconds since 1970. Raises ValueError for what nobody could verify.
    """
    for name, text in (("run", run), ("tenant", tenant)):
        if not re.fullmatch(_NAME, text):
            raise ValueError(f"{text!r} is not a {name}: it has to be 1 to 64 letters, digits or any of . _ ~ -")
    last = str(int(expires))
    if not re.fullmatch("[0-9]{1,12}", last):
        raise ValueError(f"{last} is not a time to expire")
    return (
        f"v1;run={run};tenant={tenant};kid={key.id};exp={last};sig={_signature(key, _checked(host), run, tenant, last)}"
    )


def verify(value: str, hosts: str | Iterable[str], keys: Iterable[Key], now: float) -> Synthetic:
    """Return whom the header speaks for, if one of the keys signed it for one of the hosts; raises Forged."""
    if len(value) > LONGEST:
        raise Forged("too long")
    parts = _VALUE.fullmatch(value)
    if parts is None:
        raise Forged("malformed")
    run, tenant, kid, expires, signature = parts.groups()
    key = next((key for key in keys if key.id == kid), None)
    if key is None:
        raise Forged("unknown key")
    names = {authority(host) for host in ([hosts] if isinstance(hosts, str) else hosts)}
    if not any([hmac.compare_digest(signature, _signature(key, name, run, tenant, expires)) for name in names]):  # noqa: C419 - each takes the same time
        raise Forged("signature does not match")
    if int(expires) <= now:
        raise Forged("expired")
    if int(expires) > now + FURTHEST:
        raise Forged("expires too far ahead")
    return Synthetic(run, tenant)


def synthetic(environ_or_scope: Mapping[str, Any]) -> Synthetic | None:
    """Return what the middleware knows of a request, by its WSGI environ or ASGI scope; None for real traffic."""
    found = environ_or_scope.get(KEY)
    return found if isinstance(found, Synthetic) else None


class _Door(Generic[App]):
    """What both kinds of middleware share: the names, the keys and the decision.

    ``keys`` are those of ``read_keys``. ``hosts`` are the names under which the service is reached; None takes the
    request's own Host, which anyone who replays a header can choose.
    """

    def __init__(
        self,
        app: App,
        keys: str | Iterable[Key],
        *,
        header: str = HEADER,
        ack_header: str = ACK_HEADER,
        hosts: str | Iterable[str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._keys = read_keys(keys) if isinstance(keys, str) else _distinct(keys)
        self._header, self._ack = header.lower(), ack_header.lower()
        self._hosts = None if hosts is None else tuple(map(_checked, [hosts] if isinstance(hosts, str) else hosts))
        if self._hosts == ():
            raise ValueError("there is no host: name one, or leave hosts out to take it from the request")
        self._clock = clock

    def _admit(self, values: Sequence[str], host: str) -> Synthetic | None:
        """Return the sender of a request with these values of the header; raises Forged."""
        if not values:
            return None
        if len(values) > 1:
            raise Forged("sent more than once")
        return verify(values[0], host if self._hosts is None else self._hosts, self._keys, self._clock())


def _refusal(reason: Forged) -> bytes:
    return json.dumps({"error": f"The header that marks synthetic traffic does not verify: {reason}."}).encode()


def acknowledging(start_response: StartResponse, ack_header: str, run: str) -> StartResponse:
    """Return a ``start_response`` that adds the header with which synthetic traffic is acknowledged."""

    def acknowledged(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        others = [(name, value) for name, value in headers if name.lower() != ack_header]
        return start_response(status, [*others, (ack_header, run)], exc_info)

    return acknowledged


class WsgiMiddleware(_Door[Callable[..., Iterable[bytes]]]):
    """Let through what carries no header, mark what carries a valid one, and refuse the rest with 403."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        environ.pop(KEY, None)
        variable = "HTTP_" + self._header.upper().replace("-", "_")
        values = [environ[variable]] if variable in environ else []
        host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}"
        try:
            sender = self._admit(values, host)
        except Forged as reason:
            body = _refusal(reason)
            start_response("403 Forbidden", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]
        if sender is None:
            return self._app(environ, start_response)
        environ[KEY] = sender
        return self._app(environ, acknowledging(start_response, self._ack, sender.run))


class AsgiMiddleware(_Door[AsgiApplication]):
    """The same for ASGI, WebSocket handshakes included: those are refused before they are accepted."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: a request or a WebSocket; others, such as lifespan, pass."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        scope.pop(KEY, None)
        try:
            sender = self._admit(_values(scope, self._header), ",".join(_values(scope, "host")))
        except Forged as reason:
            return await _refuse(scope, receive, send, _refusal(reason))
        if sender is None:
            return await self._app(scope, receive, send)
        scope[KEY] = sender
        ack = (self._ack.encode(), sender.run.encode())

        async def acknowledged(message: Message) -> None:
            if message["type"] in _STARTS:
                others = [pair for pair in message.get("headers", ()) if bytes(pair[0]).lower() != ack[0]]
                message = {**message, "headers": [*others, ack]}
            await send(message)

        return await self._app(scope, receive, acknowledged)


def _values(scope: Scope, name: str) -> list[str]:
    return [value.decode("latin-1") for found, value in scope.get("headers", ()) if found.lower() == name.encode()]


async def _refuse(scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
    if scope["type"] == "websocket":
        await receive()
        return await send({"type": "websocket.close", "code": 1008})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    return await send({"type": "http.response.body", "body": body})
