"""What became of the rows of one feeder in a run, for people.

Law: pure; figures and names alone, and no value of any row.
"""

from __future__ import annotations

from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration


@dataclass(frozen=True)
class FeederAccount:
    """One feeder in one run."""

    name: str
    rows: int | None
    """How many it has; None: as many as code makes."""
    order: str = "sequence"
    use: str = "cycle"
    on_empty: str = "wait"
    taken: int = 0
    """How often a user was handed one."""
    used_up: int = 0
    """Rows that will not come again in this run."""
    out: int = 0
    """Rows that were still out when this was said."""
    waits: int = 0
    waited_s: float = 0.0
    longest_wait_s: float = 0.0
    """How often users waited for one, for how long in all, and at the most."""
    exhausted: bool = False
    """Whether somebody wanted one, and there was none."""
    lost: int = 0
    lost_workers: int = 0
    """Rows that are out with workers which are gone, and how many workers those are."""
    ended: str = ""
    """Why the run ended, where it did because of this."""

    @property
    def text(self) -> str:
        """The account as a sentence."""
        there = plural(self.rows, "row") if self.rows is not None else "rows that code makes"
        said = [f"{self.name}: {there}, handed out {plural(self.taken, 'time')}"]
        if self.waits:
            longest = format_duration(round(self.longest_wait_s, 1 if self.longest_wait_s >= 1 else 3))
            said.append(f"users waited for one {plural(self.waits, 'time')}, for {longest} at the most")
        if self.lost:
            said.append(f"{plural(self.lost, 'row')} out with {plural(self.lost_workers, 'lost worker')}")
        if self.ended:
            said.append(self.ended)
        elif self.exhausted:
            said.append("there were none left for users that wanted one")
        return "; ".join(said)
