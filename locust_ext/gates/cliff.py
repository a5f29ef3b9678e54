"""The cliff of a stress run: the last level that held, the first that did not, and the throughput between the two.

Law: a level is judged by its own samples alone, and levels are compared by their numbers, in whatever order they came.
A level holds when it lasted for its full time, no threshold failed in it and one passed; of two tries that differ the
break counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from locust_ext.gates.lag import LAG, without_lag
from locust_ext.gates.outcomes import Outcome, Status, judge
from locust_ext.gates.thresholds import Threshold
from locust_ext.gates.values import format_value
from locust_ext.load.schedule import Phase
from locust_ext.load.stress import can_prove, number_of
from locust_ext.measure.catalogue import REQUESTS
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import CounterSink, Kind
from locust_ext.text.frozen import dataclass

LEVEL_SETTLES = 0.2
"""Share of a level that passes before a failure counts: its climb, and as much again."""

FULL = 0.95
"""Share of its time after which a level has lasted: phases begin by a clock that may be a little late."""


NONE: Mapping[str, Outcome] = MappingProxyType({})


class Result(StrEnum):
    """What one try of a level has shown."""

    HELD = "held"
    PASSED = "passed"
    """It was passed on a ramp, and did not break; that proves nothing."""
    BROKE = "broke"
    UNPROVEN = "unproven"
    """It was too short, or nothing was measured that a threshold could judge."""


@dataclass(frozen=True)
class Tried:
    """One try of a level: its phase, its users (or arrivals a second), what it showed, and its requests a second."""

    phase: Phase
    level: int
    result: Result
    throughput: float | None = None
    broke: Outcome | None = None


@dataclass(frozen=True)
class Cliff:
    """Where a stress run broke: phases of its schedule, and the outcome that broke first."""

    last_good: str
    first_bad: str
    broke: Outcome | None
    throughput: float | None = None
    """Completed requests a second in the last level that held, else in the first that did not: at the knee."""
    levels: tuple[Tried, ...] = ()
    """All tries, in the order in which they came."""
    unsteady: tuple[str, ...] = ()
    """Phases that held the level that broke elsewhere, or a higher one."""

    def __str__(self) -> str:
        if self.broke is None:
            return f"{self._good}; {self._beyond}{self._knee('throughput')}"
        broke = f"{self._good}, first bad {self.first_bad}: {self.broke.threshold} was {format_value(self.broke)}"
        although = f"; yet {', '.join(self.unsteady)} held: the target is not steady" if self.unsteady else ""
        return broke + self._knee("throughput at the knee") + although

    @property
    def figures(self) -> dict[str, Any]:
        """The cliff as numbers and names, for reports: times in seconds of the run, throughput in requests a second."""
        return {
            "last_good": self.last_good or None,
            "first_bad": self.first_bad or None,
            "throughput": _rounded(self.throughput),
            "levels": [
                {
                    "phase": one.phase.name,
                    "level": one.level,
                    "start_s": round(one.phase.start, 3),
                    "end_s": round(one.phase.end, 3),
                    "result": one.result.value,
                    "throughput": _rounded(one.throughput),
                }
                for one in self.levels
            ],
        }

    @property
    def _good(self) -> str:
        if self.last_good:
            return f"last good {self.last_good}"
        passed = [one.phase.name for one in self.levels if one.result is Result.PASSED]
        return f"passed {passed[-1]}" if passed and self.broke is None else "no level held"

    @property
    def _beyond(self) -> str:
        """Return where the cliff lies when nothing broke: what was not shown is not said."""
        last = self.levels[-1] if self.levels else None
        if last is None or last.result is not Result.UNPROVEN:
            return "no level broke: the cliff lies beyond the maximum"
        return f"no level broke, but {last.phase.name} was not proven"

    def _knee(self, word: str) -> str:
        level = self.last_good or self.first_bad
        return f"; {word}, in {level}: {self.throughput:.1f} requests a second" if self.throughput is not None else ""


NOTHING_OPEN = CensoredStore()


def judge_level(
    thresholds: Sequence[Threshold],
    store: Store,
    phase: str,
    seconds: float,
    censored: CensoredStore = NOTHING_OPEN,
) -> list[Outcome]:
    """Return the outcomes of the thresholds over one level; those about another phase are left out."""
    found = []
    lag = store.trend(LAG, phase=phase)
    for threshold in thresholds:
        if threshold.phase in ("", phase):
            at_level = replace(threshold, selector=threshold.selector.narrowed(phase=phase))
            sink = store.select(at_level.judged, threshold.kind)
            blind, still = store.blind(at_level.judged), censored.select(at_level.judged)
            found.append(without_lag(judge(at_level, sink, seconds, blind=blind, censored=still), lag))
    return found


def find_cliff(
    thresholds: Sequence[Threshold],
    store: Store,
    phases: Sequence[Phase],
    ended_at: float,
    hold: float = 0.0,
    broken: Mapping[str, Outcome] = NONE,
    censored: CensoredStore = NOTHING_OPEN,
) -> Cliff:
    """Return the cliff, from all that was measured until ``ended_at`` seconds into the run.

    ``hold`` is the full time of a level in seconds: one that lasted for less has not held, and one that lasted for less
    than a fifth of it has not broken either. ``broken`` are the outcomes that cut levels short, by phase: they count,
    whatever was measured later. Phases that are not levels, such as rests, are left out. A level whose thresholds
    depend on requests that did not come back has proven nothing.
    """

    def tried(phase: Phase, level: int) -> Tried:
        whole = replace(phase, end=min(phase.end, ended_at))
        seconds = whole.end - whole.start
        outcomes = judge_level(thresholds, store, phase.name, seconds, censored)
        failed = [one for one in outcomes if one.status is Status.FAILED and seconds >= LEVEL_SETTLES * hold]
        broke = failed[0] if failed else broken.get(phase.name)
        lasted = phase.end <= ended_at and seconds >= FULL * hold
        unclear = any(_depends_on_open(one, censored) for one in outcomes)
        good = lasted and not unclear and any(one.status is Status.PASSED for one in outcomes)
        held = Result.HELD if can_prove(phase.name) else Result.PASSED
        result = Result.BROKE if broke else held if good else Result.UNPROVEN
        return Tried(whole, level, result, _throughput(store, whole), broke)

    begun = [phase for phase in phases if phase.start < ended_at]
    levels = tuple(tried(phase, number) for phase in begun if (number := number_of(phase.name)) is not None)
    return _between(levels)


def _depends_on_open(outcome: Outcome, censored: CensoredStore) -> bool:
    return outcome.status is Status.INCONCLUSIVE and censored.select(outcome.threshold.judged).count > 0


def _between(levels: tuple[Tried, ...]) -> Cliff:
    """Return the cliff between the lowest level that broke and the highest one below it that held."""
    broke = [one for one in levels if one.result is Result.BROKE]
    held = [one for one in levels if one.result is Result.HELD]
    bad = min(broke, key=lambda one: one.level, default=None)
    below = [one for one in held if bad is None or one.level < bad.level]
    good = max(below, key=lambda one: one.level, default=None)
    knee = good or bad
    return Cliff(
        last_good=good.phase.name if good else "",
        first_bad=bad.phase.name if bad else "",
        broke=bad.broke if bad else None,
        throughput=knee.throughput if knee else None,
        levels=levels,
        unsteady=tuple(one.phase.name for one in held if one not in below),
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


def _throughput(store: Store, phase: Phase) -> float | None:
    """Return the requests a second that began in the phase and were completed; None where none were counted."""
    counts = [store.select(Selector(metric).narrowed(phase=phase.name), Kind.COUNTER) for metric in REQUESTS]
    seen = [count.value for count in counts if isinstance(count, CounterSink) and count.seen]
    seconds = phase.end - phase.start
    return sum(seen) / seconds if seen and seconds > 0 else None
