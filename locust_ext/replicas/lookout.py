"""The lookout for one write: reads until its value is visible, or the deadline has come.

Law: clock, sleep and reads are handed in. A read that fails has seen nothing, which is not the same as having seen that
there is nothing: it is told apart, and the lookout goes on.

::

    write answered --+--> read --stale, failed--> pause --> read ... --sees it--> its lag
                     |                                          |
                     +------------- deadline: one last read ----+--> never seen, or unknown
"""

from __future__ import annotations

from collections.abc import Callable

from locust_ext.process.control_flow import CONTROL_FLOW
from locust_ext.replicas.returned import MistakenUseError, Sight
from locust_ext.replicas.terms import Terms
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class Look:
    """One read that is over."""

    is_first: bool
    sight: Sight | None
    """None: the read failed."""
    failure: Exception | None = None


@dataclass(frozen=True)
class Ending:
    """How the lookout ended."""

    lag: float | None
    """Seconds from the write's answer to the beginning of the first read that saw it; None: no read did."""
    reads: int
    failure: Exception | None = None
    """Why the last read could not tell; the value may be there, or not."""


def look_out(
    read: Callable[[], Sight],
    terms: Terms,
    answered: float,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    note: Callable[[Look], None],
) -> Ending:
    """Read until the value is visible, first at once; ``note`` hears of each read. ``answered``: when the write was.

    What steers users and a MistakenUseError pass through.
    """
    reads, due = 0, answered + terms.deadline
    while True:
        began, reads = clock(), reads + 1
        sight, failure = _looked(read)
        note(Look(reads == 1, sight, failure))
        if sight is not None and sight.is_visible:
            return Ending(max(0.0, began - answered), reads)
        now = clock()
        if began >= due:
            return Ending(None, reads, failure)
        sleep(max(0.0, min(terms.pause, due - now)))


def _looked(read: Callable[[], Sight]) -> tuple[Sight | None, Exception | None]:
    try:
        return read(), None
    except (*CONTROL_FLOW, MistakenUseError):
        raise
    except Exception as failure:  # noqa: BLE001 whatever a client raises
        return None, failure
