"""Prometheus' text format and OpenMetrics: from the bytes of an answer to the readings that somebody asks for.

Law: pure, and it never raises, whatever is sent. Of a large answer only the lines that are wanted are kept and parsed,
and those are bounded. What makes no sense is left out, and named.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from prometheus_client.parser import text_string_to_metric_families

from locust_ext.measure.sinks import MOST_VALUE
from locust_ext.probes.options import MOST_SERIES
from locust_ext.probes.readings import Read, Reading
from locust_ext.probes.series import ABOUT, OF_A_PROCESS, SeriesName
from locust_ext.text.frozen import dataclass

LONGEST_LINE, MOST_LINES, MOST_KEPT = 4096, 1000, 64 * 1024
"""Bytes of a line, and lines and bytes of them all, that are kept: they are parsed in well under 0.1 s."""

FIRST = 20
"""Lines that tell whether an answer is in this format."""

_METRIC = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*|\{")
_FORMAT = re.compile(rb"#|[a-zA-Z_:][a-zA-Z0-9_:]*[ \t{]|\{")
_PARTS = ("_total", "_count", "_sum", "_bucket")
"""What a series' name has beside that of its family."""

_COUNTED = {"counter": (*_PARTS, ""), "histogram": ("_count", "_sum", "_bucket"), "summary": ("_count", "_sum")}
"""The series of a family that only grow, by its type."""


@dataclass(frozen=True)
class Wanted:
    """What is read: series by name, and of the rest those of the process, where nobody has named any."""

    series: tuple[SeriesName, ...] = ()
    process: bool = True

    def has(self, name: str) -> bool:
        """Tell whether a metric is among them, or tells of restarts and limits."""
        return name in self.names or name in ABOUT or (self.process and name.startswith(OF_A_PROCESS))

    @cached_property
    def names(self) -> frozenset[str]:
        """The metrics that are named."""
        return frozenset(series.name for series in self.series)

    def those_in(self, names: Iterable[str]) -> tuple[SeriesName, ...]:
        """Return the series to read of an answer in which metrics of these names stand."""
        found = dict.fromkeys(self.series)
        found |= dict.fromkeys(map(SeriesName, sorted(ABOUT)))
        if self.process:
            others = sorted(name for name in set(names) if name.startswith(OF_A_PROCESS))
            found |= dict.fromkeys(map(SeriesName, others[:MOST_SERIES]))
        return tuple(found)


