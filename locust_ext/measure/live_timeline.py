"""A run over time for people who watch it: every endpoint's figures, slice by slice, told as they come.

Law: pure, and bounded. A slice is told of its own histograms and never again: what is told stays true, and nothing is
merged or averaged. Slices get wider the longer the run lasts: a day has 1,300 of them, ten days 1,700, each of a few
kilobytes of text; histograms are kept of the last few alone.

::

    0 s ... 240 slices of 1 s ... 120 of 2 s ... 120 of 4 s ... 120 of 8 s ...          told | told | final | open
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from locust_ext.measure.catalogue import DURATIONS, FAILURES
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Measured
from locust_ext.measure.series import OTHER
from locust_ext.measure.sinks import AnySink, CounterSink, RateSink
from locust_ext.measure.timeline_builder import LAG, Told, highest

MOST_SLICES = 240
"""Slices of the first width; of each later one there are half as many."""

MOST_TRACKS = 300
"""Endpoints that are followed one by one; later ones are followed together, as ``__other__``."""

MOST_OPEN = 30
"""Slices whose histograms are kept, should nobody find the time to tell them."""

MOST_LATE = 1.5
"""Times its period after which a worker's report stands for no more time."""

ALL = 0
"""The track of all requests: the first."""

LATE, DROPPED, OPENED = "arrival_lateness", "dropped_iterations", "connections_opened"

NOTHING: Told = (0, 0, None, None, None)


@dataclass
class _Slice:
    """One slice of time, from ``start``; ``text`` is what is told of it, once that does not change any more."""

    start: float
    width: float
    durations: dict[int, Histogram] = field(default_factory=dict)
    failed: dict[int, int] = field(default_factory=dict)
    told: dict[int, Told] = field(default_factory=dict)
    """By track: its figures, until something comes."""
    lag: Histogram = field(default_factory=Histogram)
    late: Histogram = field(default_factory=Histogram)
    users: float | None = None
    cpu: float | None = None
    dropped: float = 0.0
    opened: float = 0.0
    has_arrivals: bool = False
    covered: dict[str, float] = field(default_factory=dict)
    """By process: of how many seconds there are measurements."""
    told_by: int = 0
    """How many processes have told of it, once that does not change any more."""
    text: str = ""

    @property
    def end(self) -> float:
        return self.start + self.width

    def tell(self, track: int) -> Told:
        if track not in self.told:
            durations, failed = self.durations.get(track), self.failed.get(track, 0)
            if durations is None:
                self.told[track] = (0, failed, None, None, None) if failed else NOTHING
            else:
                self.told[track] = (durations.count, failed, *durations.percentiles((50, 95, 99)))  # type: ignore[assignment]
        return self.told[track]

    def spell(self, tracks: int, least: int = 0) -> str:
        """Return its figures as JSON; without a time where fewer processes than ``least`` have told of it yet."""
        rows = [self.tell(track) for track in range(tracks)]
        columns = [",".join(map(_number, column)) for column in zip(*rows, strict=True)] if rows else [""] * 5
        failed = ",".join(f"[{track},{row[1]}]" for track, row in enumerate(rows) if row[1])
        parts = [f'"t":{_number(self.start)},"w":{_number(self.width)}']
        parts += [f'"{key}":{_number(value)}' for key, value in self._beside(least) if value is not None]
        parts += [f'"n":[{columns[0]}],"f":[{failed}],"p":[[{columns[2]}],[{columns[3]}],[{columns[4]}]]']
        return "{" + ",".join(parts) + "}"

    def _beside(self, least: int) -> list[tuple[str, float | None]]:
        """Return what there is beside the requests, each by its letter."""
        some = len(self.covered)
        seconds = sum(self.covered.values()) / some if some and some >= least else None
        found = [("s", seconds), ("u", self.users), ("c", self.cpu), ("l", self.lag.percentile(99))]
        found.append(("o", self.opened or None))
        if self.has_arrivals:
            found += [("b", float(self.late.count)), ("d", self.dropped), ("a", self.late.percentile(99))]
        return found

    def close(self, tracks: int) -> None:
        """Keep the text alone."""
        self.text, self.told_by = self.spell(tracks), len(self.covered)
        self.durations, self.failed, self.told, self.covered = {}, {}, {}, {}
        self.lag = self.late = Histogram()


