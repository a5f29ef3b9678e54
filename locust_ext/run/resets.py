"""The figures of a run since its statistics were reset, as Locust's own are, and which workers know of it.

Law: a reset throws nothing away: the judge of the whole run goes on. What a worker measured before it had heard of the
reset is in the whole alone, and one that never hears of it puts the run in doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from locust_ext.gates.judge import Judge
from locust_ext.gates.outcomes import Outcome
from locust_ext.gates.since_reset import both
from locust_ext.measure.reporting import Reset
from locust_ext.measure.rows import Measured
from locust_ext.text.lengths import shortened

if TYPE_CHECKING:
    from locust_ext.run.run import Run


class Resets:
    """The resets of one run; ``whole`` judges all of it."""

    def __init__(self, whole: Judge) -> None:
        self._whole = whole
        self.shown = whole
        """What judges, and holds, what was measured since the last reset."""
        self.count = 0
        self.at = 0.0
        """Seconds of the run after which the last one came."""
        self._deaf: dict[str, None] = {}
        """The workers that have not heard of the last one."""

    def again(self, at: float) -> None:
        """Begin the figures again."""
        self.count, self.at = self.count + 1, at
        self.shown = Judge(self._whole.thresholds, self._whole.store.common)
        self.shown.suspects = self._whole.suspects

    def merge(self, measured: Measured, at: float, source: str, heard: int | None) -> None:
        """Take what the process ``source`` measured, which has ``heard`` of so many resets; None: of all."""
        if not self.count:
            return
        if heard is None or heard >= self.count:
            self._deaf.pop(source, None)
            self.shown.merge(measured, at - self.at, source)
        else:
            self._deaf[source] = None

    def outcomes(self, at: float, seconds_in: Callable[[float], Mapping[str, float]]) -> list[Outcome]:
        """Return how the thresholds stand ``at`` seconds into it; those of phases that were over stay as they were.

        ``seconds_in`` tells for how long each phase has lasted since a moment.
        """
        lasted = seconds_in(0.0)
        whole = self._whole.outcomes(at, lasted)
        if not self.count:
            return whole
        rest = seconds_in(self.at)
        over = {phase for phase, seconds in lasted.items() if phase and seconds and not rest.get(phase)}
        since = self.shown.outcomes(at - self.at, rest)
        return [
            two if two.threshold.phase in over else both(one, two, self.at)
            for one, two in zip(since, whole, strict=True)
        ]

    def problems(self) -> list[str]:
        """Return why the figures since the reset are not whole."""
        if not self._deaf:
            return []
        names = shortened(", ".join(self._deaf), 200)
        return [
            f"the statistics were reset, and not every worker heard of it ({names}): what it measured since is missing"
        ]


def tell_of_resets(run: Run | None, runner: Any, workers: Iterable[str]) -> None:
    """Tell workers how often the statistics of a run were reset, if they were: also those that come later."""
    if run is not None and run.resets.count:
        for worker in workers:
            Reset(run=run.id, number=run.resets.count).send(runner, worker)


def raised_in(runner: Any) -> int:
    """Return how many exceptions Locust remembers."""
    return sum(row["count"] for row in runner.exceptions.values())


def failed_in(runner: Any) -> int:
    """Return how many failed requests Locust remembers."""
    return sum(error.occurrences for error in runner.errors.values())
