"""Figures of a run as every monitoring system knows them: families of points, each with its labels.

Law: pure data, free of secrets, bounded; names, units and labels are those of OpenTelemetry's conventions. How
Prometheus spells them follows from that, by its own rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from locust_ext.measure.histogram import Histogram
from locust_ext.text.frozen import dataclass

Labels = tuple[tuple[str, str], ...]
"""Sorted pairs: attributes of OpenTelemetry, such as ``http.request.method``."""


class Form(StrEnum):
    """What a family's points are."""

    COUNTER = "counter"
    """Sums that only grow, from the start of the run."""
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    """Distributions since the start of the run."""


@dataclass(frozen=True)
class Named:
    """What is said of a family before there are points: its name, unit (as UCUM has it) and meaning."""

    name: str
    form: Form
    unit: str
    about: str


@dataclass(frozen=True)
class Point:
    """One value. A histogram's values are ``scale`` times the family's unit: milliseconds, where that is seconds."""

    labels: Labels
    value: float | Histogram


@dataclass(frozen=True)
class Family:
    """A metric with all of its points."""

    named: Named
    points: tuple[Point, ...]
    scale: float = 1.0
    """What a histogram's value is multiplied with to be in the family's unit."""


@dataclass(frozen=True)
class Moment:
    """Something that happened: a phase that began, a storm that struck, the verdict; ``at`` in seconds of the run."""

    name: str
    at: float
    labels: Labels = ()
    text: str = ""
    """A sentence for people."""


@dataclass(frozen=True)
class RunTold:
    """Which run it is."""

    id: str
    name: str
    started_at: str
    """ISO 8601, UTC."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exposition:
    """All that is told of a run at one moment."""

    run: RunTold
    at: float
    """Seconds of the run."""
    families: tuple[Family, ...] = ()
    moments: tuple[Moment, ...] = ()
    """All since its start, in order."""
    bounds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """The bounds of thresholds on distributions, by family and in its unit; the same through a run."""
    is_final: bool = False
    """Whether it was judged: what comes after it is the same, or judged once more."""
