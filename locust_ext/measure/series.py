"""Series of measurements: a metric, its tags, and what was seen under them.

Law: a store only grows by ``merge`` and is only emptied by ``take``; what it cannot keep apart it keeps under
``__other__`` and counts. Tags are sorted pairs of text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import LUMPED, Leaf, Measured, Rows, Tags, read_rows
from locust_ext.measure.sinks import SINKS, AnySink, CounterSink, Kind, kind_of, merge_into

OTHER = "__other__"
"""The name of what was one leaf too many."""

KEPT_IN_OTHER = frozenset({"phase"})
"""Tags that leaves keep when they are lumped together: those that only we set, to few values."""

MOST_METRICS = 2000
"""Metrics that a store keeps: twice as many as a process declares."""

MOST_LEAVES = 1000
MOST_LUMPED = 200
"""Leaves beyond those that are kept for what was lumped together: one a phase."""

MOST_TEXT = 200
CUT = "…"
"""What a text that was cut ends in."""


def shorten(text: str) -> str:
    """Return ``text`` with at most 200 characters."""
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + CUT


Hide = Callable[[str], str]
"""Takes out of a text what must not leave the process."""


def as_it_is(text: str) -> str:
    """Return the text: nothing in it is secret."""
    return text


def tags_of(pairs: Mapping[str, object], hide: Hide = as_it_is) -> Tags:
    """Return tags for any mapping; empty values are not tags."""
    found = {readable(key, hide): readable(value, hide) for key, value in pairs.items() if not _is_empty(value)}
    return tuple(sorted(found.items()))


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value)


def readable(value: object, hide: Hide = as_it_is) -> str:
    """Return ``value`` as a text that every report can carry: at most 200 characters, all of them printable.

    It is cut last: the beginning of a secret is a part of it, too.
    """
    text = shorten(hide(text_of(value)))
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def text_of(value: object) -> str:
    """Return ``value`` as a text; it never raises, no matter who wrote its class."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        return str(value)
    except Exception:  # noqa: BLE001 a text of somebody's class; the run goes on
        return "\ufffd"


