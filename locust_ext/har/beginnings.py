"""What a configuration begins with after a recording: thresholds from its own times, and a load that can judge them.

Law: pure; a recording is one user's, once, so there is room above what it shows, and each figure says from how many
requests it comes. The load gives each threshold the samples that it needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from locust_ext.drafts.configuration import ConfigEntry
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

LEAST_BOUND = 200
"""Milliseconds: nobody's users tell shorter times apart."""

ENOUGH = 20
"""Requests of a name from which on their p95 says something."""

ROOM, ROOM_OF_P95 = 3, 2
"""How many times the slowest of few requests, and the p95 of many, an answer may take."""

MOST_NAMES = 40
"""Names that have a threshold of their own: those with the most requests."""

WANTED = 25
"""Samples that each name should have: a p95 needs 20."""

USERS, RAMP, SHORTEST, LONGEST = 15, 5, 60, 480
"""Of the load: users, and seconds. A job of CI ends after ten minutes."""

MOST_USERS = 100
MOST_SECONDS = 86_400

Name = tuple[str, str]
"""Under what requests are measured: name and method."""


@dataclass(frozen=True)
class Load:
    """Of the shape that runs for each change: users, and seconds."""

    users: int
    duration: int
    ramp: int
    about: str


def thresholds(times: Mapping[Name, Sequence[float]], counts: Mapping[Name, int]) -> ConfigEntry:
    """Return the thresholds, from the seconds that the requests of each name took where that is known."""
    methods: dict[str, set[str]] = {}
    for name, method in counts:
        methods.setdefault(name, set()).add(method)
    entries = []
    for name, method in sorted(counts, key=lambda key: -counts[key])[:MOST_NAMES]:
        tags = f"name:{name}" + (f",method:{method}" if len(methods[name]) > 1 else "")
        seconds = times.get((name, method), ())
        if seconds:
            bound, why = _bound(seconds)
            entries.append(ConfigEntry(f"http_req_duration{{{tags}}}", [f"p(95)<{bound}"], (why,)))
    rest = len(counts) - len(entries)
    note = f"{plural(rest, 'name')} without one: too many names, or no times in the recording"
    failed = ConfigEntry("http_req_failed", ["rate<0.01"], (note,) if rest else ())
    return ConfigEntry("thresholds", (*entries, failed, ConfigEntry("checks", ["rate>0.99"])))


def _bound(seconds: Sequence[float]) -> tuple[int, str]:
    """Return milliseconds, and where they come from."""
    ordered = sorted(seconds)
    few = len(ordered) < ENOUGH
    base = ordered[-1] if few else ordered[math.ceil(0.95 * len(ordered)) - 1]
    room = ROOM if few else ROOM_OF_P95
    bound = max(LEAST_BOUND, _rounded(min(base, 3600.0) * 1000 * room))
    what = "the slowest" if few else "their p95"
    times = "three times" if few else "twice"
    told = plural(len(ordered), "recorded request")
    return bound, f"from {told}: {times} {what}, {base * 1000:,.0f} ms, and at least {LEAST_BOUND}. Replace it"


def _rounded(value: float) -> int:
    """Return a number of two digits and zeros, not below ``value``."""
    if value <= 0:
        return 0
    step = int(10 ** max(0, math.floor(math.log10(value)) - 1))
    return math.ceil(round(value / step, 6)) * step


def load_for(seconds: float) -> Load:
    """Return the load for a journey that takes so long once, its wait included."""
    once = max(seconds, 0.1)
    duration = min(MOST_SECONDS, max(SHORTEST, math.ceil((RAMP + 1.5 * once) / 10) * 10))
    times = max(1, math.floor((duration - RAMP) / once) - 1)
    users = min(MOST_USERS, max(USERS, math.ceil(WANTED / times)))
    about = f"one journey takes about {once:,.0f} s; {users} users make {users * times:,} of them"
    if duration > LONGEST:
        about += ". CHANGE: that is longer than a job of CI may be: make the journey shorter, or its pauses"
    return Load(users, duration, RAMP, about)
