"""What is watched for drift while a run lasts: the histories of its rules, and of all that probes have read.

Law: every time is handed in, in seconds of the run; it knows no runner, no greenlet and no file. What it keeps is
bounded, whatever the length of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from locust_ext.gates.drift_rules import DriftRule
from locust_ext.measure.rows import Measured
from locust_ext.measure.series import select_in

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift, Stretch
    from locust_ext.measure.interval_history import History, IntervalHistory
    from locust_ext.reports.watched import Watched

PROBE = "probe"

BEGAN, CEILING, DESCRIPTORS = "process_start_time_seconds", "process_max_fds", "process_open_fds"

MOST_SERIES = 512
"""Series of probes that are kept, of all instances together; later ones are not."""

A_MOMENT = 1.0
"""Seconds by which the start of a process may be told differently, and still be the same."""

MOST_STARTS = 64
"""Starts of an instance that are told apart: beyond them it is not one process."""

Read = tuple[str, str]
"""An instance, and a series of it."""


class Drifting:
    """The histories of one run."""

    def __init__(self, rules: Sequence[DriftRule], common: Mapping[str, str]) -> None:
        self._rules, self._common = rules, common
        self._measured = {rule: _history() for rule in rules if rule.selector.metric != PROBE}
        self._read: dict[Read, IntervalHistory] = {}
        self._starts: dict[str, list[float]] = {}
        self._mixed: set[str] = set()
        """Instances behind whose address several processes answer."""
        self._ceilings: dict[str, float] = {}

    def add(self, at: float, measured: Measured, period: float) -> None:
        """Add what was measured in the ``period`` before ``at``."""
        for rule, history in self._measured.items():
            history.add(at, select_in(measured, rule.selector, rule.kind, self._common), period)

    def read(self, at: float, instance: str, values: Mapping[str, float]) -> None:
        """Add what a probe has read of an instance."""
        if CEILING in values:
            self._ceilings[instance] = values[CEILING]
        began_again = BEGAN in values and self._begins(instance, values[BEGAN])
        for series, value in values.items():
            key = (instance, series)
            if key not in self._read:
                if len(self._read) >= MOST_SERIES:
                    continue
                self._read[key] = _history()
            if began_again:
                self._read[key].restart(at)
            self._read[key].add(at, value)

    def _begins(self, instance: str, start: float) -> bool:
        """Tell whether its process is another one than before; one that was there before is one of several."""
        starts = self._starts.setdefault(instance, [])
        if starts and abs(starts[-1] - start) <= A_MOMENT:
            return False
        if any(abs(before - start) <= A_MOMENT for before in starts) or len(starts) >= MOST_STARTS:
            self._mixed.add(instance)
        starts.append(start)
        del starts[:-MOST_STARTS]
        return len(starts) > 1

    def judged(self, stretch: Stretch) -> tuple[Drift, ...]:
        """Return how each rule stands; one by default that has nothing to judge is left out."""
        return tuple(drift for drift in self.each(stretch) if drift.points or drift.rule.is_written)

    def each(self, stretch: Stretch) -> Iterator[Drift]:
        """Yield how each rule stands, judged when it is asked for."""
        from locust_ext.gates.drift import judge_drift  # noqa: PLC0415 a run without rules needs none of it

        for rule, history in list(self._histories()):
            yield judge_drift(rule, history, stretch)

    def _histories(self) -> Iterator[tuple[DriftRule, History]]:
        """Yield the rules with their histories; one of several instances once for each."""
        for rule in self._rules:
            if rule.selector.metric != PROBE:
                yield rule, self._measured[rule].history(rule.method)
                continue
            matching = [key for key in self._read if rule.selector.matches({**self._common, **_tags(key)})]
            for key in matching:
                limit = self._ceilings.get(key[0]) if key[1] == DESCRIPTORS else None
                own = replace(rule, selector=rule.selector.narrowed(**_tags(key)), limit=rule.limit or limit)
                yield own, self._told(key)
            if not matching:
                yield rule, replace(_history().history(), missing="no probe has read such a series")

    def _told(self, key: Read) -> History:
        history = self._read[key].history()
        if key[0] in self._mixed:
            why = "several processes answer at its address in turn: probe each of them by an address of its own"
            return replace(history, mixed=why)
        return history

    def watched(self) -> tuple[Watched, ...]:
        """Return all that probes have read."""
        from locust_ext.reports.watched import Watched  # noqa: PLC0415 most runs have no probes

        found = ((key, self._read[key].history()) for key in sorted(self._read))
        return tuple(Watched(series, instance, one.points, one.restarts) for (instance, series), one in found)


def _tags(key: Read) -> dict[str, str]:
    return {"instance": key[0], "series": key[1]}


def _history() -> IntervalHistory:
    from locust_ext.measure.interval_history import IntervalHistory  # noqa: PLC0415 as above

    return IntervalHistory()
