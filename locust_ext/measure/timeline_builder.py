"""What gathers a timeline while a run lasts.

Law: bounded, whatever the length of the run: when there are too many slices, neighbours are merged and each covers
twice the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from locust_ext.measure.catalogue import DURATIONS, FAILURES
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Measured, Rows, read_rows
from locust_ext.measure.series import OTHER
from locust_ext.measure.sinks import RateSink

if TYPE_CHECKING:
    from locust_ext.measure.timeline import Timeline, Track

MOST_SLICES = 240
"""Slices at the most; beyond them neighbours are merged. A run of an hour has slices of 16 s."""

MOST_TRACKS = 12
"""Endpoints that are followed one by one; later ones are followed together, as ``__other__``."""

LAG = "generator_lag"


@dataclass
class _Slice:
    durations: dict[str, Histogram] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    lag: Histogram = field(default_factory=Histogram)
    users: float | None = None
    cpu: float | None = None

    def merge(self, later: _Slice) -> None:
        for name, durations in later.durations.items():
            self.durations.setdefault(name, Histogram()).merge(durations)
        for name, count in later.failed.items():
            self.failed[name] = self.failed.get(name, 0) + count
        self.lag.merge(later.lag)
        self.users = highest((self.users, later.users))
        self.cpu = highest((self.cpu, later.cpu))


class TimelineBuilder:
    """Gathers a timeline; times are seconds since the start of the run. No slice is shorter than a report's time."""

    def __init__(self, width: float = 1.0, most: int = MOST_SLICES) -> None:
        self._width, self._most = width, most
        self._slices: list[_Slice] = []
        self._names: set[str] = set()

    def add(self, at: float, rows: Rows | Measured, period: float = 0.0) -> None:
        """Add what was measured in the ``period`` before ``at``."""
        while self._width < period:
            self._widen()
        one = self._slice(at - period / 2)
        for metric, tags, _, sink in read_rows(rows).series:
            if metric in DURATIONS and isinstance(sink, Histogram):
                one.durations.setdefault(self._track(dict(tags).get("name", "")), Histogram()).merge(sink)
            elif metric in FAILURES and isinstance(sink, RateSink):
                name = self._track(dict(tags).get("name", ""))
                one.failed[name] = one.failed.get(name, 0) + sink.hits
            elif metric == LAG and isinstance(sink, Histogram):
                one.lag.merge(sink)

    def look(self, at: float, users: float, cpu: float | None) -> None:
        """Note how many users there were, and how busy the generator was."""
        one = self._slice(at)
        one.users, one.cpu = highest((one.users, users)), highest((one.cpu, cpu))

    def _track(self, name: str) -> str:
        if name not in self._names:
            if len(self._names) >= MOST_TRACKS:
                return OTHER
            self._names.add(name)
        return name

    def _slice(self, at: float) -> _Slice:
        while int(max(0.0, at) / self._width) >= self._most:
            self._widen()
        index = int(max(0.0, at) / self._width)
        self._slices += [_Slice() for _ in range(index + 1 - len(self._slices))]
        return self._slices[index]

    def _widen(self) -> None:
        """Merge neighbours, so that each slice covers twice the time."""
        for earlier, later in zip(self._slices[::2], self._slices[1::2], strict=False):
            earlier.merge(later)
        self._slices, self._width = self._slices[::2], self._width * 2

    def timeline(self) -> Timeline:
        """Return what was gathered."""
        from locust_ext.measure.timeline import ALL, Timeline  # noqa: PLC0415 what a run needs at its end, it loads then

        names = sorted({name for one in self._slices for name in (*one.durations, *one.failed)})
        tracks = [_track(ALL, [(_merged(one), sum(one.failed.values())) for one in self._slices])] if names else []
        tracks += [_track(n, [(one.durations.get(n), one.failed.get(n, 0)) for one in self._slices]) for n in names]
        return Timeline(
            self._width,
            tuple(one.users for one in self._slices),
            tuple(one.lag.percentile(99) for one in self._slices),
            tuple(one.cpu for one in self._slices),
            tuple(tracks),
        )


def highest(values: Iterable[float | None]) -> float | None:
    """Return the highest of the values that there are; None of none."""
    return max((value for value in values if value is not None), default=None)


def _merged(one: _Slice) -> Histogram:
    everything = Histogram()
    for durations in one.durations.values():
        everything.merge(durations)
    return everything


def _track(name: str, slices: list[tuple[Histogram | None, int]]) -> Track:
    from locust_ext.measure.timeline import Track  # noqa: PLC0415

    seen = [(durations or Histogram(), failed) for durations, failed in slices]
    p50, p95, p99 = zip(*(durations.percentiles((50, 95, 99)) for durations, _ in seen), strict=True)
    return Track(name, tuple(d.count for d, _ in seen), tuple(failed for _, failed in seen), p50, p95, p99)