@dataclass(frozen=True)
class Selector:
    """A metric and the tags that a series of it must carry; a value that ends in ``*`` matches its beginning."""

    metric: str
    tags: Tags = ()

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Tell whether a series with ``tags`` belongs to the selection."""
        for key, wanted in self.tags:
            found = tags.get(key)
            if found is None:
                return False
            if not (found.startswith(wanted[:-1]) if wanted.endswith("*") else found == wanted):
                return False
        return True

    @property
    def sees_other(self) -> bool:
        """Whether the selection is the same after leaves were lumped together."""
        return all(key in KEPT_IN_OTHER for key, _ in self.tags)

    def narrowed(self, **tags: str) -> Selector:
        """Return the selection with more tags demanded."""
        return Selector(self.metric, tuple(sorted({**dict(self.tags), **tags}.items())))

    def __str__(self) -> str:
        return self.metric + ("{" + ",".join(f"{key}:{value}" for key, value in self.tags) + "}" if self.tags else "")


def select_in(measured: Measured, selector: Selector, kind: Kind, common: Mapping[str, str] | None = None) -> AnySink:
    """Return a new sink that merges all the series that match of what one process measured."""
    merged = SINKS[kind]()
    for tags, sink in measured.of(selector.metric, kind):
        if selector.matches({**(common or {}), **dict(tags)}):
            merge_into(merged, sink)
    return merged


def _is_lumped(tags: Tags) -> bool:
    """Tell whether leaves were lumped together under ``tags``; others may not pass for such."""
    return ("name", OTHER) in tags and all(key == "name" or key in KEPT_IN_OTHER for key, _ in tags)


class Store:
    """Sinks by metric and tags, at most ``limit`` tag sets a metric."""

    def __init__(self, limit: int = MOST_LEAVES, common: Mapping[str, str] | None = None) -> None:
        self.limit = limit
        self.common = dict(common or {})
        """Run-wide tags: every series carries them, none stores them."""
        self.series: dict[Leaf, AnySink] = {}
        self.lumped: dict[str, int] = {}
        """By metric: how often a leaf too many was seen."""
        self.kinds: dict[str, Kind] = {}
        """The kind of each metric that was ever seen, or asked for."""
        self._known: dict[str, dict[Tags, None]] = {}
        """By metric: the tags that were ever seen, in that order."""
        self._views: dict[Selector, AnySink] = {}
        self._views_of: dict[Leaf, list[Selector]] = {}

    def leaf(self, metric: str, tags: Tags, kind: Kind) -> AnySink:
        """Return the sink to record into, made if there is none."""
        known = self._known.setdefault(metric, {})
        if tags not in known:
            if len(known) >= self.limit and not (_is_lumped(tags) and len(known) < self.limit + MOST_LUMPED):
                self.lumped[metric] = self.lumped.get(metric, 0) + 1
                keeps = KEPT_IN_OTHER if len(known) < self.limit + MOST_LUMPED else ()
                tags = tuple(sorted([*((key, value) for key, value in tags if key in keeps), ("name", OTHER)]))
            known[tags] = None
        sink = self.series.get((metric, tags))
        if sink is None:
            sink = self.series[metric, tags] = SINKS[kind]()
            self.kinds.setdefault(metric, kind)
        return sink

    def put(self, metric: str, tags: Tags, sink: AnySink) -> None:
        """Take a whole series over as it is, in the place of the one that is there; no view sees it."""
        self._known.setdefault(metric, {})[tags] = None
        self.series[metric, tags] = sink

    def of(self, metric: str) -> Iterator[tuple[Tags, AnySink]]:
        """Yield the series of one metric, without a look at the others."""
        for tags in self._known.get(metric, ()):
            sink = self.series.get((metric, tags))
            if sink is not None:
                yield tags, sink

    def take(self) -> list[list[object]]:
        """Return everything as plain rows and forget it, but not which leaves were seen."""
        rows: list[list[object]] = [
            [metric, [list(pair) for pair in tags], kind_of(sink).value, sink.to_row()]
            for (metric, tags), sink in self.series.items()
        ]
        rows += [[metric, [], LUMPED, [count]] for metric, count in self.lumped.items()]
        self.series, self.lumped = {}, {}
        return rows

    def refusal(self, measured: Measured) -> str:
        """Return why it cannot take what was measured, or ``""``: nothing is merged in part."""
        kinds = self.kinds
        for metric, kind in measured.kinds.items():
            if kinds.get(metric, kind) is not kind:
                return f"one metric is a {kinds[metric]} here and a {kind} there"
        if len(kinds.keys() | measured.kinds.keys()) > MOST_METRICS:
            return f"there are over {MOST_METRICS:,} metrics"
        return ""

    def merge(self, rows: Rows | Measured) -> None:
        """Add rows that another store's :meth:`take` gave, and bring the views up to date.

        Raises :class:`UnfitError` where they cannot be read, and TypeError where :meth:`refusal` says why they cannot
        be taken as a whole; then nothing has changed.
        """
        measured = read_rows(rows)
        if why := self.refusal(measured):
            raise TypeError(why)
        for metric, count in measured.lumped:
            self.lumped[metric] = self.lumped.get(metric, 0) + count
        for metric, tags, kind, sink in measured.series:
            merge_into(self.leaf(metric, tags, kind), sink)
            for selector in self._selectors_of((metric, tags)):
                merge_into(self._views.setdefault(selector, type(sink)()), sink)

    def _selectors_of(self, leaf: Leaf) -> list[Selector]:
        if leaf not in self._views_of:
            tags = {**self.common, **dict(leaf[1])}
            if len(self._views_of) > 2 * self.limit:
                self._views_of.clear()
            self._views_of[leaf] = [view for view in self._views if view.metric == leaf[0] and view.matches(tags)]
        return self._views_of[leaf]

    def watch(self, selector: Selector, kind: Kind) -> AnySink:
        """Keep the selection merged from now on and return its sink, so that reading it costs nothing."""
        if selector not in self._views:
            self.kinds.setdefault(selector.metric, kind)
            self._views[selector] = self.select(selector, kind)
            self._views_of.clear()
        return self._views[selector]

    def select(self, selector: Selector, kind: Kind) -> AnySink:
        """Return a new sink that merges all the series that match."""
        merged = SINKS[kind]()
        for tags, sink in self.of(selector.metric):
            if selector.matches({**self.common, **dict(tags)}):
                merge_into(merged, sink)
        return merged

    def trend(self, metric: str, **tags: str) -> Histogram:
        """Return all that was measured of a trend, or what carries some tags."""
        merged = self.select(Selector(metric).narrowed(**tags), Kind.TREND)
        assert isinstance(merged, Histogram)
        return merged

    def counted(self, metric: str, **tags: str) -> float:
        """Return what a counter has come to, over all tags or where it carries some."""
        merged = self.select(Selector(metric).narrowed(**tags), Kind.COUNTER)
        assert isinstance(merged, CounterSink)
        return merged.value

    def blind(self, selector: Selector) -> bool:
        """Tell whether the selection may miss measurements that were lumped under ``__other__``."""
        return self.lumped.get(selector.metric, 0) > 0 and not selector.sees_other

    def __iter__(self) -> Iterator[tuple[str, Tags, AnySink]]:
        for (metric, tags), sink in sorted(self.series.items(), key=operator.itemgetter(0)):
            yield metric, tags, sink
