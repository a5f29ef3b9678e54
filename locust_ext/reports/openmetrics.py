"""metrics.txt: the run in the text format of OpenMetrics, for GitLab's metrics reports and for Prometheus.

Law: bounded: a family has at most 50 sets of labels, and only labels of :data:`LABELS`; what is beyond goes on under
``__other__``. Values are rounded and sorted, because GitLab compares them as text; for the same reason a number is
written in full, where the library that writes the format would write it as Go does. Durations of built-in metrics are
in seconds, all other numbers in the unit that they were recorded in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from locust_ext.gates.outcomes import Status
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import UNITS, Histogram
from locust_ext.measure.series import OTHER, shorten
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, Kind, RateSink, kind_of, merge_into
from locust_ext.reports.console import plain
from locust_ext.reports.open_requests import OpenRequests
from locust_ext.reports.result import PERCENTILES, RunResult, SeriesRow, figures_of
from locust_ext.reports.totals import merge_rows
from locust_ext.text.frozen import dataclass

LABELS = ("check", "instance", "method", "name", "series", "type")
"""Tags that become labels; series that differ in others, such as a status or a phase, are merged."""

MOST_SETS = 50

DIGITS = 3
"""What a histogram can tell."""

SUFFIXES = ("", "_total", "_count", "_sum", "_created", "_bucket", "_gcount", "_gsum", "_info")
"""Names that a family may lay claim to; no two families may share one."""

OPEN = ("loadtest_open_requests", "loadtest_open_requests_oldest_seconds")
"""The families about what did not come back."""

TYPES: Mapping[Kind, str] = {
    Kind.TREND: "summary",
    Kind.RATE: "gauge",
    Kind.COUNTER: "counter",
    Kind.GAUGE: "gauge",
}
Labels = tuple[tuple[str, str], ...]


class _Last(str):
    """The name of a label that stands behind all others: the library sorts them, and GitLab compares the text."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return False

    def __gt__(self, other: str) -> bool:
        return True


QUANTILE = _Last("quantile")


@dataclass(frozen=True)
class _Run(Collector):
    """The families of a run, in their order, as the library asks for them."""

    families: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        """Return all families."""
        return self.families


def openmetrics(result: RunResult) -> str:
    """Return the text of ``metrics.txt``."""
    families = [_exit_code(result), *_thresholds(result), *_open(result.open_requests), *_measured(result)]
    lines = generate_latest(_Run(families)).decode("utf-8").split("\n")
    return "\n".join(line if line.startswith("#") else _in_full(line) for line in lines)


def _in_full(line: str) -> str:
    """Return a sample's line with its value in full: ``3000``, where Go would write ``3000.0``; no exponent."""
    sample, space, value = line.rpartition(" ")
    return f"{sample}{space}{Decimal(value).normalize():f}" if value else line


def _family(name: str, kind: str, unit: str, about: str, samples: Iterable[tuple[str, Labels, float]]) -> Metric:
    """Return one metric: its name, and everything that is said of it; a sample's name begins with that."""
    family = Metric(name, about, kind, unit)
    family.samples = [Sample(name + suffix, dict(labels), value) for suffix, labels, value in samples]
    return family


def _exit_code(result: RunResult) -> Metric:
    code = ("", (), result.verdict.exit_code)
    return _family("loadtest_exit_code", "gauge", "", "the exit code of the run; 0 when it passed", [code])


def _thresholds(result: RunResult) -> list[Metric]:
    passed: dict[Labels, bool] = {}
    for outcome in sorted(result.outcomes, key=lambda one: one.status is Status.PASSED):  # those are kept last
        threshold = outcome.threshold
        labels = (("selector", _value(str(threshold.selector))), ("threshold", _value(threshold.rule)))
        if labels in passed or len(passed) < MOST_SETS:
            passed[labels] = passed.get(labels, True) and outcome.status is Status.PASSED
    samples = [("", labels, int(ok)) for labels, ok in sorted(passed.items())]
    about = "1 when the threshold passed; 0 when it failed or was inconclusive"
    return [_family("loadtest_threshold_passed", "gauge", "", about, samples)] if samples else []


