"""The table: ways to stop a run, by the moments at which they come, and how it is run; without what makes no sense.

Law: pure. A combination is in the table unless a rule says, in a sentence, why it is not.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

STOPS = {
    "stop": "Stop on Locust's page",
    "stop-now": "Stop now on our page",
    "usr1": "SIGUSR1 to the process that judges",
    "usr1-worker": "SIGUSR1 to a worker",
    "flag": "the kill switch's file is removed",
    "abort-rule": "safety's rule on the error rate",
    "abort-on-fail": "a threshold with abort_on_fail",
    "sigterm": "SIGTERM to the process that judges",
    "sigint": "SIGINT to the process that judges",
    "ctrl-c": "SIGINT to all processes, as a terminal sends it",
    "run-time": "the run's time, or its shape, is over",
    "autoquit": "the same with --autostart --autoquit",
}
MOMENTS = ("waiting", "starting", "ramping-up", "steady", "ramping-down", "ending")
"""Waiting for workers, until they follow, ramping up, all users at work, ramping down, until requests are over."""
UNBEGUN = ("waiting", "starting")
"""Moments before the first user."""
INTERFACES = ("headless", "web")
PROCESSES = ("local", "workers")
DELAYS = (0.0, 0.3, 2.0)
"""Seconds that the target takes for an answer."""

JUDGES_REQUESTS = ("abort-rule", "abort-on-fail")
TIMED = ("run-time", "autoquit")
KILLS = ("stop-now", "usr1", "usr1-worker", "flag", "abort-rule")
"""Stops after which nothing is waited for, and the run was ended for safety."""
SIGNALS = ("sigterm", "sigint", "ctrl-c")


@dataclass(frozen=True, order=True)
class Cell:
    """One run that is stopped."""

    stop: str
    moment: str
    interface: str
    processes: str
    delay: float

    @property
    def name(self) -> str:
        """As it is asked for: ``usr1/ending/web/workers/0.3``."""
        return f"{self.stop}/{self.moment}/{self.interface}/{self.processes}/{self.delay:g}"

    @property
    def is_web(self) -> bool:
        """Whether there is a web UI."""
        return self.interface == "web"

    @property
    def has_workers(self) -> bool:
        """Whether the users are on workers."""
        return self.processes == "workers"

    @property
    def has_autostart(self) -> bool:
        """Whether a run with a web UI begins by itself."""
        return self.is_web and (self.stop == "autoquit" or self.moment == "waiting")

    @property
    def ends_the_process(self) -> bool:
        """Whether nobody has to end the process after the stop."""
        return not self.is_web or self.stop in (*SIGNALS, "autoquit")


Rule = tuple[str, Callable[[Cell], bool]]

LEFT_OUT: tuple[Rule, ...] = (
    ("only the web UI has buttons", lambda one: one.stop in ("stop", "stop-now") and not one.is_web),
    ("--autoquit means nothing without a web UI", lambda one: one.stop == "autoquit" and not one.is_web),
    ("there is no worker", lambda one: one.stop == "usr1-worker" and not one.has_workers),
    ("Ctrl-C is SIGINT where one process is all", lambda one: one.stop == "ctrl-c" and not one.has_workers),
    ("a run without workers waits for none", lambda one: one.moment in UNBEGUN and not one.has_workers),
    ("only a run that somebody starts can be held up then", lambda one: one.moment == "starting" and not one.is_web),
    ("before the first request no rule can judge", lambda one: one.moment in UNBEGUN and one.stop in JUDGES_REQUESTS),
    ("time counts from the start of the run", lambda one: one.moment in UNBEGUN and one.stop in TIMED),
    ("before the first request no answer takes time", lambda one: one.moment in UNBEGUN and one.delay > 0),
    ("rules judge until the end of the run", lambda one: one.moment == "ending" and one.stop in JUDGES_REQUESTS),
)


def combinations() -> Iterator[Cell]:
    """Yield every combination, whether it makes sense or not."""
    for row in itertools.product(STOPS, MOMENTS, INTERFACES, PROCESSES, DELAYS):
        yield Cell(*row)


def why_left_out(cell: Cell) -> str:
    """Return why a combination is not in the table; empty if it is."""
    return next((why for why, holds in LEFT_OUT if holds(cell)), "")


def table(patterns: Sequence[str] = ()) -> list[Cell]:
    """Return the cells whose name, or a part of it from the left, one of the patterns fits; all without any."""
    cells = [cell for cell in combinations() if not why_left_out(cell)]
    return [cell for cell in cells if not patterns or any(fits(cell, pattern) for pattern in patterns)]


def fits(cell: Cell, pattern: str) -> bool:
    """Tell whether ``pattern`` fits, part by part: ``*/ending`` is every cell whose moment is the ending."""
    parts, wanted = cell.name.split("/"), pattern.split("/")
    return len(wanted) <= len(parts) and all(map(fnmatch.fnmatchcase, parts, wanted))
