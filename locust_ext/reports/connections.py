"""Whether connections were kept: how many were opened beside how many requests, and when that is too many.

Law: pure. What opens connections by its nature is taken off first: users that come, storms that drop them, requests
without an answer. Where nobody counted connections, nothing is said of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from locust_ext.measure.series import Store
from locust_ext.measure.sinks import AnySink, CounterSink, RateSink

OPENED, REQUESTS, FAILED = "connections_opened", "http_reqs", "http_req_failed"

FEWEST = 20
"""Connections too many, at least: fewer are a trial."""

SHARE = 0.5
"""Connections a request, beyond which keep-alive does not hold: one that is kept for two requests is hardly kept."""

BY_USERS = 2
"""Connections that a user may open without a word, such as one to each of two hosts."""

UNANSWERED = ("", "0")
"""The status of a request without an answer: its connection is gone, too."""

PLAIN, LEAST = 0.1, 0.0001
"""From the first on a share has two digits behind its point; below the second its digits tell nothing."""


def opened_of(totals: Mapping[str, AnySink]) -> str:
    """Return the sentence on connections for the page; ``""``: nobody counted them, or there were no requests."""
    opened, requests = totals.get(OPENED), totals.get(REQUESTS)
    if not isinstance(opened, CounterSink) or not isinstance(requests, CounterSink) or not requests.value:
        return ""
    return f"It opened {spell(opened.value / requests.value)} connections a request."


def spell(share: float) -> str:
    """Return a number of connections a request; a small one keeps the digit that tells something."""
    if share and share < LEAST:
        return f"under {LEAST}"
    return f"{share:.1g}" if 0 < share < PLAIN else f"{share:,.2f}"


def unkept_of(store: Store, users: float) -> Iterator[str]:
    """Yield a sentence where connections were not kept; ``users`` is how many have come in the run."""
    opened, requests = store.counted(OPENED), store.counted(REQUESTS)
    spare = opened - _by_storms(store) - _unanswered(store)
    if not requests or spare < FEWEST or spare <= SHARE * requests or spare <= BY_USERS * users:
        return
    yield (
        f"connections were not kept: {opened:,.0f} were opened for {requests:,.0f} HTTP requests of {users:,.0f} users."
        " Durations contain handshakes, and the target sees clients that connect again and again: see whether it, or a"
        " proxy before it, closes connections (Connection: close, keepalive_requests), and whether code makes a new"
        " client for each request"
    )


def _by_storms(store: Store) -> float:
    """Return how many connections storms have opened: one for each attempt to come back."""
    attempts = store.trend("reconnect_attempts")
    return max(store.counted("reconnect_drops"), (attempts.mean or 0.0) * attempts.count)


def _unanswered(store: Store) -> float:
    """Return how many requests got no answer."""
    lost = (sink for tags, sink in store.of(FAILED) if dict(tags).get("status", "") in UNANSWERED)
    return float(sum(sink.hits for sink in lost if isinstance(sink, RateSink)))
