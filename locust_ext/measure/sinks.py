"""What measurements of one kind add up to.

Law: merging is associative and commutative, the empty sink is its identity, and a sink travels as plain lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from locust_ext.measure.histogram import Histogram
from locust_ext.process.wire import MOST_COUNT, MOST_SECONDS, UnfitError

MOST_VALUE = 1e300
"""Values are less, so that their sums stay finite."""

MOST_SLOTS = 100_000
"""Slots of a timeline that travel."""


def _is_count(*numbers: object) -> bool:
    return all(type(number) is int and 0 <= number <= MOST_COUNT for number in numbers)


def _is_value(*numbers: object) -> bool:
    return all(type(number) in {int, float} and -MOST_VALUE <= number <= MOST_VALUE for number in numbers)  # type: ignore[operator]


def _parts(row: object, count: int) -> list[Any]:
    if not isinstance(row, (list, tuple)) or len(row) != count:
        raise UnfitError(f"a sink of this kind has {count} parts")
    return list(row)


class Kind(StrEnum):
    """What a metric is, in k6's terms."""

    TREND = "trend"
    RATE = "rate"
    COUNTER = "counter"
    GAUGE = "gauge"
    TIMELINE = "timeline"
    """Counts by slot of time; not judged itself, but judged figures are made from it."""


class RateSink:
    """Hits out of a total."""

    __slots__ = ("hits", "total")

    def __init__(self, hits: int = 0, total: int = 0) -> None:
        self.hits, self.total = hits, total

    def merge(self, other: RateSink) -> None:
        """Add both counts."""
        self.hits += other.hits
        self.total += other.total

    def to_row(self) -> list[int]:
        """Return hits and total."""
        return [self.hits, self.total]

    @classmethod
    def from_row(cls, row: object) -> RateSink:
        """Read hits and total."""
        hits, total = _parts(row, 2)
        if not _is_count(hits, total) or hits > total:
            raise UnfitError("a rate is two counts, the second of all")
        return cls(hits, total)


class CounterSink:
    """A sum, the number of its steps, and whether anybody listened: 0 is not the same as no measurement."""

    __slots__ = ("seen", "steps", "value")

    def __init__(self, value: float = 0, steps: int = 0, *, seen: bool = False) -> None:
        self.value, self.steps = value, steps
        self.seen = seen or steps > 0

    def add(self, value: float) -> None:
        """Take one step."""
        self.value += value
        self.steps += 1
        self.seen = True

    def merge(self, other: CounterSink) -> None:
        """Add the sums."""
        self.value += other.value
        self.steps += other.steps
        self.seen = self.seen or other.seen

    def to_row(self) -> list[float]:
        """Return the sum, its steps and whether it was seen."""
        return [self.value, self.steps, int(self.seen)]

    @classmethod
    def from_row(cls, row: object) -> CounterSink:
        """Read the sum, its steps and whether it was seen."""
        value, steps, seen = _parts(row, 3)
        if not _is_value(value) or not _is_count(steps, seen) or seen > 1 or (value and not steps):
            raise UnfitError("a counter is a sum, the count of its steps, and 0 or 1")
        return cls(value, steps, seen=bool(seen))


class GaugeSink:
    """The latest reading, by wall-clock stamp; of two with the same stamp, the greater value."""

    __slots__ = ("high", "low", "stamp", "value")

    def __init__(
        self, stamp: float = float("-inf"), value: float = 0.0, low: float = float("inf"), high: float = float("-inf")
    ) -> None:
        self.stamp, self.value, self.low, self.high = stamp, value, low, high

    def set(self, stamp: float, value: float) -> None:
        """Take one reading."""
        self.merge(GaugeSink(stamp, value, value, value))

    def merge(self, other: GaugeSink) -> None:
        """Keep the later reading, and the extremes of both."""
        self.stamp, self.value = max((self.stamp, self.value), (other.stamp, other.value))
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def to_row(self) -> list[float]:
        """Return stamp, value and extremes."""
        return [self.stamp, self.value, self.low, self.high]

    @classmethod
    def from_row(cls, row: object) -> GaugeSink:
        """Read stamp, value and extremes."""
        stamp, value, low, high = parts = _parts(row, 4)
        if parts != cls().to_row() and not (_is_value(*parts) and stamp <= MOST_SECONDS and low <= value <= high):
            raise UnfitError("a gauge is a moment, and a value between its extremes")
        return cls(stamp, value, low, high)


class TimelineSink:
    """Counts by slot of time. Slots are whole numbers, bounded by the code that adds to them."""

    __slots__ = ("slots",)

    def __init__(self, slots: dict[int, int] | None = None) -> None:
        self.slots = dict(slots or {})

    def add(self, slot: int) -> None:
        """Count one more in a slot."""
        self.slots[slot] = self.slots.get(slot, 0) + 1

    def merge(self, other: TimelineSink) -> None:
        """Add the counts, slot by slot."""
        for slot, count in other.slots.items():
            self.slots[slot] = self.slots.get(slot, 0) + count

    def to_row(self) -> list[list[int]]:
        """Return slots and counts."""
        return [[slot, count] for slot, count in sorted(self.slots.items())]

    @classmethod
    def from_row(cls, row: object) -> TimelineSink:
        """Read slots and counts."""
        if not isinstance(row, (list, tuple)) or len(row) > MOST_SLOTS:
            raise UnfitError(f"a timeline has at most {MOST_SLOTS:,} slots")
        pairs = [_parts(pair, 2) for pair in row]
        fits = all(type(slot) is int and abs(slot) < MOST_SLOTS and _is_count(count) for slot, count in pairs)
        slots = dict(pairs) if fits else {}
        if not fits or len(slots) != len(pairs):
            raise UnfitError("a timeline is slots, each once, and counts")
        return cls(slots)


AnySink = Histogram | RateSink | CounterSink | GaugeSink | TimelineSink
SINKS: Mapping[Kind, type[AnySink]] = {
    Kind.TREND: Histogram,
    Kind.RATE: RateSink,
    Kind.COUNTER: CounterSink,
    Kind.GAUGE: GaugeSink,
    Kind.TIMELINE: TimelineSink,
}
_KIND_OF = {sink: kind for kind, sink in SINKS.items()}


def kind_of(sink: AnySink) -> Kind:
    """Return the kind of metric that ``sink`` belongs to."""
    return _KIND_OF[type(sink)]


def merge_into(sink: AnySink, other: AnySink) -> None:
    """Merge two sinks of one kind; raises TypeError when they are of two."""
    if type(sink) is not type(other):
        raise TypeError(f"one metric cannot be a {kind_of(sink)} here and a {kind_of(other)} there")
    sink.merge(other)  # type: ignore[arg-type]
