"""Metrics of one's own for locustfiles: Trend, Rate, Counter, Gauge and check().

Law: declaring a metric names it for the thresholds; it records nothing until a run listens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import ClassVar, TypeVar

from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.text.lengths import quoted

logger = logging.getLogger(__name__)
T = TypeVar("T")

MOST_DECLARED = 1000

ZERO_IS_MEASURED = ("generator_pauses", "iteration_errors", "unreadable_events", "blocked_requests")
"""Built-in counters that are measured as 0 when nothing came; so are those that a locustfile declares."""


class Declarations:
    """The metrics that the process has declared, and the recorder that listens to them."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {name: metric.kind for name, metric in BUILT_IN.items()}
        self.own: set[str] = set()
        """Those that are not built in."""
        self._recorder: Recorder | None = None
        self._warned = False

    def declare(self, name: str, kind: Kind) -> None:
        """Give ``name`` its kind; raises ValueError when it has another one, or when there are over 1,000."""
        if name not in self.kinds and len(self.kinds) >= MOST_DECLARED:
            raise ValueError(f"over {MOST_DECLARED} metrics: declare them once at the top, and use tags for the rest")
        known = self.kinds.setdefault(name, kind)
        if name not in BUILT_IN:
            self.own.add(name)
        if known is not kind:
            raise ValueError(f"the metric {quoted(name)} is a {known} already; give the {kind} another name")

    def listen(self, recorder: Recorder) -> None:
        """Let ``recorder`` have every value from now on."""
        self._recorder = recorder

    def forget(self, recorder: Recorder) -> None:
        """Give ``recorder`` nothing more, if it is the one that has every value."""
        if self._recorder is recorder:
            self._recorder = None

    @property
    def recorder(self) -> Recorder | None:
        """The recorder that listens, if one does."""
        return self._recorder

    def add(self, name: str, kind: Kind, value: float, tags: Mapping[str, object] | None) -> None:
        """Hand one value on; without a listener, say so once."""
        if self._recorder is not None:
            self._recorder.add(name, kind, value, tags)
        elif not self._warned:
            self._warned = True
            logger.warning(
                "the metric %r is not recorded: call locust_ext.install() at the top of the locustfile", name
            )

    def measure_zeros(self, recorder: Recorder) -> None:
        """Have counters that nothing comes for be 0, and not absent, from now on."""
        for name, kind in self.kinds.items():
            if kind is Kind.COUNTER and (name in ZERO_IS_MEASURED or name in self.own):
                recorder.listen(name)


DECLARED = Declarations()
"""This process's metrics; there is one, as there is one ``locust.events``."""


class _Metric:
    kind: ClassVar[Kind]

    def __init__(self, name: str) -> None:
        self.name = name
        DECLARED.declare(name, self.kind)

    def add(self, value: float, tags: Mapping[str, object] | None = None) -> None:
        """Record ``value``, under the current phase and any ``tags``."""
        DECLARED.add(self.name, self.kind, value, tags)


class Trend(_Metric):
    """A distribution, to three decimals: thresholds on ``p(95)``, ``med``, ``avg``, ``min``, ``max``, ``count``."""

    kind = Kind.TREND


class Rate(_Metric):
    """A share of yes among all: thresholds on ``rate``. ``add(True)`` or ``add(False)``."""

    kind = Kind.RATE


class Counter(_Metric):
    """A sum: thresholds on ``count`` and ``rate`` (a second)."""

    kind = Kind.COUNTER


class Gauge(_Metric):
    """A latest reading: thresholds on ``value``."""

    kind = Kind.GAUGE


def check(value: T, conditions: Mapping[str, Callable[[T], bool]], tags: Mapping[str, object] | None = None) -> bool:
    """Return whether every named condition holds for ``value``; each counts in ``checks{check:name}``.

    A condition that raises an exception does not hold. A failed check fails nothing by itself: set a threshold on
    ``checks``.
    """
    every = True
    for name, condition in conditions.items():
        try:
            held, raised = bool(condition(value)), None
        except Exception as error:  # noqa: BLE001 a check that cannot be made did not hold
            held, raised = False, error
        DECLARED.add("checks", Kind.RATE, held, {**(tags or {}), "check": name})
        if not held and DECLARED.recorder is not None:
            DECLARED.recorder.add_failed_check(name, value, raised)
        raised = None  # it knows this frame, and would keep the value alive with it
        every = every and held
    return every
