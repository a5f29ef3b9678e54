"""What a series was, interval by interval.

Law: bounded, whatever the length of the run, and nothing is dropped: when there are too many intervals, neighbours are
merged and each covers twice the time. A quantile of an interval is that of all its values, however often it was merged.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from statistics import median

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.packed_trend import PackedTrend
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, RateSink, TimelineSink, merge_into
from locust_ext.text.frozen import dataclass

Point = tuple[float, float]

MOST_INTERVALS = 1024
"""Intervals at the most; beyond them neighbours are merged. A run of eight hours has intervals of 32 s."""

SHORTEST = 0.5
"""Seconds of an interval at first; nothing is read more often."""

MOST_AT_ONCE = 2
"""Trends that are added up when something is added: neighbours are merged long before the next ones are."""

MOST_OPEN = 4
"""Intervals of a trend that are kept ready to be added to: rows of workers come late, but not much."""


@dataclass(frozen=True)
class History:
    """A series over time: seconds since the start of the run, and values."""

    points: tuple[Point, ...] = ()
    restarts: tuple[float, ...] = ()
    """When its process began again."""
    interval: float = 1.0
    """Seconds between two points."""
    missing: str = ""
    """Why there are no points, where that is known."""


Kept = AnySink | PackedTrend


class _Interval:
    """What was measured in one interval; a trend is packed while nothing is added to it."""

    __slots__ = ("figures", "parts", "sink")

    def __init__(self) -> None:
        self.sink: AnySink | None = None
        self.parts: list[PackedTrend] = []
        self.figures: dict[str, float | None] = {}
        """What was asked of it, until something is added."""

    def add(self, other: AnySink) -> None:
        self.figures.clear()
        if self.parts:
            self.sink, self.parts = self.compact().histogram(), []
        if self.sink is None:
            self.sink = type(other)()
        merge_into(self.sink, other)

    def close(self) -> None:
        if isinstance(self.sink, Histogram):
            self.parts, self.sink = [PackedTrend(self.sink)], None

    def take_over(self, later: _Interval) -> None:
        """Take what is in the next one; trends are added up when there is time for it."""
        self.figures.clear()
        if later.sink is not None:
            self.add(later.sink)
        self.parts += later.parts

    def compact(self) -> PackedTrend:
        if len(self.parts) > 1:
            self.parts = [self.parts[0].with_all(*self.parts[1:])]
        return self.parts[0]

    def figure(self, method: str, width: float) -> float | None:
        if method not in self.figures:
            self.figures[method] = _figure(self.compact() if self.parts else self.sink, method, width)
        return self.figures[method]


class IntervalHistory:
    """Gathers the history of one series; times are seconds since the start of the run.

    No interval is shorter than a report's time: workers that report every 3 s have intervals of 4 s.
    """

    def __init__(self, width: float = SHORTEST, most: int = MOST_INTERVALS) -> None:
        self._width, self._most = width, most
        self._intervals: list[_Interval] = []
        self._open: deque[int] = deque()
        self._scattered = 0
        """Intervals that may be in parts since neighbours were merged."""
        self._restarts: dict[int, float] = {}
        self._latest = 0.0

    def add(self, at: float, value: AnySink | float, period: float = 0.0) -> None:
        """Add what was measured in the ``period`` before ``at``: a sink, or the reading of a gauge.

        A reading that is not a finite number is left out. Raises TypeError where it was of another kind before.
        """
        if isinstance(value, TimelineSink):
            raise TypeError("a timeline is counts by slot of time already")
        if not isinstance(value, Histogram | RateSink | CounterSink | GaugeSink):
            if not math.isfinite(value):
                return
            value = GaugeSink(at, value, value, value)
        while self._width < period:
            self._widen()
        if isinstance(value, CounterSink) and period > 0:
            self._spread(max(0.0, at - period), at, value)
        else:
            self._interval(self._index(at - period / 2)).add(value)
        self._latest = max(self._latest, at)
        self._compact()

    def restart(self, at: float) -> None:
        """Note that the process began again; of several restarts in one interval the last one counts."""
        self._restarts[self._index(at)] = at

    def _spread(self, start: float, end: float, value: CounterSink) -> None:
        """Add a counter in the intervals that its time covers: else their rates would go up and down with reports."""
        last = self._index(end)  # what merges neighbours does it now
        whole, left = end - start, value.steps
        for index in range(self._index(start), last + 1):
            share = (min(end, (index + 1) * self._width) - max(start, index * self._width)) / whole if whole else 1.0
            if share > 0:
                steps = min(left, math.ceil(value.steps * share))
                left -= steps
                self._interval(index).add(CounterSink(value.value * share, steps, seen=value.seen))

    def _interval(self, index: int) -> _Interval:
        self._intervals += [_Interval() for _ in range(index + 1 - len(self._intervals))]
        if index not in self._open:
            self._open.append(index)
            if len(self._open) > MOST_OPEN:
                self._intervals[self._open.popleft()].close()
        return self._intervals[index]

    def _index(self, at: float) -> int:
        while int(max(0.0, at) / self._width) >= self._most:
            self._widen()
        return int(max(0.0, at) / self._width)

    def _widen(self) -> None:
        """Merge neighbours, so that each interval covers twice the time."""
        for index in self._open:
            self._intervals[index].close()
        self._open.clear()
        for earlier, later in zip(self._intervals[::2], self._intervals[1::2], strict=False):
            earlier.take_over(later)
        if self._intervals:
            self._intervals[-1].figures.clear()  # it has no neighbour, and yet is as long as the others
        self._intervals, self._width = self._intervals[::2], self._width * 2
        self._scattered = len(self._intervals)
        self._restarts = {index // 2: at for index, at in self._restarts.items()}

    def _compact(self) -> None:
        """Add up some trends that were merged: all at once would hold up a process that makes load."""
        for _ in range(min(self._scattered, MOST_AT_ONCE)):
            self._scattered -= 1
            if self._intervals[self._scattered].parts:
                self._intervals[self._scattered].compact()

    def history(self, method: str = "value") -> History:
        """Return a figure of each interval in which something was measured, at the interval's middle.

        Of a gauge ``value`` (the latest), ``min`` and ``max``; of a rate ``rate``; of a counter ``count``, and
        ``rate`` a second; of a trend what thresholds know: ``p(99)``, ``med``, ``avg``, ``min``, ``max``, ``count``.
        What is counted in the last interval is not told before it is over. Raises ValueError for any other method.
        """
        points: list[Point] = []
        for index, one in enumerate(self._intervals):
            value = one.figure(method, self._width)
            if value is not None and not (self._is_under_way(index) and _is_counted(one, method)):
                points.append(((index + 0.5) * self._width, value))
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(points)]
        edges = sorted(self._edge(index, at) for index, at in self._restarts.items())
        return History(tuple(points), tuple(edges), median(gaps) if gaps else self._width)

    def in_groups(self, method: str, least: int) -> History:
        """Return a figure of a trend, of so many neighbours together that they hold ``least`` values.

        A percentile of too few values is their highest, which jumps about.
        """
        points: list[Point] = []
        group, start = Histogram(), 0
        for index, one in enumerate(self._intervals):
            if one.parts or isinstance(one.sink, Histogram):
                group.merge(one.compact().histogram() if one.parts else one.sink)  # type: ignore[arg-type]
            if not group.count:
                start = index + 1
            elif group.count >= least and (value := _figure(group, method, self._width)) is not None:
                points.append(((start + index + 1) / 2 * self._width, value))
                group, start = Histogram(), index + 1
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(points)]
        return History(tuple(points), (), median(gaps) if gaps else self._width)

    def _is_under_way(self, index: int) -> bool:
        return (index + 1) * self._width > self._latest

    def _edge(self, index: int, at: float) -> float:
        """Return the edge of an interval at which a restart parts the points."""
        sink = self._intervals[index].sink if index < len(self._intervals) else None
        is_before = isinstance(sink, GaugeSink) and sink.stamp < at
        return (index + is_before) * self._width


def _is_counted(one: _Interval, method: str) -> bool:
    return method == "count" or isinstance(one.sink, CounterSink)


def _figure(kept: Kept | None, method: str, width: float) -> float | None:
    """Return a figure of what was measured in ``width`` seconds; None of nothing."""
    if kept is None:
        return None
    figures: dict[str, float | None] = {}
    match kept:
        case GaugeSink() if kept.low <= kept.high:
            figures = {"value": kept.value, "min": kept.low, "max": kept.high}
        case GaugeSink():
            figures = dict.fromkeys(("value", "min", "max"))
        case RateSink():
            figures = {"rate": kept.hits / kept.total if kept.total else None}
        case CounterSink():
            figures = (
                {"count": kept.value, "rate": kept.value / width} if kept.seen else dict.fromkeys(("count", "rate"))
            )
        case Histogram() | PackedTrend():
            percent = {"med": "50"}.get(method, method.removeprefix("p(").removesuffix(")"))
            if method == "med" or method != percent:
                return kept.percentile(float(percent))
            count = kept.count
            figures = {
                "avg": kept.mean,
                "min": kept.minimum,
                "max": kept.maximum,
                "count": float(count) if count else None,
            }
    if method not in figures:
        raise ValueError(f"{method!r} is not a figure of a {type(kept).__name__}")
    return figures[method]