class Sieve:
    """Keeps the lines of an answer that are wanted, chunk by chunk."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._known: dict[bytes, bool] = {}
        self._rest, self._is_skipping = b"", False
        self._looks: list[bool] = []
        self._kept: dict[str, list[str]] = {}
        self._sizes: Counter[str] = Counter()
        self._lines = self._size = 0
        self.types: dict[str, str] = {}
        self.cut: set[str] = set()
        """The metrics of which there was more than is kept: nothing is kept of them."""

    @property
    def lines(self) -> list[str]:
        """The samples that were kept."""
        return [line for lines in self._kept.values() for line in lines]

    @property
    def is_foreign(self) -> bool:
        """Whether none of the first lines is in this format; an answer without any is empty, and is in it."""
        return bool(self._looks) and not any(self._looks)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if not self._is_skipping:
                self._take(line)
            self._is_skipping = False
        if len(rest) > LONGEST_LINE:
            self._take(rest)
            rest, self._is_skipping = b"", True
        self._rest = rest

    def end(self) -> None:
        """Take the last line, which need not have an end."""
        if self._rest and not self._is_skipping:
            self._take(self._rest)
        self._rest = b""

    def _note(self, line: bytes) -> None:
        if len(self._looks) < FIRST and line.strip():
            self._looks.append(bool(_FORMAT.match(line.lstrip())))

    def _take(self, line: bytes) -> None:
        if len(self._looks) < FIRST:
            self._note(line)
        line = line.lstrip() if line[:1].isspace() else line
        if line.startswith(b"#"):
            self._take_type(line)
            return
        match = _METRIC.match(line)
        if match is None or not self._has(match[0]):
            return
        metric = match[0].decode()
        if metric in self.cut or (metric not in self._kept and not self._has_room(metric)):
            return
        self._kept.setdefault(metric, []).append(line.decode("utf-8", "replace"))
        self._sizes[metric] += len(line)
        self._lines, self._size = self._lines + 1, self._size + len(line)
        if len(line) > LONGEST_LINE:
            self._drop(metric)
        while self._lines > MOST_LINES or self._size > MOST_KEPT:
            self._drop(max(self._sizes, key=self._sizes.__getitem__))

    def _has_room(self, metric: str) -> bool:
        return len(self._kept) + len(self.cut) < MOST_LINES or metric in self._wanted.names

    def _drop(self, metric: str) -> None:
        """Keep nothing of a metric that has more label sets than are read, so that others have their place."""
        self._lines -= len(self._kept.pop(metric))
        self._size -= self._sizes.pop(metric)
        self.cut.add(metric)

    def _take_type(self, line: bytes) -> None:
        words = line.split(None, 4)
        if len(words) == len(("#", "TYPE", "name", "type")) and words[1] == b"TYPE" and len(self.types) < MOST_LINES:
            family, kind = (word.decode("utf-8", "replace") for word in words[2:])
            if any(self._has((family + part).encode()) for part in ("", *_PARTS)):
                self.types[family] = kind

    def _has(self, name: bytes) -> bool:
        known = self._known.get(name)
        if known is None:
            known = self._wanted.has(name.decode("utf-8", "replace"))
            if len(self._known) < MOST_LINES:
                self._known[name] = known
        return known


@dataclass(frozen=True)
class _Sample:
    name: str
    labels: Mapping[str, str]
    value: float


def read_lines(sieve: Sieve, wanted: Wanted) -> Read:
    """Return the readings in the lines that a sieve has kept, and what was wrong with them."""
    samples, broken = _samples(sieve.lines)
    values: dict[str, Reading] = {}
    troubles: dict[str, str] = {}
    for series in wanted.those_in({*samples, *broken, *sieve.cut}):
        mine = [sample for sample in samples.get(series.name, ()) if series.fits(sample.labels)]
        is_asked = series in wanted.series
        counts = _is_counter(series.name, sieve.types)
        if wrong := _lacks(series.name, broken, sieve.cut) or _wrong(mine, counts=counts):
            if series.name not in ABOUT or is_asked:
                troubles[str(series)] = wrong
            continue
        if not mine:
            continue
        total = math.fsum(sample.value for sample in mine)
        values[str(series)] = Reading(total, counts=counts, parts=len(mine))
    return Read(values, troubles)


def _samples(lines: Iterable[str]) -> tuple[dict[str, list[_Sample]], set[str]]:
    """Return the samples by metric, and the metrics with a line that cannot be read; it spoils no other."""
    found: dict[str, list[_Sample]] = {}
    broken: set[str] = set()
    for line in lines:
        try:
            for family in text_string_to_metric_families(line + "\n"):
                for sample in family.samples:
                    one = _Sample(sample.name, sample.labels, float(sample.value))
                    found.setdefault(one.name, []).append(one)
        except Exception:  # noqa: BLE001 the parser raises whatever its line makes Python raise
            match = _METRIC.match(line.encode("utf-8", "replace"))
            broken.add(match[0].decode() if match else "")
    return found, broken


def _lacks(name: str, broken: Collection[str], cut: Collection[str]) -> str:
    """Return why a series cannot be summed as a whole; ``""`` where it can."""
    if name in broken:
        return "has a line that cannot be read"
    return "has more label sets than are read" if name in cut else ""


def _wrong(samples: Iterable[_Sample], *, counts: bool) -> str:
    """Return what is wrong with the samples of a series; ``""`` where they can be summed."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    for sample in samples:
        labels = tuple(sorted(sample.labels.items()))
        if labels in seen:
            return "stands there twice"
        seen.add(labels)
        if math.isnan(sample.value):
            return "is NaN"
        if not abs(sample.value) < MOST_VALUE / MOST_LINES:
            return "is infinite"
        if sample.value < 0 and (counts or sample.name.startswith(OF_A_PROCESS)):
            return "is negative"
    return ""


def _is_counter(name: str, types: Mapping[str, str]) -> bool:
    """Tell whether a series only grows: by the type of its family, else by its name."""
    for part in ("", *_PARTS):
        family = name.removesuffix(part) if part else name
        if name.endswith(part) and family in types:
            kind = types[family]
            if kind not in ("untyped", "unknown"):
                return part in _COUNTED.get(kind, ())
    return name.endswith("_total")
