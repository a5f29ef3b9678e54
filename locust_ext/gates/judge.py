"""The judge of one run: gathers what was measured and says at any time how the thresholds stand.

Law: time is an argument. Reading the outcomes changes nothing but the memory of windows that have failed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from locust_ext.gates.lag import Lags
from locust_ext.gates.missing import instead
from locust_ext.gates.outcomes import NOTHING_OPEN, Outcome, Status, judge
from locust_ext.gates.readability import doubt_zeros, tell_cut_names
from locust_ext.gates.suspects import Suspects
from locust_ext.gates.thresholds import Threshold
from locust_ext.measure.censored import Censored, CensoredStore, together
from locust_ext.measure.rows import Measured, Rows, read_rows
from locust_ext.measure.series import Selector, Store, select_in
from locust_ext.measure.sinks import SINKS, AnySink, merge_into
from locust_ext.text.spelling import nearest

Excuse = Callable[[Outcome, float], Outcome]
"""Makes inconclusive what failed at a time, where the generator's own lag explains it."""


class SlidingWindow:
    """A threshold's samples of the last seconds; once it has failed it has failed."""

    def __init__(self, threshold: Threshold) -> None:
        assert threshold.window is not None
        self.threshold, self.length = threshold, threshold.window
        self._slices: deque[tuple[float, AnySink]] = deque()
        self._lost: deque[tuple[float, Censored]] = deque()
        self._worst: Outcome | None = None
        self._doubt: Outcome | None = None
        """The first outcome that depends on what was lost, or failed by less than the generator's own lag."""

    def add(self, at: float, sink: AnySink) -> None:
        """Add what arrived at ``at`` and forget what is older than the window."""
        self._slices.append((at, sink))
        while self._slices[0][0] <= at - self.length:
            self._slices.popleft()
        while self._lost and self._lost[0][0] <= at - self.length:
            self._lost.popleft()

    def lose(self, at: float, ages: Censored) -> None:
        """Note what was lost ``at`` seconds into the run: it belongs to the windows that hold that moment."""
        if ages.count:
            self._lost.append((at, ages))

    def outcome(
        self, at: float, *, blind: bool, still: Censored = NOTHING_OPEN, excuse: Excuse = lambda one, _: one
    ) -> Outcome:
        """Return the outcome at ``at``: the first failure for good, else that of the latest full window that had one.

        A window that began before the run did is not judged. ``still`` is what is open: it makes a window fail where it
        fails whatever becomes of it, and else it is judged when it has ended. What was lost will not end: a window that
        depends on it is inconclusive for good. So is one whose failure ``excuse`` explains by the generator's own lag.
        """
        if self._worst is not None and self._worst.status is Status.FAILED:
            return self._worst
        merged = SINKS[self.threshold.kind]()
        for arrived, sink in self._slices:
            if arrived > at - self.length:
                merge_into(merged, sink)
        lost = together(ages for moment, ages in self._lost if moment > at - self.length)
        judged = judge(self.threshold, merged, self.length, blind=blind, censored=together((lost, still)))
        now = excuse(judged, at)
        if at < self.length:
            reason = f"the run is shorter than the window of {self.length:g} s"
            return Outcome(self.threshold, Status.INCONCLUSIVE, now.value, now.count, reason)
        if now.status is Status.INCONCLUSIVE and (lost.count or now is not judged):
            self._doubt = self._doubt or now
        if now.status is Status.INCONCLUSIVE and still.count:
            return now  # not for good: they are judged when they have ended
        if self._worst is None or blind or now.status is not Status.INCONCLUSIVE:
            self._worst = now
        return self._doubt if self._doubt and self._worst.status is Status.PASSED else self._worst


class Judge:
    """Thresholds over a store; seconds are since the start of the run."""

    def __init__(self, thresholds: Sequence[Threshold], common_tags: Mapping[str, str] | None = None) -> None:
        self.thresholds = tuple(thresholds)
        self.store = Store(common=common_tags)
        self.censored = CensoredStore(common_tags)
        self.suspects = Suspects()
        self._lags = Lags(self.store, self.thresholds)
        self._windows = {index: SlidingWindow(t) for index, t in enumerate(self.thresholds) if t.window}
        self._sinks = [self.store.watch(threshold.judged, threshold.kind) for threshold in self.thresholds]

    def merge(self, rows: Rows | Measured, at: float, source: str = "") -> None:
        """Add what the process ``source`` measured and told ``at`` seconds into the run; all of it, or nothing."""
        measured = read_rows(rows)
        self.store.merge(measured)
        self.censored.merge(measured, source)
        self._lags.add(at, measured)
        if self._windows:
            newly = CensoredStore(self.store.common)
            newly.lose(measured)
            for window in self._windows.values():
                selector = window.threshold.judged
                window.add(at, select_in(measured, selector, window.threshold.kind, self.store.common))
                window.lose(at, newly.select(selector))

    def outcomes(self, at: float, seconds_in: Mapping[str, float]) -> list[Outcome]:
        """Return how every threshold stands ``at`` seconds into the run.

        ``seconds_in`` tells how long each phase has lasted so far, for the rates of counters.
        """
        found = []
        for index, (threshold, sink) in enumerate(zip(self.thresholds, self._sinks, strict=True)):
            blind = self.store.blind(threshold.judged)
            window = self._windows.get(index)
            if window:
                still = self.censored.select(threshold.judged, lost=False)
                found.append(window.outcome(at, blind=blind, still=still, excuse=self._lags.excuse))
            else:
                seconds = seconds_in.get(threshold.phase, 0.0 if threshold.phase else at)
                censored = self.censored.select(threshold.judged)
                outcome = judge(threshold, sink, seconds, blind=blind, censored=censored)
                found.append(self._lags.excuse(outcome, at))
        return [self.suspects.doubted(outcome) for outcome in found]

    def explain(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Return the outcomes, those without samples with a hint at what was there instead.

        Those that judge durations which nobody measured are inconclusive, and names that were cut are said.
        """
        told = [replace(o, reason=o.reason + self.hint(o.threshold)) if o.value is None else o for o in outcomes]
        told = [self.suspects.doubted(outcome) for outcome in told]
        return [tell_cut_names(doubt_zeros(outcome, self.store), self.store) for outcome in told]

    def hint(self, threshold: Threshold) -> str:
        """Return what was there, for a selection that matched nothing; ``""`` when it matched."""
        seen: list[Mapping[str, str]] = [
            {**self.store.common, **dict(tags)} for metric, tags, _ in self.store if metric == threshold.judged.metric
        ]
        if not seen:
            return f": nothing was measured for {threshold.judged.metric}"
        for key, wanted in threshold.judged.tags:
            values = {tags[key] for tags in seen if key in tags}
            if not values:
                return f": no {threshold.judged.metric} carries the tag {key!r}"
            if not any(Selector("", ((key, wanted),)).matches({key: value}) for value in values):
                return f": there is no {key}:{wanted}{(instead if key == 'name' else nearest)(wanted, values)}"
        return ": no series carries all of its tags"
