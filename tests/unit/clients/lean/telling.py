"""What a client tells of what it was answered, as plain values that can be compared.

Law: everything is told that user code can see: the event, the response with all its attributes, the jar, and what left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import gevent
from locust.contrib.fasthttp import ErrorResponse, FastResponse, ResponseContextManager
from locust.event import EventHook

from tests.unit.clients.lean.stage import PATIENCE, Line, Script, Stage, ok

QUICK = 0.15
"""The timeout where a server does not answer."""


@dataclass(frozen=True)
class Row:
    """An exchange: what user code does, and what the server answers."""

    sentence: str
    does: Callable[[Any], Any]
    script: Script = (ok(),)
    user: Any = None
    """Attributes of the user's class, or what makes them for a stage."""
    greeting: Line = ()
    host: str = "127.0.0.1"
    base: str = "http://HERE"
    unordered: bool = False
    """Whether requests overlap, so that their events come in any order."""
    certificate: str = ""
    """What kind of certificate the server has, if it speaks TLS."""


def row(sentence: str, does: Callable[[Any], Any], *script: Any, **more: Any) -> Row:
    """Return an exchange; without a script everything is answered with ``ok``."""
    return Row(sentence, does, **{"script": script or (ok(),), **more})


def tell(stage: Stage, row: Row, kind: type[Any]) -> dict[str, Any]:
    """Return all that can be seen of an exchange by a user of some kind."""
    stage.perform(row.script, row.greeting)
    events: list[dict[str, Any]] = []
    hook = EventHook()
    hook.add_listener(lambda **event: events.append(event))
    attributes = row.user(stage) if callable(row.user) else row.user or {}
    base = {"host": row.base.replace("HERE", stage.at), "network_timeout": PATIENCE, "connection_timeout": PATIENCE}
    user = type("Someone", (kind,), {**base, **attributes})(SimpleNamespace(events=SimpleNamespace(request=hook)))
    client = user.client
    client.here = stage.at
    began = time.perf_counter()
    with gevent.Timeout(4 * PATIENCE, RuntimeError("it hangs")):
        returned = attempt(lambda: row.does(client))
    told: dict[str, Any] = {
        "seconds": time.perf_counter() - began,
        "events": [_event(event, returned) for event in events],
        "returned": _said(returned),
        "jar": sorted(_cookie(cookie) for cookie in client.cookiejar),
    }
    events.clear()
    del returned
    close(client)
    told["left"] = stage.came()
    if row.unordered:
        told["events"].sort(key=repr)
        requests = b"".join(told["left"]).split(b"\r\n\r\n")
        told["left"] = [len(told["left"]), *sorted(requests)]  # which of several connections is free first is chance
    return told


def close(client: Any) -> None:
    """Close all connections of a client."""
    client.client.clientpool.close()
    if getattr(client, "is_lean", False):
        client.lean.pools.close()


class Raised(tuple[str, str]):
    """The kind and the words of an exception."""

    __slots__ = ()


def attempt(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or what it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 whatever it is, it is told
        return Raised(words(error))


def words(error: BaseException | None) -> Any:
    """Return the kind and the words of an exception."""
    return error and (type(error).__name__, str(error).replace("LeanResponseC", "ResponseC"))


def _said(value: Any) -> Any:
    if isinstance(value, FastResponse):
        return _response(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, Raised):
        return [_said(each) for each in value]
    return value


def _event(event: dict[str, Any], returned: Any) -> dict[str, Any]:
    response = event["response"]
    told = {name: event[name] for name in ("request_type", "name", "url", "context", "response_length")}
    return told | {
        "names": sorted(event),
        "exception": words(event["exception"]),
        "status": response.status_code,
        "text": attempt(lambda: response.text),
        "is returned": response is returned or (isinstance(returned, list) and any(response is r for r in returned)),
        "times": [type(event[name]) for name in ("start_time", "response_time")],
        "request": event["request_type"],
    }


def _response(response: FastResponse) -> dict[str, Any]:
    told: dict[str, Any] = {
        "is": [isinstance(response, kind) for kind in (FastResponse, ErrorResponse, ResponseContextManager)],
        "js": attempt(lambda: getattr(response, "js", "none")),
        "headers": _headers(response.headers),
        "request": _request(response),
        "error": words(getattr(response, "error", None)),
    }
    for name, ask in _ASKED.items():
        told[name] = attempt(lambda ask=ask: ask(response))
    return told


_ASKED: dict[str, Callable[[Any], Any]] = {
    "status_code": lambda r: r.status_code,
    "ok": lambda r: r.ok,
    "url": lambda r: r.url,
    "content": lambda r: r.content,
    "text": lambda r: r.text,
    "json": lambda r: r.json(),
    "encoding": lambda r: r.encoding,
    "raises": lambda r: words(attempt_raise(r)),
    "history": lambda r: [(each.status_code, each.url, _headers(each.headers), each.content) for each in r.history],
    "elapsed": lambda r: type(r.elapsed),
    "length": len,
    "status": lambda r: r.status,
    "data": lambda r: r.data,
    "is closed": lambda r: r.isclosed(),
    "info": lambda r: _headers(r.info()),
    "a header": lambda r: (r.headers.get("x-a"), r.headers.get("X-A", "none"), "X-a" in r.headers),
    "read": lambda r: r.read(),
    "pieces": lambda r: list(r.iter_content(2)),
    "line": lambda r: r.readline(),
    "version": lambda r: (r.stream.version, r.stream.status_message),
    "success": lambda r: r.success() if not isinstance(r, ResponseContextManager) else None,
}


def attempt_raise(response: FastResponse) -> BaseException | None:
    """Return what ``raise_for_status`` raises."""
    try:
        response.raise_for_status()
    except Exception as error:  # noqa: BLE001 whatever it is, it is told
        return error
    return None


def _headers(headers: Any) -> Any:
    return headers if headers is None else list(headers.items())


def _request(response: FastResponse) -> Any:
    request = response.request
    return request and {
        "method": request.method,
        "url": request.url,
        "headers": _headers(request.headers),
        "body": request.body if isinstance(request.body, (str, bytes)) else type(request.body),
        "payload": type(request.payload),
        "host": request.host,
        "full_url": request.full_url,
        "unverifiable": request.unverifiable,
    }


def _cookie(cookie: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in (*sorted(vars(cookie).items(), key=str),))


def differences(theirs: Any, ours: Any, place: str = "") -> list[str]:
    """Return each place where two tell something else, with both."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        names = {**theirs, **ours}
        return [d for name in names for d in differences(theirs.get(name), ours.get(name), f"{place} {name}")]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        pairs = enumerate(zip(theirs, ours, strict=True))
        return [d for number, (a, b) in pairs for d in differences(a, b, f"{place} {number}")]
    return [] if theirs == ours else [f"{place.strip()}: theirs {theirs!r:.400}, ours {ours!r:.400}"]
