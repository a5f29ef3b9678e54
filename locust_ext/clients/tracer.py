"""What gives requests a trace: which of them, where to, and how it is known later which of them did carry one.

Law: a trace goes to the hosts of the test alone, never along with a redirect to another origin, and never in the place
of one that is there. Each attempt and each hop that leaves by itself has a span of its own, in the same trace. A trace
is noted where it is given: a request that carries none is asked nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from itertools import islice
from time import perf_counter
from typing import Any, NamedTuple
from weakref import ref

from gevent import getcurrent

from locust_ext.measure.open_requests import CONNECTS
from locust_ext.measure.trace_context import HEADER, TraceIds, trace_id_of
from locust_ext.safety.origin import Origins

_STAMPS = "_locust_ext_traces"
"""The attribute of a greenlet that holds what its latest requests carried, the last one first."""

_DEEPEST = 4
"""Requests of one greenlet that are open at once, one in the ``with`` of the other, whose traces are known."""

_REPLAYED = "_locust_ext_replayed"
"""The attribute of a greenlet whose client is about to go once more through what was sent already."""

_LATEST = 64
"""Requests that began last, among which the one is looked for that is about to leave."""


class Stamp(NamedTuple):
    """What a request carried."""

    value: str
    at: float
    """When it was given that, by ``perf_counter``."""
    headers: Mapping[str, Any]
    """With which it leaves: somebody behind us, such as OpenTelemetry, may put its own trace in the place of ours."""
    begun: Callable[[], Any]
    """Returns the request, as it was noted when it began; None: it was not, or is gone."""

    @property
    def trace_id(self) -> str:
        """The id of the trace that it carried."""
        return trace_id_of(self.headers.get(HEADER)) or trace_id_of(self.value)


class Tracer:
    """Gives requests their traces; ``gap`` tells how many requests on the next one is that carries one.

    ``goes_home`` tells of a URL whether it goes to the host of the user that sends, which only its code may know;
    ``opened`` are the requests that are open, in the order in which they began.
    """

    def __init__(
        self,
        ids: TraceIds,
        gap: Callable[[], int],
        origins: Origins,
        goes_home: Callable[[str], bool],
        opened: Mapping[Any, None],
    ) -> None:
        self._ids, self.gap, self._origins, self._goes_home, self._opened = ids, gap, origins, goes_home, opened
        self._beginnings = origins.beginnings

    def covers(self, url: str) -> bool:
        """Tell whether ``url`` goes to a host of the test."""
        return url.startswith(self._beginnings) or self._origins.covers(url) or self._goes_home(url)

    def begin(self, url: str, headers: MutableMapping[str, Any]) -> None:
        """Begin a trace with a request that carries none, if it goes to a host of the test."""
        if self.covers(url):
            headers[HEADER] = value = self._ids.new()
            self.note(value, headers)

    def again(self, url: str, headers: MutableMapping[str, Any]) -> None:
        """Go on with the trace that a request carries: elsewhere it goes without, if it is of ours."""
        value = headers.get(HEADER)
        if type(value) is not str:
            return
        if not value.startswith(self._ids.own):
            self.note(value, headers)
        elif self.covers(url):
            headers[HEADER] = value = self._ids.again(value)
            self.note(value, headers)
        else:
            headers.pop(HEADER, None)

    def note(self, value: str, headers: Mapping[str, Any]) -> None:
        """Note what the request of this greenlet carries that is about to leave."""
        greenlet = getcurrent()
        begun = self._begun_by(greenlet)
        others = [one for one in stamps_of(greenlet) if one.begun is not begun and one.begun() in self._opened]
        setattr(greenlet, _STAMPS, [Stamp(value, perf_counter(), headers, begun), *others[: _DEEPEST - 1]])

    def _begun_by(self, greenlet: Any) -> Callable[[], Any]:
        """Return what returns the request that a greenlet is about to send: it has only just begun.

        Between the begin of a connect and its handshake many others may have begun.
        """
        connects = getattr(greenlet, CONNECTS, None)
        if connects is not None:
            return ref(connects)
        for one in islice(reversed(self._opened), _LATEST):
            if getattr(one, "greenlet", None) is greenlet:
                return ref(one)
        return _nobody


def _nobody() -> None:
    return None


def stamps_of(greenlet: Any) -> Sequence[Stamp]:
    """Return what the latest requests of a greenlet carried that were given traces; all of them may be long over."""
    stamps: Sequence[Stamp] = getattr(greenlet, _STAMPS, ())
    return stamps


def stamped_since(began: float) -> str:
    """Return the value that a request of this greenlet was given since then; ``""``: none."""
    return next((stamp.value for stamp in stamps_of(getcurrent())[:1] if stamp.at >= began), "")


def replay(value: str) -> None:
    """Have what this greenlet sends next carry ``value``, or nothing: it is on its way already."""
    setattr(getcurrent(), _REPLAYED, value)


def replayed() -> str | None:
    """Return what was said to be on its way already, once; None: nothing is."""
    greenlet = getcurrent()
    value: str | None = getattr(greenlet, _REPLAYED, None)
    if value is not None:
        delattr(greenlet, _REPLAYED)
    return value


class TracesOfRequests:
    """Tells which traces requests carried, of those that are ``opened``: whose event is told is still among them."""

    def __init__(self, opened: Mapping[Any, None]) -> None:
        self._opened = opened

    def of_event(self, name: object, milliseconds: float | None) -> str:
        """Return the trace of the request whose event is told in this greenlet now.

        ``milliseconds``: its duration, None where that is not known.
        """
        for stamp in stamps_of(getcurrent()):
            if self._is_of(stamp, name, milliseconds):
                return stamp.trace_id
        return ""

    def _is_of(self, stamp: Stamp, name: object, milliseconds: float | None) -> bool:
        """Tell whether a request that was given a trace is the one whose event is told.

        It is another one, if that has been told already, or is the one around a ``with`` in which this one was sent.
        """
        begun = stamp.begun()
        if begun is None:
            return stamp.begun is _nobody and stamp.at >= perf_counter() - ((milliseconds or 0.0) + _SLACK) * 0.001
        if begun not in self._opened:
            return False
        if begun.answered is None:
            return True
        return bool(begun.meta[0] == name and (milliseconds or 0.0) <= begun.age(begun.answered) + _SLACK)

    def of_failed(self, name: object, response: Any, exception: Any) -> str:
        """Return the trace of a request that failed, of ours or not: its headers tell, where they were kept."""
        request = getattr(response, "request", None) or getattr(exception, "request", None)
        headers = getattr(request, "headers", None)
        return (trace_id_of(headers.get(HEADER)) if headers else "") or self.of_event(name, None)


_SLACK = 1.0
"""Milliseconds by which what is noted of a request may be off, since noting takes time, too."""


def trace_of_open(begun: Any) -> str:
    """Return the trace that a request carries which has not ended; ``""``: none, or not known."""
    stamps = stamps_of(getattr(begun, "greenlet", None))
    return next((stamp.trace_id for stamp in stamps if stamp.begun() is begun), "")
