"""Classic buckets of a histogram: their edges, chosen from the bounds of thresholds, and what lies below each.

Law: pure. A bound is an edge exactly, so that a query at it is exact to the width of our own buckets, 0.1 %. Edges stay
the same through a run, and counts only grow: what is counted once at an edge is counted there ever after.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from locust_ext.exports.measured import SECONDS
from locust_ext.exports.names import MEASURED, OWN
from locust_ext.gates.thresholds import Threshold
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import UNITS, Histogram, bucket_of
from locust_ext.measure.sinks import Kind

MOST_EDGES = 24
"""Edges of a family, without infinity: each is a series of its own, for each endpoint."""

AROUND = (0.8, 1.25, 0.5, 2.0, 4.0)
"""Edges around a bound, as multiples of it, the most wanted first."""

LADDER = (0.001, 0.01, 0.1, 1.0, 10.0, 60.0)
"""Seconds that are always edges."""

RUNGS = (0.5, 5.0, 0.05, 0.25, 2.5, 0.025, 0.005, 30.0)
"""Seconds between them, the most wanted first, as far as there is room."""

OTHER_LADDER = (0.01, 0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)
OTHER_RUNGS = (500.0, 50.0, 5.0, 5_000.0, 0.5, 250.0, 25.0, 2_500.0)
"""The same for values of a unit that nobody has told."""

APART = 1.05
"""How many times the one below an edge is at the least, unless both are bounds or of the ladder."""

LEAST, MOST = 1e-6, 1e9
"""What a bound lies between that can be an edge: a histogram holds nothing finer, and nothing beyond."""

Bounds = Mapping[str, Sequence[float]]
"""The bounds of thresholds by the name of the family that they are about, in its unit, as they were written."""


def bounds_of(thresholds: Iterable[Threshold]) -> dict[str, tuple[float, ...]]:
    """Return the bounds of thresholds on distributions, by family."""
    found: dict[str, dict[float, None]] = {}
    for threshold in thresholds:
        bound = threshold.assertion.bound
        if threshold.kind is not Kind.TREND or threshold.method == "count":
            continue
        for metric in {threshold.selector.metric, threshold.judged.metric}:
            known = BUILT_IN.get(metric)
            scale = SECONDS if known is not None and known.unit == "ms" else 1.0
            found.setdefault(MEASURED.get(metric, OWN + metric), {})[_tidy(bound * scale)] = None
    return {family: tuple(bounds) for family, bounds in found.items()}


def edges_for(bounds: Iterable[float], *, seconds: bool = True) -> tuple[float, ...]:
    """Return the edges of a family, sorted: its ladder, every bound as far as there is room, and what lies around."""
    ladder, rungs = (LADDER, RUNGS) if seconds else (OTHER_LADDER, OTHER_RUNGS)
    edges = list(ladder)
    sound = [bound for bound in dict.fromkeys(bounds) if LEAST <= bound <= MOST and bound not in ladder]
    sound = sound[: MOST_EDGES - len(edges)]
    edges += sound
    for edge in _wished(sound, rungs):
        if len(edges) >= MOST_EDGES:
            break
        if LEAST <= edge <= MOST and not any(one / APART < edge < one * APART for one in edges):
            edges.append(edge)
    return tuple(sorted(edges))


def _wished(bounds: Sequence[float], rungs: Sequence[float]) -> Iterator[float]:
    for factor in AROUND:
        yield from (_tidy(bound * factor) for bound in bounds)
    yield from rungs


def _tidy(number: float) -> float:
    """Return a number without the dust of a multiplication: 0.4 and not 0.4000000000000001."""
    return float(f"{number:.12g}")


def places_of(edges: Iterable[float], scale: float) -> list[int]:
    """Return the buckets of a histogram that edges fall into, these being in units of ``scale`` times its own."""
    return [_bucket_at(edge / scale) for edge in edges]


def counts_at(histogram: Histogram, places: Iterable[int]) -> list[int]:
    """Return how many values are at most each edge, whose places they are.

    All that are, and besides at most those in the same bucket of the histogram: 0.1 % above the edge.
    """
    buckets = sorted(histogram.counts)
    below = [0, *accumulate(map(histogram.counts.__getitem__, buckets))]
    return [below[bisect_right(buckets, place)] for place in places]


def _bucket_at(value: float) -> int:
    """Return the bucket that a value falls into: a hair below a whole unit, by arithmetic alone, is that unit."""
    return bucket_of(max(0, math.floor(value * UNITS * (1 + 1e-12))))
