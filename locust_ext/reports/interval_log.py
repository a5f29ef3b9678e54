"""The lines that a run adds to run.hlog while it lasts: of each interval the histograms of what is new.

Law: pure; whatever way a log was put together, its lines add up to what the store holds. What was not written is new
again the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from locust_ext.measure.histogram import Histogram, highest_in, lowest_in
from locust_ext.measure.packed_trend import PackedTrend
from locust_ext.measure.rows import Leaf, Tags
from locust_ext.measure.sinks import AnySink
from locust_ext.reports.hlog import line_of, tag_of

Hide = Callable[[dict[str, str]], dict[str, str]]
"""Takes out of tags what must not be read."""


class IntervalLog:
    """Knows of each series what was written of it; ``hide`` takes out of tags what must not be read."""

    def __init__(self, hide: Hide) -> None:
        self._hide = hide
        self._written: dict[Leaf, PackedTrend] = {}
        self._offered: dict[Leaf, PackedTrend] = {}
        self._tags: dict[Leaf, str] = {}

    def lines(
        self, series: Iterable[tuple[str, Tags, AnySink]], start: float, length: float, *, whole: bool = False
    ) -> Iterator[str]:
        """Yield a line for each trend with something new, as an interval of ``length`` seconds from ``start`` on.

        ``whole``: with all that it holds, as if nothing had been written. Call :meth:`written` when they are on disk.
        """
        self._offered = {}
        for metric, tags, sink in series:
            if not isinstance(sink, Histogram) or not sink.counts:
                continue
            leaf = (metric, tags)
            before = None if whole else self._written.get(leaf)
            if before is None or before.count != sink.count:
                self._offered[leaf] = PackedTrend(sink)
                yield line_of(self._tag(leaf), start, length, sink if before is None else _since(before, sink))

    def written(self) -> None:
        """Note that the lines of the last call are on disk."""
        self._written |= self._offered
        self._offered = {}

    def _tag(self, leaf: Leaf) -> str:
        if leaf not in self._tags:
            self._tags[leaf] = tag_of(leaf[0], self._hide(dict(leaf[1])))
        return self._tags[leaf]


def _since(before: PackedTrend, now: Histogram) -> Histogram:
    """Return what a histogram holds beyond what it held before; its extremes are those of its buckets."""
    old = before.histogram()
    seen = old.counts.get
    new = {bucket: count - seen(bucket, 0) for bucket, count in now.counts.items() if count != seen(bucket, 0)}
    low, high = max(now.low, lowest_in(min(new))), min(now.high, highest_in(max(new)))
    return Histogram.of(new, now.total - old.total, low, high)
