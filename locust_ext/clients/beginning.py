"""Where a request of Locust's clients begins, and how it can end: the one wrapper around ``request``.

Law: a request is struck off when its event was recorded, never before; what leaves ``request`` by an exception without
an event is lost. The wrapper passes on what it was given, and adds an object and an entry of a dictionary.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from time import perf_counter
from types import FrameType, TracebackType
from typing import Any

from gevent import getcurrent
from locust.event import EventHook

from locust_ext.measure.occasion import Occasion, current
from locust_ext.measure.open_requests import LOSES, Begun
from locust_ext.measure.recorder import Recorder

_FIRE = EventHook.fire.__code__
_REQUESTED = "noting.<locals>.wrap.<locals>.requested"
"""The wrapper itself, in the frames of a greenlet."""


class SentByLocust(Begun):
    """A request of one of Locust's HTTP clients, with what it was called with."""

    __slots__ = ("arguments", "client", "greenlet", "meta", "method", "options", "url")

    def __init__(
        self,
        client: Any,
        method: object,
        url: object,
        arguments: tuple[Any, ...],
        options: Mapping[str, Any],
        phase: str,
        occasion: Occasion | None,
    ) -> None:
        self.began = perf_counter()  # all of it here: another call costs more than an assignment
        self.phase, self.occasion = phase, occasion
        self.answered = self._response = None
        self.client, self.method, self.url = client, method, url
        self.arguments, self.options = arguments, options
        self.greenlet: Any = getcurrent()
        self.meta: tuple[object, object] | None = None
        """What its event will be called and its context, once the answer is there."""

    @property
    def user(self) -> Any:
        """The user whose client it is."""
        return self.client.user

    @property
    def is_told(self) -> bool:
        """Whether its greenlet is at work in a listener of its event, which we heard first."""
        frame: FrameType | None = sys._getframe() if self.greenlet is getcurrent() else self.greenlet.gr_frame  # noqa: SLF001
        while frame is not None:
            if frame.f_code is _FIRE:
                return self.answered is None
            if frame.f_code.co_qualname == _REQUESTED and frame.f_locals.get("begun") is self:
                return False
            frame = frame.f_back
        return False

    def unnamed(self) -> object:
        """Return what the client calls a request without a name."""
        raise NotImplementedError

    def describe(self) -> tuple[str, object, Mapping[str, object]]:
        """Return method, name and tags, as the event will have them as far as that is known yet."""
        given = self.arguments[0] if self.arguments else self.options.get("name")
        told, context = self.meta or (None, None)
        name = told or given or self.client.request_name or self.unnamed()
        if context is None:
            user = self.client.user
            context = {**(user.context() if user else {}), **(self.options.get("context") or {})}
        tags = context.get("tags") if isinstance(context, Mapping) else None
        return str(self.method), name, tags if isinstance(tags, Mapping) else {}

    def await_report(self, response: Any) -> None:
        """Wait for the result that user code reports, and remember how the event will call it."""
        meta = response.request_meta
        self.meta = meta.get("name"), meta.get("context")
        self.hand_over(response, meta["response"])


def noting(recorder: Recorder, make: type[SentByLocust]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what to wrap around a client's ``request``: each call is noted with ``recorder``, as a ``make``."""
    register = recorder.open
    opened, leaving, phases = register.opened, register.leaving, recorder.phases

    def wrap(request: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(request)
        def requested(client: Any, method: Any, url: Any, *arguments: Any, **options: Any) -> Any:
            turn = register.turn
            if turn is not None:
                turn(client.user)
            if leaving:
                register.bar(client.user)
            occasion = current() if recorder.occasions else None
            begun = make(client, method, url, arguments, options, phases.name, occasion)
            opened[begun] = None
            try:
                response = request(client, method, url, *arguments, **options)
            except BaseException as error:
                if was_told(error):
                    register.end(begun)
                else:
                    setattr(error, LOSES, True)
                    register.lose(begun)
                raise
            if getattr(response, "_catch_response", False):
                if begun in opened:
                    begun.await_report(response)
                    register.unreported += 1
            else:
                opened.pop(begun, None)
            return response

        return requested

    return wrap


def was_told(error: BaseException) -> bool:
    """Tell whether the request that ``error`` left has been reported: by its event, or by whoever raised it."""
    if getattr(error, "locust_ext_reported", False):
        return True
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is _FIRE:
            return True
        trace = trace.tb_next
    return False
