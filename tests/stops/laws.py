"""What must hold whatever stops a run, and whenever.

Law: pure; a law returns the sentence of what broke it, or nothing. Where the target itself stood still, it wrote down
late what came meanwhile: that is allowed for, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.stage import counted_in, printed_code
from tests.stops.cells import KILLS, SIGNALS, UNBEGUN, Cell

CAP = 20
"""Requests a second that the configuration allows."""
ON_THE_WAY = 2
"""Requests more that a second may see: they got their turn in the one before."""
SILENCE = 3.0
"""Seconds after a stop in which the last request has come."""

Stall = tuple[float, float]


@dataclass(frozen=True)
class Played:
    """What one cell came to; moments are of the clock that all processes share."""

    cell: Cell
    code: int | None
    """The exit code of the process that judges; None when it had to be killed."""
    summary: Mapping[str, Any]
    came: Sequence[float]
    unmarked: Sequence[float]
    stalls: Sequence[Stall]
    stopped_at: float
    log: str = ""
    state: str = ""
    """What the web UI says after the stop."""
    left_over: Sequence[int] = field(default=())
    """Workers that are there although the process that judges is not."""

    @property
    def counted(self) -> int:
        """How many requests the verdict knows of."""
        return counted_in(self.summary)

    @property
    def last(self) -> float:
        """Seconds from the stop to the last request; negative when all came before."""
        return max(self.came, default=self.stopped_at) - self.stopped_at

    @property
    def open(self) -> int:
        """How many requests the verdict knows of that never ended: of those some never came."""
        return int((self.summary.get("open_requests") or {}).get("count", 0))


def worst_second(came: Sequence[float], stalls: Sequence[Stall]) -> float:
    """Return the most that came in any second, less what may have come while the target stood still before it."""
    worst, begin = 0.0, 0
    for end, moment in enumerate(came):
        while moment - came[begin] >= 1:
            begin += 1
        late = sum(until - since for since, until in stalls if came[begin] - 0.05 <= until <= moment + 0.05)
        worst = max(worst, end - begin + 1 - CAP * late)
    return worst


def _ended(one: Played) -> str:
    return "" if one.code is not None else "the process did not end"


def _silent(one: Played) -> str:
    late = sum(until - since for since, until in one.stalls if until >= one.stopped_at)
    after = sum(moment > one.stopped_at + SILENCE + late for moment in one.came)
    return f"{after} requests later than {SILENCE:g} s after the stop, the last after {one.last:.1f} s" if after else ""


def _none_before(one: Played) -> str:
    """Return that a run began all the same; the flag is looked at each second, and users may start meanwhile."""
    waits = one.cell.moment == "waiting" or (one.cell.moment == "starting" and one.cell.stop != "flag")
    return f"{len(one.came)} requests of a run that was not to begin" if waits and one.came else ""


def _marked(one: Played) -> str:
    return f"{len(one.unmarked)} requests without the mark" if one.unmarked else ""


def _capped(one: Played) -> str:
    worst = worst_second(one.came, one.stalls)
    return f"{worst:.0f} requests in a second under a cap of {CAP}" if worst > CAP + ON_THE_WAY else ""


def _counted(one: Played) -> str:
    came, least = len(one.came), one.counted - (one.open if one.code else 0)
    differs = not least <= came <= one.counted
    return f"{came} came, {one.counted} counted, and it is sure" if differs and one.summary.get("complete") else ""


def _gathered(one: Played) -> str:
    """Return that reports were lost, although nobody was in a hurry."""
    began = one.cell.moment not in UNBEGUN
    lost = began and one.summary.get("complete") is False and one.cell.stop not in KILLS
    return f"reports were lost: {one.summary.get('reason')}" if lost else ""


def _verdict(one: Played) -> str:
    if not one.summary:
        return "there is no verdict"
    said = {one.code, one.summary.get("exit_code"), printed_code(one.log)} - {None}
    return "" if len(said) <= 1 else f"{sorted(said)} were said"


def _code(one: Played) -> str:
    """Return what is wrong with the exit code: who stopped the run, and how, decides it."""
    stop, ends = one.cell.stop, one.cell.moment == "ending"
    if one.cell.moment in UNBEGUN:
        right = one.code == 108 if stop in KILLS else one.code not in (0, None)
    elif stop in KILLS:
        right = one.code == 108 or (ends and one.code not in (0, None))
    elif stop == "abort-on-fail":
        right = one.code == 99
    elif stop in SIGNALS:
        right = one.code in (105, 111) or (ends and one.code == 0)
    elif stop == "stop" and not ends:
        right = one.code == 111  # it had a planned end, and somebody stopped it before
    else:
        right = one.code in (0, 105, 111) if ends else one.code in (0, 111)
    return "" if right else f"exit code {one.code}"


def _quiet(one: Played) -> str:
    return "a traceback" if "Traceback" in one.log else ""


def _at_rest(one: Played) -> str:
    return f"the web UI says {one.state!r}" if one.state not in ("", "stopped", "ready") else ""


def _gone(one: Played) -> str:
    return f"{len(one.left_over)} workers are left over" if one.left_over else ""


LAWS: tuple[Callable[[Played], str], ...] = (
    _ended,
    _silent,
    _none_before,
    _marked,
    _capped,
    _counted,
    _gathered,
    _verdict,
    _code,
    _quiet,
    _at_rest,
    _gone,
)


def broken_by(one: Played) -> Iterator[str]:
    """Yield a sentence for each law that a run broke."""
    for law in LAWS:
        if sentence := law(one):
            yield sentence
