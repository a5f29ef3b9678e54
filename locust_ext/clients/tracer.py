"""What gives requests a trace: which of them, where to, and how it is known later which of them did carry one.

Law: a trace goes to the hosts of the test alone, never along with a redirect to another origin, and never in the place
of one that is there. Each attempt and each hop that leaves by itself has a span of its own, in the same trace.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from time import perf_counter
from typing import Any, NamedTuple

from gevent import getcurrent

from locust_ext.measure.trace_context import HEADER, TraceIds, trace_id_of
from locust_ext.safety.origin import Origins

_STAMP = "_locust_ext_trace"
"""The attribute of a greenlet that holds the last trace that a request of it carried."""

_REPLAYED = "_locust_ext_replayed"
"""The attribute of a greenlet whose client is about to go once more through what was sent already."""


class Stamp(NamedTuple):
    """The value that a request carried, and when it was given that, by ``perf_counter``."""

    value: str
    at: float


class Tracer:
    """Gives requests their traces; ``gap`` tells how many requests on the next one is that carries one.

    ``goes_home`` tells of a URL whether it goes to the host of the user that sends, which only its code may know.
    """

    def __init__(
        self, ids: TraceIds, gap: Callable[[], int], origins: Origins, goes_home: Callable[[str], bool]
    ) -> None:
        self._ids, self.gap, self._origins, self._goes_home = ids, gap, origins, goes_home
        self._beginnings = origins.beginnings

    def covers(self, url: str) -> bool:
        """Tell whether ``url`` goes to a host of the test."""
        return url.startswith(self._beginnings) or self._origins.covers(url) or self._goes_home(url)

    def begin(self, url: str, headers: MutableMapping[str, Any]) -> None:
        """Begin a trace with a request that carries none, if it goes to a host of the test."""
        if self.covers(url):
            headers[HEADER] = value = self._ids.new()
            setattr(getcurrent(), _STAMP, Stamp(value, perf_counter()))

    def again(self, url: str, headers: MutableMapping[str, Any]) -> None:
        """Go on with the trace that a request carries, if it is of ours: elsewhere it goes without."""
        value = headers.get(HEADER)
        if type(value) is not str or not value.startswith(self._ids.own):
            return
        if self.covers(url):
            headers[HEADER] = value = self._ids.again(value)
            setattr(getcurrent(), _STAMP, Stamp(value, perf_counter()))
        else:
            headers.pop(HEADER, None)


def stamped_since(greenlet: Any, began: float, until: float | None = None) -> str:
    """Return the value that the last request of a greenlet carried, if that began no sooner; ``""``: none did."""
    stamp: Stamp | None = getattr(greenlet, _STAMP, None)
    if stamp is None or stamp.at < began or (until is not None and stamp.at > until):
        return ""
    return stamp.value


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


def trace_of_event(response: Any, exception: Any, began: float) -> str:
    """Return the id of the trace that a request carried which ``began`` then and has just ended, whoever gave it that.

    Its headers tell, as they left; where nobody kept them, or where its last hop led elsewhere, what was noted tells.
    """
    return trace_id_of(_sent(response, exception)) or trace_id_of(stamped_since(getcurrent(), began))


def trace_of_open(begun: Any, at: float) -> str:
    """Return the id of the trace that a request carries which had not ended at ``at``; ``""``: none, or not known."""
    until = at if begun.answered is None else begun.answered
    return trace_id_of(stamped_since(getattr(begun, "greenlet", None), begun.began, until))


def _sent(response: Any, exception: Any) -> Any:
    """Return the header as it was sent, as far as client and exception tell."""
    exchange = getattr(response, "exchange", None)
    if exchange is not None:
        return exchange.traceparent
    request = getattr(response, "request", None) or getattr(exception, "request", None)
    headers = getattr(request, "headers", None)
    return headers.get(HEADER) if headers else None
