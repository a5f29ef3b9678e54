"""Requests of clients of one's own: ``with locust_ext.request("grpc", "Pay") as request: ...``.

Law: it begins where the block does and is recorded where the block ends, whatever ends it; only what kills the user
leaves it open.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import gevent
from locust import User, events

from locust_ext.clients.beginning import was_told
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.open_requests import LOSES, Begun

_DEEPEST = 32
"""Generations of greenlets that are asked whose child they are."""


def user_of(greenlet: Any) -> Any:
    """Return the user that runs in ``greenlet``, or in one that started it; None: there is none."""
    for _ in range(_DEEPEST):
        if greenlet is None:
            return None
        arguments = getattr(greenlet, "args", ())
        if arguments and isinstance(arguments[0], User):
            return arguments[0]
        parent = getattr(greenlet, "spawning_greenlet", None)
        greenlet = parent() if parent is not None else None
    return None


class RequestFailed(Exception):  # noqa: N818 the words of Locust's own CatchResponseError
    """What a request that was called a failure shows as its exception."""


class OwnRequest(Begun):
    """A request of a client of one's own, from its beginning to the end of its block."""

    __slots__ = ("_event", "_failure", "_greenlet", "_started_at", "context", "name", "request_type", "response_length")

    def __init__(self, request_type: str, name: str, context: Mapping[str, Any] | None, event: Any) -> None:
        super().__init__()
        self.request_type, self.name, self.context = request_type, name, dict(context or {})
        self.response_length = 0
        """Bytes of the answer, for Locust's own statistics."""
        self._failure: BaseException | None = None
        self._event = event
        self._greenlet: Any = None

    @property
    def user(self) -> Any:
        """The user in whose greenlet it began, or in one that was started there."""
        return user_of(self._greenlet)

    @property
    def encloses(self) -> bool:
        """Whether user code is at work within it: always."""
        return True

    def describe(self) -> tuple[str, object, Mapping[str, object]]:
        """Return type, name and tags."""
        tags = self.context.get("tags")
        return self.request_type, self.name, tags if isinstance(tags, Mapping) else {}

    def failure(self, text: object) -> None:
        """Count the request as failed, with ``text`` (or an exception) as the reason."""
        self._failure = text if isinstance(text, BaseException) else RequestFailed(str(text))

    def __enter__(self) -> Self:
        recorder = DECLARED.recorder
        if recorder is not None:
            if recorder.open.turn is not None:
                recorder.open.turn(None)
            self._greenlet = gevent.getcurrent()
            if recorder.open.leaving:
                recorder.open.bar(self.user)
            self.phase = recorder.phases.name
            if recorder.by_iteration:
                self.iteration = recorder.iteration_now()
            recorder.open.begin(self)
        self._started_at, self.began = time.time(), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        milliseconds = (time.perf_counter() - self.began) * 1000
        recorder = DECLARED.recorder
        if isinstance(error, gevent.GreenletExit) and not was_told(error):
            if recorder is not None:
                setattr(error, LOSES, True)
                recorder.open.lose(self)
            return
        if recorder is not None:
            recorder.open.end(self)
        self._event.fire(
            request_type=self.request_type,
            name=self.name,
            response_time=milliseconds,
            response_length=self.response_length,
            response=None,
            context=self.context,
            exception=self._failure or error,
            start_time=self._started_at,
            url=None,
        )


def request(request_type: str, name: str, context: Mapping[str, Any] | None = None, event: Any = None) -> OwnRequest:
    """Return a request to be sent in a ``with`` block, which measures it, counts it while it is open and reports it.

    ``request_type`` is such as ``"grpc"`` (those of HTTP go to ``http_*``), ``context`` as in Locust's clients. An
    exception in the block makes it a failure and goes on; ``request.failure(text)`` makes it one without, and
    ``request.response_length`` is in bytes. A user that is killed in the block leaves it open: it is judged as a
    request that never came back. ``event`` is the request event of an Environment of one's own; by default the one of
    the process.
    """
    return OwnRequest(request_type, name, context, event or events.request)
