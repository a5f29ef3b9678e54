"""Series whose readings are not evidence, although there are some: rules on them do not pass.

Law: pure. What is in doubt is not a pass; where even the readings that are there are in doubt, it is not a failure
either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.measure.rows import Tags
from locust_ext.measure.series import Selector

PHASE = "phase"

MOST_SUSPECTS = 50_000
"""Series that are remembered as doubtful."""


class Suspects:
    """The series that are in doubt, and why."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, Tags], tuple[str, bool]] = {}
        self._in_phase: dict[tuple[str, Tags], str] = {}

    def doubt(self, metric: str, tags: Mapping[str, str], why: str, *, whole: bool = False) -> None:
        """Doubt a series, and in the phase that its tags name what belongs to that.

        Its last value is old; ``whole``: what was read of it is nonsense in any case.
        """
        if len(self._now) + len(self._in_phase) < MOST_SUSPECTS:
            self._now[metric, _without_phase(tags)] = (why, whole)
            if PHASE in tags and not whole:
                self._in_phase[metric, tuple(sorted(tags.items()))] = why

    def trust(self, metric: str, tags: Mapping[str, str]) -> None:
        """Believe it again, from the phase on that its tags name."""
        key = (metric, _without_phase(tags))
        if key in self._now and not self._now[key][1]:
            del self._now[key]
        self._in_phase.pop((metric, tuple(sorted(tags.items()))), None)

    def doubted(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a threshold, inconclusive where it depends on what is in doubt."""
        if not self._now and not self._in_phase:
            return outcome
        threshold = outcome.threshold
        if outcome.value is None and threshold.optional:
            return outcome
        for why, whole in self._of(threshold.judged):
            if whole or outcome.status is Status.PASSED or outcome.value is None:
                return replace(outcome, status=Status.INCONCLUSIVE, reason=why)
        return outcome

    def _of(self, selector: Selector) -> list[tuple[str, bool]]:
        found = [said for (metric, tags), said in self._now.items() if said[1] and _bears_on(metric, tags, selector)]
        if any(key == PHASE for key, _ in selector.tags):
            return found + [
                (why, False) for (metric, tags), why in self._in_phase.items() if _bears_on(metric, tags, selector)
            ]
        return found + [said for (metric, tags), said in self._now.items() if _bears_on(metric, tags, selector)]


def _without_phase(tags: Mapping[str, str]) -> Tags:
    return tuple(sorted((key, value) for key, value in tags.items() if key != PHASE))


def _bears_on(metric: str, tags: Tags, selector: Selector) -> bool:
    """Tell whether a selection may hold the series: what both say is the same."""
    if metric != selector.metric:
        return False
    said = dict(tags)
    wanted = tuple((key, value) for key, value in selector.tags if key in said)
    return Selector(metric, wanted).matches(said)