class LiveTimeline:
    """Gathers and tells; times are seconds since the start of the run.

    ``has_workers``: what is measured comes from them, and this process has no users.
    """

    def __init__(self, width: float = 1.0, most_tracks: int = MOST_TRACKS, *, has_workers: bool = False) -> None:
        self._first, self._most_tracks, self._has_workers = width, most_tracks, has_workers
        self._heard: dict[str, float] = {}
        """By process: when it was last heard of."""
        self._slices: list[_Slice] = []
        self._tracks: dict[str, int] = {"": ALL}
        self._final = self._period = 0.0
        self.names: list[str] = [""]
        """By track: its name; that of all requests is empty."""
        self.closed = 0
        """Slices that are told for good: the first so many."""
        self.requests = self.failures = 0
        self.computed = 0
        """Figures of a track in a slice that were worked out so far."""

    def __len__(self) -> int:
        return len(self._slices)

    def add(self, at: float, measured: Measured, period: float, source: str = "") -> None:
        """Add what the process ``source`` measured in the ``period`` before ``at``; times never go back."""
        self._period = max(self._period, period)
        self._final = max(self._final, at - self._period / 2)
        one = self._slice(at - period / 2)
        self._cover(one, at, period, source)
        for metric, tags, _, sink in measured.series:
            if metric in DURATIONS and isinstance(sink, Histogram):
                track = self._track(dict(tags).get("name", ""))
                for number in (ALL, track):
                    one.durations.setdefault(number, Histogram()).merge(sink)
                    one.told.pop(number, None)
            elif metric in FAILURES and isinstance(sink, RateSink):
                self._count(one, self._track(dict(tags).get("name", "")), sink)
            else:
                _add_beside(one, metric, sink)

    def _cover(self, one: _Slice, at: float, period: float, source: str) -> None:
        """Note of how many seconds there are measurements: reports come a little early or late, and rates must not."""
        if self._has_workers and not source:
            return
        since = at - self._heard.get(source, at - period)
        if self._has_workers:
            since = min(since, MOST_LATE * period)  # what a report that was lost had measured is not there
        self._heard[source] = at
        one.covered[source] = one.covered.get(source, 0.0) + max(0.0, since)

    def _count(self, one: _Slice, track: int, sink: RateSink) -> None:
        self.requests, self.failures = self.requests + sink.total, self.failures + sink.hits
        for number in (ALL, track) if sink.hits else ():
            one.failed[number] = one.failed.get(number, 0) + sink.hits
            one.told.pop(number, None)

    def look(self, at: float, users: float, cpu: float | None) -> None:
        """Note how many users there were, and how busy the busiest process of the generator was."""
        one = self._slice(at)
        one.users, one.cpu = highest((one.users, users)), highest((one.cpu, cpu))

    def _track(self, name: str) -> int:
        name = name or OTHER
        if name not in self._tracks:
            if len(self._tracks) > self._most_tracks:
                name = OTHER
            if name not in self._tracks:
                self._tracks[name] = len(self.names)
                self.names.append(name)
        return self._tracks[name]

    def _slice(self, at: float) -> _Slice:
        """Return the slice of a moment; what comes too late for its own goes to the first that is open."""
        while not self._slices or self._slices[-1].end <= at:
            start = self._slices[-1].end if self._slices else 0.0
            width = self._slices[-1].width if self._slices else self._first
            self._slices.append(_Slice(start, 2 * width if start >= MOST_SLICES * width else width))
        while len(self._slices) - self.closed > MOST_OPEN:
            self._close()
        number = len(self._slices) - 1
        while number > self.closed and self._slices[number].start > at:
            number -= 1
        return self._slices[number]

    def _close(self) -> None:
        self._slices[self.closed].close(len(self.names))
        self.closed += 1

    def settle(self) -> Iterator[None]:
        """Tell what is final for good, a track of a slice at a time, so that others can have their turn."""
        while self.closed < len(self._slices) - 1 and self._slices[self.closed].end <= self._final:
            one = self._slices[self.closed]
            yield from self._work_out(one)
            if self._slices[self.closed] is one:
                self._close()

    def prepare(self) -> Iterator[None]:
        """Work out what is to be told of the open slices, a track at a time."""
        for one in self._slices[self.closed :]:
            yield from self._work_out(one)

    def _work_out(self, one: _Slice) -> Iterator[None]:
        for track in list(one.durations):
            if track not in one.told:
                one.tell(track)
                self.computed += 1
                yield

    def told(self, start: int, end: int) -> Sequence[str]:
        """Return some slices as JSON, each an object.

        ``t`` when it begins and ``w`` its width in seconds; ``s`` of how many seconds there are measurements of each
        process; ``u`` users, ``c`` percent of a core, ``l`` p99 of the generator's lag in ms, ``o`` connections
        opened, ``b`` arrivals begun, ``d`` dropped and ``a`` p99 of how late they were in ms, each where there is
        one; by track ``n`` requests, ``f`` (track, failed) where any did, ``p`` p50, p95 and p99 in ms.
        """
        return [
            one.text or one.spell(len(self.names), self._slices[number - 1].told_by if number else 0)
            for number, one in enumerate(self._slices[start:end], start)
        ]


def _add_beside(one: _Slice, metric: str, sink: AnySink) -> None:
    """Add what belongs to no endpoint."""
    if metric == LAG and isinstance(sink, Histogram):
        one.lag.merge(sink)
    elif metric == LATE and isinstance(sink, Histogram):
        one.late.merge(sink)
        one.has_arrivals = True
    elif metric == DROPPED and isinstance(sink, CounterSink):
        one.dropped += sink.value
        one.has_arrivals = True
    elif metric == OPENED and isinstance(sink, CounterSink):
        one.opened += sink.value


def _number(value: float | None) -> str:
    """Return a number as JSON has it, to four digits; whole numbers whole."""
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else str(int(value)) if value.is_integer() else f"{value:.4g}"
