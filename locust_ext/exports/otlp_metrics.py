"""Figures of a run as the OpenTelemetry SDK's own data, in parts that are small enough to be sent.

Law: pure; nothing is averaged, and all sums count from the start of the run. A step at a time, so that others can have
their turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opentelemetry.sdk.metrics._internal.point import Buckets
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from locust_ext.exports.exponential import exponential_of
from locust_ext.exports.family import Family, Form, Point
from locust_ext.measure.histogram import Histogram
from locust_ext.text.frozen import dataclass
from locust_ext.text.version import VERSION

MOST_WEIGHT = 40_000
"""Numbers in a part, about: it is put into bytes in a few milliseconds, and is far below what collectors take."""

OF_A_POINT = 100
"""Numbers that the labels and times of a point count for."""

CUMULATIVE = AggregationTemporality.CUMULATIVE

SCOPE = InstrumentationScope("locust_ext", VERSION)

AnyPoint = NumberDataPoint | ExponentialHistogramDataPoint


@dataclass(frozen=True)
class Stamp:
    """When the run began and which moment is told of, in nanoseconds since 1970."""

    start: int
    now: int


def parts_of(families: Sequence[Family], resource: Resource, stamp: Stamp) -> Iterator[MetricsData | None]:
    """Yield the figures in parts, and None between steps; no part has two metrics of one name."""
    metrics: list[Metric] = []
    weight = 0
    for family in families:
        points: list[AnyPoint] = []
        for point in family.points:
            made, numbers = _point(point, family, stamp)
            if made is None:
                continue
            if weight + numbers > MOST_WEIGHT and (points or metrics):
                yield _part([*metrics, *_metric(family, points)], resource)
                metrics, points, weight = [], [], 0
            points.append(made)
            weight += numbers
            yield None
        metrics += _metric(family, points)
    if metrics:
        yield _part(metrics, resource)


def _part(metrics: list[Metric], resource: Resource) -> MetricsData:
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(SCOPE, metrics, "")], "")])


def _metric(family: Family, points: list[AnyPoint]) -> Iterator[Metric]:
    named = family.named
    if not points:
        return
    data: Sum | Gauge | ExponentialHistogram
    match named.form:
        case Form.COUNTER:
            data = Sum(points, CUMULATIVE, is_monotonic=True)  # type: ignore[arg-type]
        case Form.GAUGE:
            data = Gauge(points)  # type: ignore[arg-type]
        case Form.HISTOGRAM:
            data = ExponentialHistogram(points, CUMULATIVE)  # type: ignore[arg-type]
    yield Metric(named.name, named.about, named.unit, data)


def _point(point: Point, family: Family, stamp: Stamp) -> tuple[AnyPoint | None, int]:
    """Return a point and how many numbers it is, about; None where it has no value."""
    labels = dict(point.labels)
    if not isinstance(point.value, Histogram):
        return NumberDataPoint(labels, stamp.start, stamp.now, point.value), OF_A_POINT
    found = exponential_of(point.value, family.scale)
    if found is None:
        return None, 0
    made = ExponentialHistogramDataPoint(
        labels,
        stamp.start,
        stamp.now,
        found.count,
        found.sum,
        found.scale,
        found.zeros,
        Buckets(found.offset, found.counts),
        Buckets(0, ()),
        0,
        found.min,
        found.max,
    )
    return made, OF_A_POINT + len(found.counts)
