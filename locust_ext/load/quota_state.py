"""How the iterations of a load stand, or stood at the end, in words and numbers.

Law: pure. Those that were begun, those of which nobody knows, and those that were not are as many as there are. What a
longest time left over is told and counted; what anything else left over puts the run in doubt.
"""

from __future__ import annotations

from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration


@dataclass(frozen=True)
class QuotaState:
    """The iterations of one load; ``name`` is that of its scenario, empty where it is the only one."""

    name: str
    total: int
    begun: int = 0
    done: int = 0
    unknown: int = 0
    """Lent to processes that did not tell whether they were begun."""
    lost: int = 0
    """Of these, those of workers that were lost."""
    timed_out: float | None = None
    """The longest time, in seconds, if that was over before they were all begun."""
    interrupted: int = 0
    """Of those that were begun, how many did not come to their end: their users were stopped, or had no row."""

    @property
    def missing(self) -> int:
        """How many were not begun."""
        return max(0, self.total - self.begun - self.unknown)

    @property
    def unended(self) -> int:
        """Of those that were begun, how many did not come to their end, as far as is known."""
        return self.interrupted + self.begun - self.done

    @property
    def left_over(self) -> int:
        """How many the longest time left over."""
        return self.missing if self.timed_out is not None else 0

    @property
    def progress(self) -> str:
        """How many were begun by now."""
        return f"{self.begun:,} of {plural(self.total, 'iteration')}"

    @property
    def text(self) -> str:
        """How it ended, in a sentence."""
        where = f"{self.name}: " if self.name else ""
        if self.timed_out is not None and self.missing:
            rest = f"{self.missing:,} {'was' if self.missing == 1 else 'were'} not"
            until = f"when max_duration ({format_duration(self.timed_out)}) was over"
            return f"{where}{self.progress} were begun {until}; {rest}"
        if self.unended:
            until = f" when max_duration ({format_duration(self.timed_out)}) was over" if self.timed_out else ""
            begun = f"{where}{self.progress} were begun{until}"
            whose = "its" if self.unended == 1 else "their"
            return f"{begun}; {self.unended:,} of them did not come to {whose} end"
        if self.missing or self.unknown:
            return f"{where}{self.progress} were begun"
        return f"{where}{'its one iteration was' if self.total == 1 else f'all {self.total:,} iterations were'} made"

    @property
    def doubts(self) -> list[str]:
        """Why the run proves nothing for them."""
        where = f"{self.name}: " if self.name else ""
        found = []
        if self.missing and self.timed_out is None:
            verb = "was" if self.missing == 1 else "were"
            found.append(f"{where}{self.missing:,} of {plural(self.total, 'iteration')} {verb} not begun")
        if self.unknown:
            whose = "a worker that was lost" if self.lost == self.unknown else "a process whose last word did not come"
            verb, them = ("was", "it was") if self.unknown == 1 else ("were", "they were")
            what = f"{plural(self.unknown, 'iteration')} {verb} lent to {whose}"
            found.append(f"{where}{what}: it is not known whether {them} made")
        if (cut := self.begun - self.done) > 0:
            were, their = ("was", "its") if cut == 1 else ("were", "their")
            found.append(f"{where}{plural(cut, 'iteration')} {were} begun where nobody told of {their} end")
        if self.interrupted and self.timed_out is None:
            many = self.interrupted > 1
            what = f"{plural(self.interrupted, 'iteration')} {'were' if many else 'was'} begun and not ended"
            found.append(f"{where}{what}: {'their users were' if many else 'its user was'} stopped, or found no row")
        return found


def progress_of(states: tuple[QuotaState, ...]) -> str:
    """Return how many iterations of all loads were begun by now; ``""`` where no load ends with them."""
    if not states:
        return ""
    begun, total = sum(one.begun for one in states), sum(one.total for one in states)
    return QuotaState("", total, begun).progress
