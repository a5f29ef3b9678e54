"""Every fault of the demo target, as data.

A fault is a name and the dials it turns; nothing else in the target knows a fault by name. A new fault is a new row,
and a new dial only if no existing one says what it needs.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Dials:
    """Everything that a fault can turn; the defaults are a healthy service."""

    tail_share: float = 0.0
    """Share of feed answers that are held back, 0 to 1."""
    tail_seconds: float = 0.0
    """For how long those are held back."""
    fast500_share: float = 0.0
    """Share of API requests that fail with 500 at once, 0 to 1."""
    slow_factor: float = 1.0
    """What every simulated time is multiplied by."""
    pool_start: float = math.inf
    """Worker slots at the start; without the fault there is always a free one."""
    pool_growth_seconds: float = 0.0
    """How long requests have to queue without a pause before the pool adds one slot."""
    handshake_seconds: float = 0.0
    """How long a WebSocket handshake occupies the gate that they pass one at a time; without it there is no gate."""
    handshake_queue: float = math.inf
    """How many handshakes may wait at that gate."""
    capacity_slots: float = math.inf
    """Work slots for API requests; without the fault there is always a free one."""
    success_seconds: float = 0.0
    """How long a request that finds a free slot occupies it."""
    failure_seconds: float = 0.0
    """How long a request that finds none, and fails, occupies one all the same."""
    single_flight: bool = True
    """Whether readers that miss a hot key together share one computation."""
    fanout_prompt: float = math.inf
    """To how many WebSockets a tick goes out at once; without the fault to all of them."""
    fanout_seconds: float = 0.0
    """How late the last one of all the others gets it."""
    leaked_descriptors: float = 0.0
    """Descriptors that an API request opens and never closes."""
    leaked_bytes: float = 0.0
    """Bytes that an API request keeps for ever."""
    doubling_seconds: float = math.inf
    """Seconds, from the first API request on, in which every simulated time doubles."""
    tooth_bytes: float = 0.0
    """Bytes that fill up evenly and are given back at once, again and again."""
    tooth_seconds: float = math.inf
    """How long one of these teeth takes."""
    cache_bytes: float = 0.0
    """Bytes of a cache that fills and never gives back."""
    cache_seconds: float = math.inf
    """In how many seconds what is missing in it falls to a third: after three times that, 95 % are there."""
    lag_growth: float = 0.0
    """Seconds by which the replica lag grows each second since the start."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can go wrong, and the dials that make it go wrong."""

    name: str
    summary: str
    dials: Mapping[str, float] = field(hash=False)


_KIB, _MIB = 1024, 1024 * 1024

_TABLE = (
    Fault("tail", "2 % of feed answers take 4.2 s", {"tail_share": 0.02, "tail_seconds": 4.2}),
    Fault("fast500", "5 % of all API requests fail with 500 in about a millisecond", {"fast500_share": 0.05}),
    Fault(
        "cold-pool",
        "a worker pool that starts with one slot and grows slowly: fine on smoke, ruinous on a spike",
        {"pool_start": 1, "pool_growth_seconds": 30.0},
    ),
    Fault(
        "small-pool",
        "a worker pool of two slots that never grows: it serves about 140 feed requests a second",
        {"pool_start": 2, "pool_growth_seconds": math.inf},
    ),
    Fault("slow", "every simulated service time is 1.5 times longer", {"slow_factor": 1.5}),
    Fault(
        "reconnect",
        "WebSocket handshakes pass one at a time, 60 ms each: a second's crowd waits for a minute",
        {"handshake_seconds": 0.06, "handshake_queue": 10_000},
    ),
    Fault(
        "retry",
        "above 300 API requests a second they fail with 503, and failing costs more: retries keep it down",
        {"capacity_slots": 60, "success_seconds": 0.2, "failure_seconds": 0.3},
    ),
    Fault("stampede", "every reader that misses a hot key computes it at the origin", {"single_flight": False}),
    Fault(
        "slow-fanout",
        "ticks reach 50 WebSockets at once and all others late, the last one by 3 s: fine with few, not with many",
        {"fanout_prompt": 50, "fanout_seconds": 3.0},
    ),
    Fault(
        "fd-leak",
        "every 20th API request leaves a descriptor open, up to half of the process' limit",
        {"leaked_descriptors": 0.05},
    ),
    Fault("memory-leak", "every API request keeps 4 KiB of memory, up to 512 MiB", {"leaked_bytes": 4 * _KIB}),
    Fault(
        "drift",
        "every simulated service time doubles each minute, from the first API request on",
        {"doubling_seconds": 60.0},
    ),
    Fault(
        "sawtooth",
        "healthy: memory rises by 10 MiB, some 30 %, in 9 s and falls back, again and again",
        {"tooth_bytes": 10 * _MIB, "tooth_seconds": 9.0},
    ),
    Fault(
        "cache-fill",
        "healthy: a cache of 48 MiB is filled to 95 % after 30 s, and stays",
        {"cache_bytes": 48 * _MIB, "cache_seconds": 10.0},
    ),
    Fault("replica-lag", "readers fall behind: 50 ms at the start, 20 ms more each second", {"lag_growth": 0.02}),
)

FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for fault in _TABLE})
"""All faults by name, in the order in which they are listed to people."""


class UnknownFault(ValueError):  # noqa: N818 - it reads as what happened
    """A fault was asked for that the table does not have."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, FAULTS, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"There is no fault {name!r}.{hint} The faults are: {', '.join(FAULTS)}.")
        self.name = name


def dials(names: Iterable[str]) -> Dials:
    """Combine faults into one setting; where two turn the same dial, the later one wins.

    >>> dials(["slow", "fast500"]).fast500_share
    0.05
    """
    turned: dict[str, Any] = {}
    for name in names:
        if name not in FAULTS:
            raise UnknownFault(name)
        turned.update(FAULTS[name].dials)
    return replace(Dials(), **turned)
