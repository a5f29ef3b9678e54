"""Censored samples: durations of which only a lower bound is known, as they travel and as they are kept.

Law: pure. What is lost adds up like any other measurement; what is open replaces what the same process said before,
so that nothing is counted twice. Leaves are bounded as all others are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from typing import Any

from locust_ext.measure.catalogue import CORRECTED, HTTP, HTTP_METHODS, OTHER_REQUESTS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.open_requests import OpenRequests, Sample
from locust_ext.measure.rows import LOST, OPEN, Leaf, Measured, Rows, Tags, read_rows
from locust_ext.measure.series import KEPT_IN_OTHER, MOST_LEAVES, OTHER, Hide, Selector, as_it_is, tags_of, text_of
from locust_ext.text.frozen import dataclass

ONLY_ANSWERS_BRING = frozenset({"status"})
"""Tags that a request has no sooner than its answer."""

FAILS_WITH: Mapping[str, str] = {HTTP[1]: HTTP[0], OTHER_REQUESTS[1]: OTHER_REQUESTS[0]}
"""By share of failures: the durations of the same requests."""


@dataclass(frozen=True)
class Censored:
    """What is known of the censored samples under one selection, in milliseconds."""

    ages: Histogram = field(default_factory=Histogram)
    possible: Histogram = field(default_factory=Histogram)
    """Those that belong to it or not, depending on the answer that never came."""
    lost: int = 0
    """How many of them will never end; the others are open still."""
    blind: bool = False
    """Whether further ones may be among those that were lumped together."""

    @property
    def count(self) -> int:
        """How many there may be."""
        return self.ages.count + self.possible.count

    @property
    def oldest(self) -> float:
        """The age of the oldest."""
        return max(self.ages.maximum or 0.0, self.possible.maximum or 0.0)


def together(parts: Iterable[Censored]) -> Censored:
    """Return the samples of all parts."""
    ages, possible, lost, blind = Histogram(), Histogram(), 0, False
    for part in parts:
        ages.merge(part.ages)
        possible.merge(part.possible)
        lost, blind = lost + part.lost, blind or part.blind
    return Censored(ages, possible, lost, blind)


class CensoredStore:
    """The censored samples of a run: lost ones of all processes, open ones as each process said last."""

    def __init__(self, common: Mapping[str, str] | None = None) -> None:
        self.common = dict(common or {})
        self.lost: dict[Leaf, Histogram] = {}
        self.open: dict[str, dict[Leaf, Histogram]] = {}
        """By process."""

    def merge(self, rows: Rows | Measured, source: str = "") -> None:
        """Take what did not come back to the process ``source``."""
        measured = read_rows(rows)
        self.lose(measured)
        if measured.open is not None:
            self.open[source] = measured.open

    def lose(self, measured: Measured) -> None:
        """Take what will never end, and leave alone what is open."""
        for leaf, ages in measured.lost:
            _kept(self.lost, leaf, MOST_LEAVES).merge(ages)

    @property
    def leaves(self) -> dict[Leaf, Histogram]:
        """All of them by metric and tags: lost, and open."""
        found: dict[Leaf, Histogram] = {}
        for part in (self.lost, *self.open.values()):
            for leaf, ages in part.items():
                found.setdefault(leaf, Histogram()).merge(ages)
        return found

    def select(self, selector: Selector, *, lost: bool = True) -> Censored:
        """Return the samples under a selection of durations, or of the failures of the same requests.

        ``lost``: those that will never end, too.
        """
        wanted = Selector(FAILS_WITH.get(selector.metric, selector.metric), selector.tags)
        sure = Selector("", tuple(pair for pair in wanted.tags if pair[0] not in ONLY_ANSWERS_BRING))
        ages, possible, gone, blind = Histogram(), Histogram(), 0, False
        for part in (*([self.lost] if lost else []), *self.open.values()):
            for (metric, tags), some in part.items():
                if metric != wanted.metric:
                    continue
                named = {**self.common, **dict(tags)}
                blind = blind or (named.get("name") == OTHER and not wanted.sees_other)
                if sure.matches(named):
                    (ages if sure.tags == wanted.tags else possible).merge(some)
                    gone += some.count if part is self.lost else 0
        return Censored(ages, possible, gone, blind)

    def count_open(self, metrics: Collection[str]) -> int:
        """Return how many samples of some metrics are open, as each process said last."""
        parts = (leaf for part in self.open.values() for leaf in part.items())
        return sum(ages.count + ages.invalid for (metric, _), ages in parts if metric in metrics)

    def open_now(self, metric: str) -> Histogram:
        """Return the ages of all that is open of a metric."""
        merged = Histogram()
        for part in self.open.values():
            for (name, _), ages in part.items():
                if name == metric:
                    merged.merge(ages)
        return merged


def samples_of(begun: Any, now: float, *, corrects: bool) -> Iterable[Sample]:
    """Return what is known of a request that has begun: how long it took so far, if the run ``corrects`` since due.

    One that no iteration brought, such as that of an ``on_start``, was due when it began: so its event says, too.
    """
    own = begun.known(now)
    if own is not None:
        yield from own
        return
    try:
        method, name, own = begun.describe()
    except Exception:  # noqa: BLE001 the name is looked up in user code; the request counts without it
        method, name, own = "", "", {}
    http = str(method).upper() in HTTP_METHODS
    duration = (HTTP if http else OTHER_REQUESTS)[0]
    iteration = begun.iteration
    tags = {
        **own,
        "name": text_of(name if name is not None else ""),
        "method" if http else "type": str(method),
        "phase": begun.phase,
        **(iteration.tags if iteration is not None else {}),
    }
    age = begun.age(now)
    yield Sample(duration, tags, age)
    if corrects:
        yield Sample(CORRECTED[duration], tags, age + (iteration.late if iteration is not None else 0.0))


def censored_rows(
    register: OpenRequests, now: float, limit: int, *, corrects: bool = False, hide: Hide = as_it_is
) -> list[list[object]]:
    """Return the rows of a process: what was lost since they were last asked for, and what is open at ``now``."""
    register.sweep()
    lost: dict[Leaf, Histogram] = {}
    requests, samples = register.take_lost()
    for begun, at in requests:
        _record(lost, samples_of(begun, at, corrects=corrects), limit, hide)
    _record(lost, samples, limit, hide)
    still: dict[Leaf, Histogram] = {}
    for begun in list(register.opened):
        _record(still, samples_of(begun, now, corrects=corrects), limit, hide)
    for other in list(register.others.values()):
        _record(still, other.samples(now), limit, hide)
    rows: list[list[object]] = [[metric, _pairs(tags), LOST, ages.to_row()] for (metric, tags), ages in lost.items()]
    if still or register.said_open:  # said once more when there are none, so that the last word is not an old one
        rows.append(["", [], OPEN, [[metric, _pairs(tags), ages.to_row()] for (metric, tags), ages in still.items()]])
    register.said_open = bool(still)
    return rows


def _pairs(tags: Tags) -> list[list[str]]:
    return [list(pair) for pair in tags]


def _record(into: dict[Leaf, Histogram], samples: Iterable[Sample], limit: int, hide: Hide) -> None:
    for metric, tags, age, times in samples:
        _kept(into, (metric, tags_of(tags, hide)), limit).record_all([max(0.0, age)] * times)


def _kept(into: dict[Leaf, Histogram], leaf: Leaf, limit: int) -> Histogram:
    """Return the histogram of a leaf; what is one leaf too many is kept together, under its phase."""
    if leaf not in into and len(into) >= limit:
        metric, tags = leaf
        leaf = (metric, tags_of({**{key: value for key, value in tags if key in KEPT_IN_OTHER}, "name": OTHER}))
    return into.setdefault(leaf, Histogram())
