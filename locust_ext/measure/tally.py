"""Events of one kind, gathered as they come and folded into their sinks in batches.

Law: gathering is an append, and that is all the request path pays; a batch is small, so that folding one stalls
nobody, and nothing is taken before it is folded.
"""

from __future__ import annotations

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import CounterSink, RateSink

BATCH = 256
"""Events at which to fold: about a twentieth of a millisecond."""


class Tally:
    """Durations and failures that wait for their sinks."""

    __slots__ = ("_corrected", "_count", "_duration", "_failures", "due", "failed", "values")

    def __init__(
        self,
        duration: Histogram,
        count: CounterSink,
        failures: RateSink | None = None,
        corrected: Histogram | None = None,
    ) -> None:
        self.values: list[float | None] = []
        self.due: list[float | None] = []
        """The same, from when the iteration was due; of open runs alone."""
        self._corrected = corrected
        self.failed = 0
        self._duration, self._count, self._failures = duration, count, failures

    def fold(self) -> int:
        """Hand everything on and begin anew; return how many of the durations could not be read."""
        amount = len(self.values)
        if not amount:
            return 0
        invalid = self._duration.invalid
        self._duration.record_all(self.values)
        unreadable = 0
        if self._duration.invalid != invalid:  # an event without a duration is no mistake
            unreadable = self._duration.invalid - invalid - self.values.count(None)
        self._count.merge(CounterSink(amount, amount))
        if self._failures is not None:
            self._failures.merge(RateSink(self.failed, amount))
        self.values.clear()
        if self._corrected is not None:
            self._corrected.record_all(self.due)
        self.due.clear()
        self.failed = 0
        return unreadable
