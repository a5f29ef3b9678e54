"""The cliff of a stress run: the last level that held, and the first that did not.

Law: a level is judged by its own samples alone. A level holds when no threshold failed in it and one passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from locust_ext.gates.thresholds import Threshold
from locust_ext.gates.verdict import Outcome, Status, judge
from locust_ext.load.schedule import Phase
from locust_ext.measure.series import Store


@dataclass(frozen=True)
class Cliff:
    """Where a stress run broke: phases of its schedule, and the outcome that broke first."""

    last_good: str
    first_bad: str
    broke: Outcome | None

    def __str__(self) -> str:
        good = f"last good {self.last_good}" if self.last_good else "no level held"
        if self.broke is None:
            return f"{good}; no level broke: the cliff lies beyond the maximum"
        return f"{good}, first bad {self.first_bad}: {self.broke.threshold} was {self.broke.value:g}"


def judge_level(thresholds: Sequence[Threshold], store: Store, phase: str, seconds: float) -> list[Outcome]:
    """Return the outcomes of the thresholds over one level; those about another phase are left out."""
    found = []
    for threshold in thresholds:
        if threshold.phase in ("", phase):
            at_level = replace(threshold, selector=threshold.selector.narrowed(phase=phase))
            sink = store.select(at_level.selector, threshold.kind)
            found.append(judge(at_level, sink, seconds, blind=store.blind(at_level.selector)))
    return found


def find_cliff(thresholds: Sequence[Threshold], store: Store, levels: Sequence[Phase], ended_at: float) -> Cliff:
    """Return the cliff, from all that was measured until ``ended_at`` seconds into the run."""
    last_good = ""
    for level in levels:
        if level.start >= ended_at:
            break
        outcomes = judge_level(thresholds, store, level.name, min(level.end, ended_at) - level.start)
        failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
        if failed:
            return Cliff(last_good, level.name, failed[0])
        held = ended_at >= level.end and any(outcome.status is Status.PASSED for outcome in outcomes)
        last_good = level.name if held else last_good
    return Cliff(last_good, "", None)
