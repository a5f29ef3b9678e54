"""The generator's own lag beside a threshold on durations that failed.

Law: pure. A lag proves nothing, in either direction: it makes no failure a pass, and it leaves a failure that it cannot
explain a failure. Only durations that end when the generator wakes are explained by it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from locust_ext.gates.bounds import OPERATORS
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold
from locust_ext.measure.catalogue import CORRECTED, DURATIONS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Measured, Rows, read_rows
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import CounterSink, Kind

LAG_LIMIT = 100.0
"""Milliseconds of generator lag at p99 beyond which its figures prove nothing."""

LAG, PAUSES = "generator_lag", "generator_pauses"

LENGTHENED = frozenset(
    {*DURATIONS, *CORRECTED, *CORRECTED.values(), "reconnect_time", "stale_time", "message_age", "replica_lag"}
)
"""Durations that last until the generator notices: all that are measured in it, but those that are its own part."""

WAKE_UPS = 2
"""How often a request waits for a generator that cannot keep up: to be connected or sent, and to be answered."""


class Lags:
    """The lag beside each threshold of a run: in its phase, or in its window."""

    def __init__(self, store: Store, thresholds: Sequence[Threshold]) -> None:
        self._by_phase = {one.phase: store.watch(_in_phase(one.phase), Kind.TREND) for one in thresholds}
        self._longest = max((one.window for one in thresholds if one.window), default=0.0)
        self._slices: deque[tuple[float, Histogram]] = deque()

    def add(self, at: float, rows: Rows | Measured) -> None:
        """Keep the lag of what arrived ``at`` seconds into the run for as long as a window may ask for it."""
        if not self._longest:
            return
        for _, sink in read_rows(rows).of(LAG, Kind.TREND):
            assert isinstance(sink, Histogram)
            self._slices.append((at, sink))
        while self._slices and self._slices[0][0] <= at - self._longest:
            self._slices.popleft()

    def excuse(self, outcome: Outcome, at: float) -> Outcome:
        """Return the outcome of what was judged ``at`` seconds into the run, inconclusive where the lag explains it."""
        if outcome.status is not Status.FAILED:
            return outcome
        threshold = outcome.threshold
        if threshold.window is None:
            lag = self._by_phase[threshold.phase]
            assert isinstance(lag, Histogram)
            return without_lag(outcome, lag)
        merged = Histogram()
        for arrived, found in self._slices:
            if arrived > at - threshold.window:
                merged.merge(found)
        return without_lag(outcome, merged)


def pauses_in(rows: Rows | Measured) -> int:
    """Return how often the generator paused while this was measured."""
    found = 0
    for _, sink in read_rows(rows).of(PAUSES, Kind.COUNTER):
        assert isinstance(sink, CounterSink)
        found += round(sink.value)
    return found


def _in_phase(phase: str) -> Selector:
    return Selector(LAG, (("phase", phase),) if phase else ())


def without_lag(outcome: Outcome, lag: Histogram) -> Outcome:
    """Return the outcome, made inconclusive if it failed and would not have without the lag of that time, at p99."""
    threshold, value, late = outcome.threshold, outcome.value, lag.percentile(99)
    if outcome.status is not Status.FAILED or value is None or not late:
        return outcome
    if threshold.judged.metric not in LENGTHENED or threshold.assertion.method == "count":
        return outcome
    if not _may_hold(threshold, value - late * (WAKE_UPS if late > LAG_LIMIT else 1), value):
        return outcome
    reason = f"the load generator itself was {late:,.0f} ms late at p99: less that, it would hold"
    return replace(outcome, status=Status.INCONCLUSIVE, reason=reason)


def _may_hold(threshold: Threshold, least: float, most: float) -> bool:
    """Tell whether the threshold holds for any value between these two."""
    bound, holds = threshold.assertion.bound, OPERATORS[threshold.assertion.operator]
    return any(holds(value, bound) for value in (least, most, min(max(bound, least), most)))
