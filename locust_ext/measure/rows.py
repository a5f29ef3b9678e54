"""What a process measured, as it travels, and how it is read: once, as a whole, before any of it is added anywhere.

Law: whatever the rows are, they are read without loss or refused whole with :class:`UnfitError`; a name, a number and a
list are each bounded. Nobody changes what was read: the store, the timeline and the abort rules share it.

::

    [metric, [[tag, value], ...], kind, row of a sink]      a series
    [metric, [], "lumped", [times]]                         leaves too many
    [metric, [[tag, value], ...], "lost", row of a trend]   what will never end
    ["", [], "open", [[metric, tags, row of a trend], ...]] what is open now, all of it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import pairwise

from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import SINKS, AnySink, CounterSink, Kind
from locust_ext.process.wire import LONGEST_NAME, MOST_COUNT, UnfitError
from locust_ext.text.frozen import dataclass

Tags = tuple[tuple[str, str], ...]
Leaf = tuple[str, Tags]
Rows = list[list[object]]

LUMPED, LOST, OPEN = "lumped", "lost", "open"
"""Kinds of rows that are not sinks: leaves too many, and what did not come back."""

MOST_ROWS = 50_000
"""Rows that one process sends at once: 1,000 leaves of each of 50 metrics."""

MOST_TAGS = 100

_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True)
class Measured:
    """What one process measured since it last told; of what is open, what it says now: None where it says nothing."""

    series: Sequence[tuple[str, Tags, Kind, AnySink]] = ()
    lumped: Sequence[tuple[str, int]] = ()
    lost: Sequence[tuple[Leaf, Histogram]] = ()
    open: dict[Leaf, Histogram] | None = None
    kinds: dict[str, Kind] = field(default_factory=dict)
    """The kind of each metric."""

    def of(self, metric: str, kind: Kind) -> Iterator[tuple[Tags, AnySink]]:
        """Return the series of one metric, if it is of that kind."""
        if self.kinds.get(metric) is kind:
            for name, tags, _, sink in self.series:
                if name == metric:
                    yield tags, sink


def read_rows(rows: object) -> Measured:
    """Return what rows say; raises :class:`UnfitError` unless all of them can be read. What was read stays so."""
    if isinstance(rows, Measured):
        return rows
    _demand(isinstance(rows, (list, tuple)), "rows are a list")
    assert isinstance(rows, (list, tuple))
    _demand(len(rows) <= MOST_ROWS, f"there are at most {MOST_ROWS:,} rows")
    series: list[tuple[str, Tags, Kind, AnySink]] = []
    lumped: list[tuple[str, int]] = []
    lost: list[tuple[Leaf, Histogram]] = []
    still: dict[Leaf, Histogram] | None = None
    kinds: dict[str, Kind] = {}
    for number, row in enumerate(rows):
        try:
            metric, pairs, word, inner = _parts(row, 4)
            kind = _KINDS.get(word) if isinstance(word, str) else None
            if kind is not None:
                sink = SINKS[kind].from_row(inner)
                _demand(kinds.setdefault(_name(metric), kind) is kind, "one metric has one kind")
                _demand_built_in(str(metric), kind, sink)
                series.append((str(metric), _tags(pairs), kind, sink))
            elif word == LUMPED:
                lumped.append((_name(metric), _count(inner)))
            elif word == LOST:
                lost.append(((_name(metric), _tags(pairs)), Histogram.from_row(inner)))
            else:
                _demand(word == OPEN and still is None, "a row has a kind that is known")
                still = _open(inner)
        except UnfitError as error:
            raise UnfitError(f"row {number}: {error}") from None
    return Measured(series, lumped, lost, still, kinds)


def _demand(fits: object, what: str) -> None:
    if not fits:
        raise UnfitError(what)


def _parts(row: object, count: int) -> Sequence[object]:
    if not isinstance(row, (list, tuple)) or len(row) != count:
        raise UnfitError(f"a row has {count} parts")
    return row


def _name(text: object) -> str:
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
        raise UnfitError(f"a metric's name is a printable text of 1 to {LONGEST_NAME} characters")
    return text


def _tags(pairs: object) -> Tags:
    if not isinstance(pairs, (list, tuple)) or len(pairs) > MOST_TAGS:
        raise UnfitError(f"tags are at most {MOST_TAGS} pairs")
    found = []
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:  # noqa: PLR2004 a key and its value
            raise UnfitError("a tag is a key and a value")
        for text in pair:
            if not isinstance(text, str) or len(text) > LONGEST_NAME or not text.isprintable():
                raise UnfitError(f"tags are printable texts of at most {LONGEST_NAME} characters")
        found.append((pair[0], pair[1]))
    if any(one[0] >= other[0] for one, other in pairwise(found)):
        raise UnfitError("tags are sorted, each key once")
    return tuple(found)


def _count(inner: object) -> int:
    (count,) = _parts(inner, 1)
    if type(count) is not int or not 0 <= count <= MOST_COUNT:
        raise UnfitError("a count is a whole number that is not negative")
    return count


def _demand_built_in(metric: str, kind: Kind, sink: AnySink) -> None:
    known = BUILT_IN.get(metric)
    if known is None:
        return
    _demand(known.kind is kind, f"{metric} is a {known.kind}")
    _demand(not isinstance(sink, CounterSink) or sink.value >= 0, f"{metric} only grows")


def _open(inner: object) -> dict[Leaf, Histogram]:
    if not isinstance(inner, (list, tuple)) or len(inner) > MOST_ROWS:
        raise UnfitError(f"what is open is a list of at most {MOST_ROWS:,}")
    found: dict[Leaf, Histogram] = {}
    for row in inner:
        metric, pairs, ages = _parts(row, 3)
        found[_name(metric), _tags(pairs)] = Histogram.from_row(ages)
    _demand(len(found) == len(inner), "what is open is told once")
    return found
