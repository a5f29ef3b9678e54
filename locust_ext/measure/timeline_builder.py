"""What gathers a timeline while a run lasts.

Law: bounded, whatever the length of the run: when there are too many slices, neighbours are merged and each covers
twice the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from locust_ext.measure.catalogue import DURATIONS, FAILURES
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.packed_trend import RestingTrend
from locust_ext.measure.rows import Measured, Rows, read_rows
from locust_ext.measure.series import OTHER
from locust_ext.measure.sinks import RateSink

if TYPE_CHECKING:
    from locust_ext.measure.timeline import Timeline, Track

MOST_SLICES = 240
"""Slices at the most; beyond them neighbours are merged. A run of an hour has slices of 16 s."""

MOST_OPEN = 4
"""Slices that are kept ready to be added to; others are packed: a tenth of the memory."""

MOST_TRACKS = 12
"""Endpoints that are followed one by one; later ones are followed together, as ``__other__``."""

LAG, ARRIVALS = "generator_lag", "arrival_lateness"


Told = tuple[int, int, float | None, float | None, float | None]
"""Requests, those that failed, p50, p95 and p99."""


@dataclass
class _Slice:
    durations: dict[str, RestingTrend] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    lag: RestingTrend = field(default_factory=RestingTrend)
    users: float | None = None
    cpu: float | None = None
    open: float | None = None
    begun: int = 0
    told: dict[str, Told] = field(default_factory=dict)
    """By track: what was said of it, until something comes."""

    def tell(self, name: str) -> Told:
        """Return the figures of a track, ``""`` of all."""
        if name not in self.told:
            durations = self.durations.get(name, RestingTrend()).whole() if name else _merged(self)
            failed = self.failed.get(name, 0) if name else sum(self.failed.values())
            p50, p95, p99 = (durations.percentile(percent) for percent in (50, 95, 99))
            self.told[name] = (durations.count, failed, p50, p95, p99)
        return self.told[name]

    def rest(self) -> None:
        """Pack what nothing is added to any more."""
        for durations in (*self.durations.values(), self.lag):
            durations.rest()

    def merge(self, later: _Slice) -> None:
        self.told.clear()
        for name, durations in later.durations.items():
            self.durations.setdefault(name, RestingTrend()).take_over(durations)
        for name, count in later.failed.items():
            self.failed[name] = self.failed.get(name, 0) + count
        self.lag.take_over(later.lag)
        self.users = highest((self.users, later.users))
        self.cpu = highest((self.cpu, later.cpu))
        self.open = highest((self.open, later.open))
        self.begun += later.begun


class TimelineBuilder:
    """Gathers a timeline; times are seconds since the start of the run. No slice is shorter than a report's time."""

    def __init__(self, width: float = 1.0, most: int = MOST_SLICES) -> None:
        self._width, self._most = width, most
        self._slices: list[_Slice] = []
        self._names: set[str] = set()
        self._rested = 0
        """Slices that are surely at rest."""

    def add(self, at: float, rows: Rows | Measured, period: float = 0.0) -> None:
        """Add what was measured in the ``period`` before ``at``."""
        while self._width < period:
            self._widen()
        one = self._slice(at - period / 2)
        one.told.clear()
        for metric, tags, _, sink in read_rows(rows).series:
            if metric in DURATIONS and isinstance(sink, Histogram):
                one.durations.setdefault(self._track(dict(tags).get("name", "")), RestingTrend()).add(sink)
            elif metric in FAILURES and isinstance(sink, RateSink):
                name = self._track(dict(tags).get("name", ""))
                one.failed[name] = one.failed.get(name, 0) + sink.hits
            elif metric == LAG and isinstance(sink, Histogram):
                one.lag.add(sink)
            elif metric == ARRIVALS and isinstance(sink, Histogram):
                one.begun += sink.count

    def look(self, at: float, users: float, cpu: float | None, still_open: float | None = None) -> None:
        """Note how many users there were, how busy the generator was, and how many requests were open."""
        one = self._slice(at)
        one.users, one.cpu = highest((one.users, users)), highest((one.cpu, cpu))
        one.open = highest((one.open, still_open))

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
        if index >= len(self._slices):
            self._slices += [_Slice() for _ in range(index + 1 - len(self._slices))]
            for one in self._slices[max(0, self._rested) : -MOST_OPEN]:
                one.rest()
            self._rested = max(0, len(self._slices) - 2 * MOST_OPEN)
        return self._slices[index]

    def _widen(self) -> None:
        """Merge neighbours, so that each slice covers twice the time."""
        for earlier, later in zip(self._slices[::2], self._slices[1::2], strict=False):
            earlier.merge(later)
        self._slices, self._width, self._rested = self._slices[::2], self._width * 2, 0

    def _tracks(self, everything: str = "") -> list[str]:
        names = sorted({name for one in self._slices for name in (*one.durations, *one.failed)})
        return [everything, *names] if names else []

    def settled(self) -> Iterator[None]:
        """Work out what there is to say, a slice of a track at a time: then :meth:`timeline` has little left to do."""
        names = self._tracks()
        for one in list(self._slices):
            for name in names:
                if name not in one.told:
                    one.tell(name)
                    yield

    def timeline(self) -> Timeline:
        """Return what was gathered."""
        from locust_ext.measure.timeline import ALL, Timeline  # noqa: PLC0415 what a run needs at its end, it loads then

        tracks = [_track(name, [one.tell(name) for one in self._slices]) for name in self._tracks(ALL)]
        return Timeline(
            self._width,
            tuple(one.users for one in self._slices),
            tuple(one.lag.whole().percentile(99) for one in self._slices),
            tuple(one.cpu for one in self._slices),
            tuple(tracks),
            tuple(one.open for one in self._slices),
            tuple(one.begun for one in self._slices) if any(one.begun for one in self._slices) else (),
        )


def highest(values: Iterable[float | None]) -> float | None:
    """Return the highest of the values that there are; None of none."""
    return max((value for value in values if value is not None), default=None)


def _merged(one: _Slice) -> Histogram:
    everything = Histogram()
    for durations in one.durations.values():
        everything.merge(durations.histogram())
    return everything


def _track(name: str, slices: list[Told]) -> Track:
    from locust_ext.measure.timeline import Track  # noqa: PLC0415

    return Track(name, *zip(*slices, strict=True))
