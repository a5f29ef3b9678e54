"""What held the run back for safety, told where it bears on the figures.

Law: pure; a load that was not the one that was asked for says so beside its verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from locust_ext.gates.run_health import DROPPED_LIMIT
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import CounterSink
from locust_ext.text.spelling import plural

UNCLEAR = "it is not clear where their addresses lead"

NOTICED = 10.0
"""Milliseconds of waiting at p99 from which on it bears on the load; the first lease alone takes one or two."""


def restraints_of(store: Store, left_over: int = 0) -> Iterator[str]:
    """Yield a sentence for requests that waited under the cap, and for each origin that was blocked.

    ``left_over`` are the iterations that were never due, since the longest time of their load was over.
    """
    waits = store.trend("cap_wait")
    middle, late = waits.percentile(50) or 0.0, waits.percentile(99) or 0.0
    if late >= NOTICED:
        yield (
            f"the cap held back {plural(waits.count, 'request')} (each redirect, retry and reconnect is one),"
            f" for {middle:,.0f} ms at p50 and {late:,.0f} ms at p99:"
            " the target saw less load than the users would have made"
        )
    yield from _dropped(store, left_over)
    blocked: Counter[str] = Counter()
    for metric, tags, sink in store:
        if metric == "blocked_requests" and isinstance(sink, CounterSink):
            blocked[dict(tags).get("origin", "?")] += round(sink.value)
    for origin, count in (+blocked).items():
        where, why = (f" to {origin}", "that origin was not declared") if ":" in origin else ("", UNCLEAR)
        yield f"{plural(count, 'request')}{where} did not leave: {why}"


def _dropped(store: Store, left_over: int) -> Iterator[str]:
    """Yield a sentence for a few iterations that found no free user; many are a doubt, which says so itself."""
    dropped, begun = (round(store.counted(metric)) for metric in ("dropped_iterations", "iterations"))
    dropped -= left_over
    if 0 < dropped <= DROPPED_LIMIT * (dropped + begun):
        yield f"{dropped:,} of {dropped + begun:,} due iterations were dropped, since no user of the pool was free"
