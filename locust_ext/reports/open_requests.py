"""The requests that never came back: how many, of which endpoints, and how long the longest had been open.

Law: pure and bounded: at most 100 endpoints are named, those with the most open requests; the count is of all. A
request whose age is not known is open all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Tags
from locust_ext.measure.series import shorten
from locust_ext.measure.timeline_builder import highest
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_age

MOST_ROWS = 100
MOST_TOLD = 3
"""Endpoints that the sentence names."""


@dataclass(frozen=True)
class OpenRow:
    """The open requests of one endpoint; the age of the oldest in milliseconds, None where no age is known."""

    name: str
    method: str
    count: int
    oldest: float | None

    @property
    def label(self) -> str:
        """The endpoint as people name it."""
        return f"{self.method} {self.name}".strip()


@dataclass(frozen=True)
class OpenRequests:
    """All requests that had begun and were still open when the run was judged."""

    count: int = 0
    oldest: float | None = None
    """Milliseconds."""
    by: tuple[OpenRow, ...] = ()
    """By endpoint, most first; at most 100."""

    @classmethod
    def of(cls, rows: Iterable[OpenRow]) -> OpenRequests:
        """Return them all, rows of one endpoint put together."""
        merged: dict[tuple[str, str], OpenRow] = {}
        for row in rows:
            known = merged.get((row.name, row.method))
            count = row.count + (known.count if known else 0)
            oldest = highest((row.oldest, known.oldest if known else None))
            if count:
                merged[row.name, row.method] = OpenRow(row.name, row.method, count, oldest)
        ranked = sorted(merged.values(), key=lambda row: (-row.count, row.name, row.method))
        total = sum(row.count for row in ranked)
        return cls(total, highest(row.oldest for row in ranked), tuple(ranked[:MOST_ROWS]))

    def renamed(self, rename: Callable[[str], str]) -> OpenRequests:
        """Return the same requests under other names; endpoints that become alike are put together."""
        rows = (replace(row, name=rename(row.name), method=rename(row.method)) for row in self.by)
        return replace(self, by=OpenRequests.of(rows).by)

    @property
    def text(self) -> str:
        """What a reader must know of them, in a sentence; none where there are none."""
        if not self.count:
            return ""
        told = self.by[:MOST_TOLD]
        parts = [f"{row.count:,} of {shorten(row.label) or 'requests without a name'}" for row in told]
        others = self.count - sum(row.count for row in told)
        parts += [f"{others:,} of others"] if others > 0 else []
        longest = "" if self.oldest is None else f", the longest open for {format_age(self.oldest)}"
        return f"{plural(self.count, 'request')} never came back: {', '.join(parts)}{longest}"


def open_requests_of(histograms: Mapping[Tags, Histogram]) -> OpenRequests:
    """Return the open requests whose ages, in milliseconds, were gathered by their tags."""
    return OpenRequests.of(_row(dict(tags), ages) for tags, ages in histograms.items())


def _row(tags: Mapping[str, str], ages: Histogram) -> OpenRow:
    method = tags.get("method") or tags.get("type") or ""
    return OpenRow(tags.get("name", ""), method, ages.count + ages.invalid, ages.maximum)
