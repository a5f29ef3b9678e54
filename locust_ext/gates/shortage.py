"""What the machines of the load generator had too little of: descriptors, and ports; and how much would do.

Law: pure; a number is one that people can type.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from locust_ext.measure.series import Store
from locust_ext.measure.sinks import CounterSink
from locust_ext.text.spelling import plural

OWN = 200
"""Descriptors that a process needs beside one for each user: modules, reports, its link to the master, redirects."""

ROUND = 100

UNMADE = "connections_unmade"


def descriptors_for(users: int) -> int:
    """Return how many descriptors will do for so many users in one process."""
    return math.ceil((users + OWN) / ROUND) * ROUND


def too_few(users: int, limit: int) -> str:
    """Return that a process may have fewer descriptors than its users need; ``""``: they will do."""
    if users + OWN <= limit:
        return ""
    needed = descriptors_for(users)
    return (
        f"{plural(users, 'user')} in one process need about {needed:,} descriptors, and it may have {limit:,}: beyond"
        f" them no connection can be made; run `ulimit -n {needed}` before it, or give the run more processes"
    )


def shortages_of(store: Store, users: int) -> Iterator[str]:
    """Yield a sentence for each kind of thing that was lacking; ``users`` is the most that a process had at once."""
    unmade: Counter[str] = Counter()
    limits: list[int] = []
    for tags, sink in store.of(UNMADE):
        if isinstance(sink, CounterSink):
            given = dict(tags)
            unmade[given.get("lacking", "")] += round(sink.value)
            limits += [int(given["ulimit"])] if given.get("ulimit", "").isdecimal() else []
    if count := unmade["descriptors"]:
        least = min(limits, default=0)
        needed = max(descriptors_for(users), descriptors_for(2 * least - OWN) if users + OWN <= least else 0)
        yield (
            f"{_could_not(count)}: a process of the load generator had no descriptor left (it may have {least:,});"
            f" run `ulimit -n {needed}` before it, or give the run more processes"
        )
    if count := unmade["ports"]:
        yield (
            f"{_could_not(count)}: the load generator had no port left towards the target, since a connection that is"
            " closed keeps its own for a minute (TIME_WAIT); keep connections, widen net.ipv4.ip_local_port_range, or"
            " take more source addresses or machines"
        )


def _could_not(count: int) -> str:
    return f"{plural(count, 'connection')} could not be made"
