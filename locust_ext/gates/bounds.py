"""What a figure can still come to, where some requests have not come back.

Law: pure and exact. A request that never ended took at least its age and may have failed, so a figure is computed
twice: (a) open requests have taken their age so far and have not failed, (b) they never end and have failed. Whatever
they really become, the figure lies between the two, and only what holds of all of it passes, or fails.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from locust_ext.gates.thresholds import Assertion
from locust_ext.measure.censored import Censored
from locust_ext.measure.histogram import HIGHEST, UNITS, Histogram, highest_in, lowest_in, rank_of
from locust_ext.measure.sinks import AnySink, RateSink
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_age

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}


def figures_between(assertion: Assertion, sink: AnySink, censored: Censored) -> list[float]:
    """Return the lowest and the highest value that the figure may have; none where nothing was measured."""
    match sink:
        case Histogram():
            found = [*_of_trends(assertion, sink, censored)]
        case RateSink():
            found = [*_of_rates(sink, censored)]
        case _:
            found = []
    return [min(found), max(found)] if found else []


def holds_of_all(assertion: Assertion, between: Sequence[float]) -> bool | None:
    """Tell whether the assertion holds of every value between two: True, False, or None where it depends."""
    low, high = between
    bound, name = assertion.bound, assertion.operator
    at_ends = {OPERATORS[name](value, bound) for value in between}
    if len(at_ends) > 1:
        return None
    (holds,) = at_ends
    depends = name in {"==", "===", "!="} and low < bound < high
    return None if depends else holds


WAITED_FOR: Mapping[str, str] = {
    "message_age": "message",
    "stale_time": "silence",
    "replica_lag": "write",
    "never_seen": "write",
}
"""What has begun and not ended, by metric; of all others it is a request."""


def sentence(metric: str, censored: Censored, total: int) -> str:
    """Return what did not come back, such as "7 of 300 requests were still open, the longest for 31 s"."""
    what = WAITED_FOR.get(metric, "request")
    was = "was" if censored.count == 1 else "were"
    open_ones = f"{censored.count:,} of {plural(total, what)} {was} still open"
    return f"{open_ones}, the longest for {format_age(censored.oldest)}"


def _of_trends(assertion: Assertion, ended: Histogram, censored: Censored) -> Sequence[float]:
    """Return the figure as it may be: with and without those that may not belong to it, as old as they are or older."""
    if assertion.method == "count":  # it counts what ended
        return [float(ended.count)] * bool(ended.count)
    young = _with(ended, censored.ages)
    found = [_figure(assertion, ages, 0) for ages in _with_some(assertion, young, censored.possible)]
    found += [_figure(assertion, ended, endless) for endless in {censored.ages.count, censored.count}]
    return [value for value in found if value is not None]


def _with_some(assertion: Assertion, sure: Histogram, possible: Histogram) -> Sequence[Histogram]:
    """Return the durations without the possible ones, with all of them, and with those that make them the least.

    Each one that lies below the figure lowers it, and the next one raises it: the least is where the two meet.
    """

    def first(number: int) -> Histogram:
        counts = {bucket: possible.counts[bucket] for bucket in buckets[:number]}
        values = {bucket: lowest_in(bucket) for bucket in counts}
        total = sum(values[bucket] * count for bucket, count in counts.items())
        some = Histogram.of(
            counts, total, min(values.values(), default=HIGHEST), max(map(highest_in, counts), default=0)
        )
        return _with(sure, some)

    def is_met(number: int) -> bool:
        figure = _figure(assertion, first(number), 0)
        return figure is not None and figure * UNITS <= lowest_in(buckets[number])

    buckets = sorted(possible.counts)
    least = bisect_left(range(len(buckets)), True, key=is_met) if buckets else 0  # noqa: FBT003
    return [sure, first(least), _with(sure, possible)]


def _with(one: Histogram, other: Histogram) -> Histogram:
    merged = Histogram()
    merged.merge(one)
    merged.merge(other)
    return merged


def _figure(assertion: Assertion, ended: Histogram, endless: int) -> float | None:
    """Return the figure of durations that ended and of some that never do."""
    count = ended.count + endless
    if not count:
        return None
    percent = {"med": 50.0}.get(assertion.method, assertion.percent)
    if percent is not None:
        rank = rank_of(percent, count)
        return math.inf if rank > ended.count else ended.at_rank(rank)
    if assertion.method == "min":
        return math.inf if ended.minimum is None else ended.minimum
    if endless:  # an average and a maximum are as endless as one of them
        return math.inf
    return ended.maximum if assertion.method == "max" else ended.mean


def _of_rates(ended: RateSink, censored: Censored) -> Sequence[float]:
    sure, both = censored.ages.count, censored.count
    totals = {ended.total + sure, ended.total + both} - {0}
    found = [ended.hits / total for total in totals]
    return found + [(ended.hits + total - ended.total) / total for total in totals]
