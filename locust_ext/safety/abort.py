"""The rules that end a run because it does harm, read off what the run itself measures.

Law: pure; times are seconds of the run. Only evidence ends a run: too few requests are none, and a rule without a
baseline is off, and says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from locust_ext.measure.catalogue import DURATIONS, FAILURES
from locust_ext.measure.censored import FAILS_WITH, CensoredStore
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Measured, Rows, read_rows
from locust_ext.measure.series import Selector, select_in
from locust_ext.measure.sinks import SINKS, AnySink, Kind, RateSink, merge_into
from locust_ext.safety.options import AbortOptions
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

if TYPE_CHECKING:
    from locust_ext.gates.figures import Snapshot

P99_WINDOW = 10.0
"""Seconds over which the p99 of the moment is taken."""

P99_SAMPLES = 20
"""Requests from which on there is a p99 of the moment. Of so few it is the slowest; it has to last, too."""

LOST_ACKS = 3
"""Answers without the acknowledgement, within the window, from which on it is lost: one may come from a cache."""

ACK_WINDOW = 10.0


class Recent:
    """What was measured in the last ``length`` seconds."""

    def __init__(self, metric: str, kind: Kind, length: float) -> None:
        self._selector, self._kind, self._length = Selector(metric), kind, length
        self._slices: deque[tuple[float, AnySink]] = deque()

    def add(self, measured: Measured, at: float) -> None:
        """Add what arrived at ``at``."""
        self._slices.append((at, select_in(measured, self._selector, self._kind)))
        while self._slices[0][0] <= at - self._length:
            self._slices.popleft()

    def at(self, now: float) -> AnySink:
        """Return all of it together."""
        merged = SINKS[self._kind]()
        for arrived, sink in self._slices:
            if arrived > now - self._length:
                merge_into(merged, sink)
        return merged


class Watch:
    """Looks for harm while a run lasts; ``usual`` is the p99 of the earlier runs, in milliseconds, if there are any."""

    def __init__(self, options: AbortOptions, usual: float | None = None) -> None:
        self.options, self.usual = options, usual
        self._failed = {name: Recent(name, Kind.RATE, options.error_window) for name in FAILURES}
        self._acks = Recent("tenant_acks", Kind.RATE, ACK_WINDOW)
        self._durations = Recent(DURATIONS[0], Kind.TREND, P99_WINDOW)
        self._censored = CensoredStore()
        self._slow_since: float | None = None

    def take(self, rows: Rows | Measured, at: float, source: str = "") -> None:
        """Take what the process ``source`` measured."""
        measured = read_rows(rows)
        self._censored.merge(measured, source)
        for recent in (*self._failed.values(), self._acks, self._durations):
            recent.add(measured, at)

    def harm(self, at: float) -> str:
        """Return why the run must end at ``at``, or ``""``."""
        return self._errors(at) or self._slowness(at) or self._lost_acks(at)

    def _errors(self, at: float) -> str:
        options = self.options
        for metric, recent in self._failed.items():
            ended = recent.at(at)
            assert isinstance(ended, RateSink)
            overdue = self._overdue(FAILS_WITH[metric])
            if overdue and not ended.total:
                return (
                    f"abort rule: nothing came back within {format_duration(options.error_window)},"
                    f" and {plural(overdue, 'request')} sent before that {'is' if overdue == 1 else 'are'} still open"
                    f" ({metric}; limit {options.error_rate:.1%})"
                )
            sink = RateSink(ended.hits + overdue, ended.total + overdue)
            if sink.total >= options.min_requests and sink.hits > options.error_rate * sink.total:
                window = format_duration(options.error_window)
                return (
                    f"abort rule: {sink.hits / sink.total:.1%} of {sink.total:,} requests failed within {window}"
                    f" ({metric}; limit {options.error_rate:.1%})"
                )
        return ""

    def _overdue(self, metric: str) -> int:
        """Return how many requests have been open for longer than the window: by then they count as failed."""
        ages = self._censored.open_now(metric)
        return ages.count_from(self.options.error_window * 1000)

    def _slowness(self, at: float) -> str:
        sink = self._durations.at(at)
        assert isinstance(sink, Histogram)
        sink.merge(self._censored.open_now(DURATIONS[0]))  # they take at least as long as they have been open
        now = sink.percentile(99) if sink.count >= P99_SAMPLES else None
        if self.usual is None or now is None:
            return ""
        limit = self.options.p99_ratio * self.usual
        if now <= limit:
            self._slow_since = None
            return ""
        self._slow_since = at if self._slow_since is None else self._slow_since
        if at - self._slow_since < self.options.p99_for:
            return ""
        lasted = format_duration(int(at - self._slow_since))
        return (
            f"abort rule: p99 has been above {limit:.0f} ms, {self.options.p99_ratio:g} times the baseline's"
            f" {self.usual:.0f} ms, for {lasted}; now it is {now:.0f} ms"
        )

    def _lost_acks(self, at: float) -> str:
        sink = self._acks.at(at)
        assert isinstance(sink, RateSink)
        missing = sink.total - sink.hits
        if not self.options.ack or missing < LOST_ACKS:
            return ""
        return (
            f"abort rule: {missing} of {sink.total} answers that were looked at do not acknowledge the synthetic"
            " tenant: what the run writes may be taken for real"
        )


def usual_p99(runs: Sequence[Snapshot]) -> float | None:
    """Return the median of the p99 of HTTP requests over runs, in milliseconds; None without any."""
    if not runs:
        return None
    from statistics import median  # noqa: PLC0415 most runs are compared with none

    from locust_ext.gates.figures import select  # noqa: PLC0415

    found = []
    for run in runs:
        sink = select(Selector(DURATIONS[0]), Kind.TREND, run, ())
        assert isinstance(sink, Histogram)
        value = sink.percentile(99)
        if value is not None:
            found.append(value)
    return median(found) if found else None
