"""How a run stands, as Prometheus reads it: in its own text format, or in that of OpenMetrics.

Law: pure; the library writes the formats. No two samples have the same name and labels, whatever users call things.
A sample at a time, so that others can have their turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from prometheus_client.exposition import generate_latest as in_text
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as in_openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

from locust_ext.exports.buckets import Bounds, counts_at, edges_for, places_of
from locust_ext.exports.family import Exposition, Family, Form, Labels, Named, Point, RunTold
from locust_ext.exports.names import FAMILIES, RUN, UNITS, prometheus_label, prometheus_name
from locust_ext.measure.histogram import UNITS as OF_ONE
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import shorten
from locust_ext.reports.console import plain

OPENMETRICS_TYPE = str(CONTENT_TYPE_LATEST)
TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

OPENMETRICS, TEXT = "application/openmetrics-text", "text/plain"

KNOWN_VERSIONS = ("", "0.0.1", "1.0.0")
"""Of OpenMetrics, as an Accept header says them; what is written is all of them."""

MOST_ACCEPTED = 50
"""Media types of an Accept header that are looked at."""

MOST_TAGS = 50

RUN_LABELS = ("run_id", "name", "started_at", "git_sha")
"""What a run is told by beside its tags."""

Turn = Callable[[], object]


def _no_turn() -> None:
    """Go on."""


def wants_openmetrics(accept: str) -> bool:
    """Tell whether an Accept header would rather have OpenMetrics than Prometheus' own format."""
    best = {OPENMETRICS: 0.0, TEXT: 0.0}
    for one in accept.split(",", MOST_ACCEPTED)[:MOST_ACCEPTED]:
        kind, *parameters = (word.strip().lower() for word in one.split(";"))
        told = dict(word.split("=", 1) for word in parameters if "=" in word)
        if kind not in best or (kind == OPENMETRICS and told.get("version", "").strip('" ') not in KNOWN_VERSIONS):
            continue
        best[kind] = max(best[kind], _share(told.get("q", "1")))
    return best[OPENMETRICS] > 0 and best[OPENMETRICS] >= best[TEXT]


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        return 0.0
    return share if 0 <= share <= 1 else 0.0


def text_of(told: Exposition | None, *, openmetrics: bool = False, turn: Turn = _no_turn) -> bytes:
    """Return the text; before any run it says that none is under way. ``turn`` is called between samples."""
    return (in_openmetrics if openmetrics else in_text)(_Families(told, turn))


class _Families(Collector):
    """The families of an exposition, as the library asks for them."""

    def __init__(self, told: Exposition | None, turn: Turn) -> None:
        self._told, self._turn = told, turn

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        if self._told is None:
            yield _metric(Family(FAMILIES["loadtest.running"], (Point((), 0.0),)), {}, self._turn)
            return
        yield _run(self._told.run)
        for family in self._told.families:
            yield _metric(family, self._told.bounds, self._turn)


class _Samples:
    """Samples that are made while they are written."""

    def __init__(self, make: Callable[[], Iterator[Sample]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Sample]:
        return self._make()


def _run(run: RunTold) -> Metric:
    labels = dict.fromkeys(RUN_LABELS, "") | {
        "run_id": run.id,
        "name": run.name,
        "started_at": run.started_at,
    }
    for tag, value in sorted(run.tags.items())[:MOST_TAGS]:
        label = tag if tag == "git_sha" else f"tag_{prometheus_label(shorten(tag))}"
        while labels.get(label):
            label += "_"
        labels[label] = value
    samples = [Sample("loadtest_run_info", dict(_clean(labels.items())), 1.0)]
    return _told_as("loadtest_run", "info", "", RUN.about, samples)


def _metric(family: Family, bounds: Bounds, turn: Turn) -> Metric:
    named = family.named
    name = prometheus_name(named)
    name = name.removesuffix("_total") if named.form is Form.COUNTER else name
    unit = UNITS.get(named.unit, "")
    make = (
        partial(_distributions, family, bounds.get(named.name, ()))
        if named.form is Form.HISTOGRAM
        else partial(_values, family, "_total" if named.form is Form.COUNTER else "")
    )
    samples = _Samples(partial(make, name, turn))
    return _told_as(name, named.form.value, unit if name.endswith(f"_{unit}") else "", named.about, samples)


def _told_as(name: str, kind: str, unit: str, about: str, samples: Iterable[Sample]) -> Metric:
    metric = Metric(name, plain(about), kind, unit)
    metric.samples = samples  # type: ignore[assignment]  # the library goes through them once
    return metric


def _values(family: Family, suffix: str, name: str, turn: Turn) -> Iterator[Sample]:
    for labels, value in _settled(family, turn).items():
        if not isinstance(value, Histogram):
            yield Sample(name + suffix, dict(labels), value)
            turn()


def _distributions(family: Family, bounds: Iterable[float], name: str, turn: Turn) -> Iterator[Sample]:
    edges = edges_for(bounds, seconds=family.named.unit == "s")
    places, words = places_of(edges, family.scale), [floatToGoString(edge) for edge in edges]
    for labels, value in _settled(family, turn).items():
        if not isinstance(value, Histogram):
            continue
        own, count = dict(labels), value.count
        for word, below in zip(words, counts_at(value, places), strict=True):
            yield Sample(f"{name}_bucket", {**own, "le": word}, below)
        yield Sample(f"{name}_bucket", {**own, "le": "+Inf"}, count)
        yield Sample(f"{name}_count", own, count)
        yield Sample(f"{name}_sum", own, value.total / OF_ONE * family.scale)
        turn()


def _settled(family: Family, turn: Turn) -> dict[Labels, float | Histogram]:
    """Return the values by their labels as they are written; of those that are written alike there is one."""
    found: dict[Labels, float | Histogram] = {}
    for point in family.points:
        labels = _clean(point.labels)
        found[labels] = _together(found[labels], point.value, family.named) if labels in found else point.value
        turn()
    return found


def _clean(labels: Iterable[tuple[str, str]]) -> Labels:
    """Return labels as Prometheus takes them: spelled its way, without control characters, and none that is empty."""
    return tuple((prometheus_label(key), plain(shorten(value))) for key, value in labels if value)


def _together(one: float | Histogram, other: float | Histogram, named: Named) -> float | Histogram:
    if isinstance(one, Histogram) and isinstance(other, Histogram):
        both = Histogram()
        both.merge(one)
        both.merge(other)
        return both
    if named.form is Form.COUNTER and not isinstance(one, Histogram) and not isinstance(other, Histogram):
        return one + other
    return one