def _open(found: OpenRequests) -> Iterator[Metric]:
    """Yield how many requests never came back, and the age of the oldest; nothing where all did."""
    if not found.count:
        return
    counts: dict[Labels, int] = {}
    for row in found.by:
        labels = _labels({"name": row.name, "method": row.method})
        if labels in counts or len(counts) < MOST_SETS:
            counts[labels] = counts.get(labels, 0) + row.count
    rest = found.count - sum(counts.values())
    if rest > 0:
        other = (("name", OTHER),)
        counts[other] = counts.get(other, 0) + rest
    samples = [("", labels, count) for labels, count in sorted(counts.items())]
    yield _family(OPEN[0], "gauge", "", "requests that had begun and never came back", samples)
    if found.oldest is not None and math.isfinite(found.oldest):
        age = ("", (), _rounded(found.oldest / 1000))
        yield _family(OPEN[1], "gauge", "seconds", "how long the oldest of them had been open", [age])


def _measured(result: RunResult) -> Iterator[Metric]:
    """Return all metrics, those that every run has first: they keep their names."""
    by_metric: dict[str, list[SeriesRow]] = {}
    for row in result.series:
        by_metric.setdefault(row.metric, []).append(row)
    taken = {f"loadtest_{name}{suffix}" for name in ("exit_code", "threshold_passed") for suffix in SUFFIXES}
    taken |= {f"{name}{suffix}" for name in OPEN for suffix in SUFFIXES}
    for metric in sorted(by_metric, key=lambda name: (name not in BUILT_IN, name)):
        sets = _bounded(merge_rows(by_metric[metric], lambda row: _labels(row.tags)))
        kind = kind_of(next(iter(sets.values()))) if sets else Kind.TIMELINE
        if kind not in TYPES:
            continue
        known = BUILT_IN.get(metric)
        unit = "seconds" if known is not None and known.unit == "ms" else ""
        samples = [one for labels, sink in sorted(sets.items()) for one in _samples(sink, labels, unit)]
        name = _name(metric, kind, unit, taken)
        yield _family(name, TYPES[kind], unit, known.about if known else "", samples)


def _labels(tags: Mapping[str, str]) -> Labels:
    return tuple((key, _value(tags[key])) for key in LABELS if tags.get(key))


def _value(text: str) -> str:
    """Return a label's value without ``#``, from which on GitLab takes a line for a comment."""
    return plain(shorten(text)).replace("#", "%23")


def _bounded(sets: dict[Labels, AnySink]) -> dict[Labels, AnySink]:
    """Return the sets with the most samples, and all others as one."""
    order = sorted(sets, key=lambda labels: (-figures_of(sets[labels])[0], labels))
    kept = {labels: sets[labels] for labels in order[:MOST_SETS]}
    for labels in order[MOST_SETS:]:
        merge_into(kept.setdefault((("name", OTHER),), type(sets[labels])()), sets[labels])
    return kept


def _samples(sink: AnySink, labels: Labels, unit: str) -> list[tuple[str, Labels, float]]:
    scale = 1 / 1000 if unit else 1.0
    match sink:
        case Histogram():
            values = zip(PERCENTILES.values(), sink.percentiles(PERCENTILES.values()), strict=True)
            return [
                *(
                    ("", (*labels, (QUANTILE, f"{percent / 100:g}")), _rounded(value * scale))
                    for percent, value in values
                    if value is not None
                ),
                ("_count", labels, sink.count),
                ("_sum", labels, _rounded(sink.total / UNITS * scale)),
            ]
        case RateSink() if sink.total:
            return [("", labels, _rounded(sink.hits / sink.total))]
        case CounterSink() if 0 <= sink.value < math.inf:
            return [("_total", labels, sink.value if sink.value == int(sink.value) else _rounded(sink.value))]
        case GaugeSink() if math.isfinite(sink.value):
            return [("", labels, _rounded(sink.value))]
        case _:
            return []


def _rounded(value: float) -> float:
    """Return a number with three significant digits: equal ones are equal as text."""
    return float(f"{value:.{DIGITS}g}")


def _name(metric: str, kind: Kind, unit: str, taken: set[str]) -> str:
    """Return a name that OpenMetrics allows and no other family has, and take it."""
    name = re.sub(r"[^a-zA-Z0-9_]", "_", shorten(metric))
    name = name.removesuffix("_total") if kind is Kind.COUNTER else name
    name = name if name and not name[0].isdigit() else f"_{name}"
    ending = f"_{unit}" if unit else ""
    while any(name + ending + suffix in taken for suffix in SUFFIXES):
        name += "_"
    taken.update(name + ending + suffix for suffix in SUFFIXES)
    return name + ending
