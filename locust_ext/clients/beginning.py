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
from typing import TYPE_CHECKING, Any
from weakref import ref

from gevent import getcurrent
from locust.event import EventHook

from locust_ext.measure.iteration_context import IterationContext, iteration_of
from locust_ext.measure.open_requests import LOSES, MARK, Begun

if TYPE_CHECKING:
    from locust_ext.measure.recorder import Recorder

_FIRE = EventHook.fire.__code__
_PLACES = ("client", "method", "url", "name")
"""What both clients' ``request`` takes first."""
_REQUESTED = "noting.<locals>.wrap.<locals>.requested"
"""The wrapper itself, in the frames of a greenlet."""


class SentByLocust(Begun):
    """A request of one of Locust's HTTP clients, with what it was called with."""

    __slots__ = ("arguments", "greenlet", "has_iteration", "meta", "options")

    arguments: tuple[Any, ...]
    """The client, and what its ``request`` was given in places; the rest is among the options."""
    options: Mapping[str, Any]
    greenlet: Any
    has_iteration: bool
    """Whether the run is one in which requests belong to iterations."""
    meta: tuple[object, object]
    """What its event will be called and its context; only once the answer is there."""

    __init__ = object.__init__  # the one who begins it assigns all of it: a call costs more than all these assignments

    @property
    def iteration(self) -> IterationContext | None:
        """The iteration that it belongs to: that of its greenlet, looked up when it is asked for."""
        return iteration_of(self.greenlet) if self.has_iteration else None

    @property
    def user(self) -> Any:
        """The user whose client it is."""
        return self.client.user

    @property
    def client(self) -> Any:
        """The client that was called."""
        return self.arguments[0]

    def given(self, name: str) -> Any:
        """Return what ``request`` was given under a name, in its place or as an option; None: nothing."""
        place = _PLACES.index(name)
        return self.arguments[place] if place < len(self.arguments) else self.options.get(name)

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
        told, context = (None, None) if self.answered is None else self.meta
        name = told or self.given("name") or self.client.request_name or self.unnamed()
        if context is None:
            user = self.client.user
            context = {**(user.context() if user else {}), **(self.options.get("context") or {})}
        tags = context.get("tags") if isinstance(context, Mapping) else None
        return str(self.given("method")), name, tags if isinstance(tags, Mapping) else {}

    def await_report(self, response: Any) -> None:
        """Wait for the result that user code reports, and remember how the event will call it."""
        meta = response.request_meta
        self.meta = meta["name"], meta["context"]
        self.answered, self._response = perf_counter(), ref(response)
        setattr(meta["response"], MARK, self)


def noting(recorder: Recorder, make: type[SentByLocust]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what to wrap around a client's ``request``: each call is noted with ``recorder``, as a ``make``."""
    register = recorder.open
    opened, leaving, phases = register.opened, register.leaving, recorder.phases

    def wrap(request: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(request)
        def requested(*arguments: Any, **options: Any) -> Any:  # as they come: naming them here costs more
            turn = register.turn
            if turn is not None:
                turn(arguments[0].user)
            if leaving:
                register.bar(arguments[0].user)
            begun = make()
            begun.began, begun.phase, begun.has_iteration = perf_counter(), phases.name, recorder.by_iteration
            begun.arguments, begun.options, begun.greenlet = arguments, options, getcurrent()
            begun.answered = None
            opened[begun] = None
            try:
                response = request(*arguments, **options)
            except BaseException as error:
                if was_told(error):
                    register.end(begun)
                else:
                    setattr(error, LOSES, True)
                    register.lose(begun)
                raise
            if getattr(response, "_catch_response", False):
                begun.await_report(response)
                register.unreported += 1
            else:
                opened.pop(begun, None)
            return response

        return requested

    return wrap


def was_told(error: BaseException) -> bool:
    """Tell whether the request that ``error`` left has been reported: by its event, or by the code that raised it."""
    if getattr(error, "locust_ext_reported", False):
        return True
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is _FIRE:
            return True
        trace = trace.tb_next
    return False
