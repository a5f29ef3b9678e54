"""Families of what is measured: the series of a store, put together by the labels that are told.

Law: pure and bounded; nothing is averaged: histograms and counts are merged. A step at a time, so that others can have
their turn: what comes meanwhile is in the figures or is not, and no figure is of half a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from locust_ext.exports.family import Family, Form, Labels, Named, Point
from locust_ext.exports.names import FAMILIES, LABELS, MEASURED, OWN, RUN, UNTOLD, prometheus_name
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Tags
from locust_ext.measure.series import MOST_LEAVES, OTHER, Hide, Store
from locust_ext.measure.sinks import SINKS, AnySink, CounterSink, GaugeSink, Kind, RateSink, kind_of, merge_into

MOST_SETS = MOST_LEAVES
"""Label sets of a family: as many as the store keeps; further ones are put together under ``__other__``."""

SECONDS = 0.001
"""What a time in milliseconds is multiplied with."""

LUMPED: Labels = ((LABELS["name"], OTHER),)

SUFFIXES = ("", "_total", "_count", "_sum", "_created", "_bucket", "_gcount", "_gsum", "_info")

_FORMS = {Kind.TREND: Form.HISTOGRAM, Kind.COUNTER: Form.COUNTER, Kind.RATE: Form.GAUGE, Kind.GAUGE: Form.GAUGE}


def gather_measured(store: Store, hide: Hide, into: list[Family]) -> Iterator[None]:
    """Put the families of all that was measured into a list; yields between steps."""
    merged: dict[str, dict[Labels, AnySink]] = {}
    firsts: dict[str, str] = {}
    for metric, tags in list(store.series):
        sink = store.series.get((metric, tags))
        if sink is None or metric in UNTOLD or kind_of(sink) not in _FORMS:
            continue
        family = MEASURED.get(metric, metric)
        firsts.setdefault(family, metric)
        points = merged.setdefault(family, {})
        labels = labels_of(tags, hide)
        if labels not in points and len(points) >= MOST_SETS:
            labels = LUMPED
        merge_into(points.setdefault(labels, SINKS[kind_of(sink)]()), sink)
        yield
    into += _families(merged, firsts, hide)
    lumped = [Point((("metric", hide(metric)),), float(count)) for metric, count in list(store.lumped.items())]
    if lumped:
        into.append(Family(FAMILIES["loadtest.series.lumped"], tuple(lumped)))


def labels_of(tags: Tags, hide: Hide) -> Labels:
    """Return the labels of a series: what is told of its tags."""
    return tuple(sorted((LABELS[key], hide(value)) for key, value in tags if key in LABELS and value))


def _families(merged: Mapping[str, dict[Labels, AnySink]], firsts: Mapping[str, str], hide: Hide) -> Iterator[Family]:
    taken = {name for named in (RUN, *FAMILIES.values()) for name in _claims(named)}
    for family, points in merged.items():  # as they came: a name, once taken, is the same one through a run
        metric = firsts[family]
        named = FAMILIES.get(family) or _named(hide(metric), kind_of(next(iter(points.values()))), taken)
        told = [(labels, _value(sink, named)) for labels, sink in points.items()]
        kept = tuple(Point(labels, value) for labels, value in told if value is not None)
        if kept:
            yield Family(named, kept, SECONDS if named.unit == "s" else 1.0)


def _named(metric: str, kind: Kind, taken: set[str]) -> Named:
    """Return what is said of a metric that is told under its own name, which no other family has, and take that."""
    known = BUILT_IN.get(metric)
    unit = "s" if known is not None and known.unit == "ms" else "1" if kind is Kind.RATE else ""
    about = known.about if known else f"The metric {metric} of the test"
    named = Named(OWN + metric, _FORMS[kind], unit, about[:1].upper() + about[1:])
    while taken.intersection(_claims(named)):
        named = replace(named, name=f"{named.name}_")
    taken.update(_claims(named))
    return named


def _claims(named: Named) -> list[str]:
    """Return the names that a family lays claim to where names end in what a sample is."""
    name = prometheus_name(named).removesuffix("_total")
    return [name + suffix for suffix in SUFFIXES]


def _value(sink: AnySink, named: Named) -> float | Histogram | None:
    match sink:
        case Histogram():
            return sink
        case RateSink():
            if named.form is Form.COUNTER:
                return float(sink.hits)
            return sink.hits / sink.total if sink.total else None
        case CounterSink():
            return float(sink.value) if sink.seen and sink.value >= 0 and math.isfinite(sink.value) else None
        case GaugeSink():
            return float(sink.value) if math.isfinite(sink.stamp) and math.isfinite(sink.value) else None
        case _:
            return None
