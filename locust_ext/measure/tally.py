"""Events of one kind, gathered as they come and folded into their sinks in batches.

Law: gathering is an append, and that is all the request path pays; a batch is small, so that folding one stalls
nobody, and nothing is taken before it is folded.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import add
from typing import Any

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import CounterSink, RateSink

BATCH = 256
"""Events at which to fold: about a twentieth of a millisecond."""


class Tally:
    """Durations and failures that wait for their sinks."""

    __slots__ = ("_corrected", "_count", "_duration", "_failures", "failed", "late", "tags", "values")

    def __init__(
        self,
        duration: Histogram,
        count: CounterSink,
        failures: RateSink | None = None,
        corrected: Histogram | None = None,
        tags: Mapping[str, Any] | None = None,
        values: list[float | None] | None = None,
    ) -> None:
        self.tags = tags
        """What the events had as tags of their own."""
        self.values: list[float | None] = [] if values is None else values
        self.late: list[float] | None = None if corrected is None else []
        """How much later than they were due the iterations began that they belong to; of open runs alone."""
        self._corrected = corrected
        self.failed = 0
        self._duration, self._count, self._failures = duration, count, failures

    def fold(self) -> int:
        """Hand everything on and start again; return how many of the durations could not be read."""
        amount = len(self.values)
        if not amount:
            return 0
        invalid = self._duration.invalid
        self._duration.record_all(self.values)
        odd = self._duration.invalid - invalid
        self._count.merge(CounterSink(amount, amount))
        if self._failures is not None:
            self._failures.merge(RateSink(self.failed, amount))
        unreadable = odd - self.values.count(None) if odd else 0  # an event without a duration is not a mistake
        if self._corrected is not None and self.late is not None:
            since_due = map(_since_due if odd else add, self.values, self.late)
            self._corrected.record_all(since_due)
            self.late.clear()
        self.values.clear()
        self.failed = 0
        return unreadable


def _since_due(duration: float | None, late: float) -> float | None:
    """Return a duration from when its iteration was due; what is not a duration stays none."""
    return duration if duration is None or duration < 0 else duration + late
