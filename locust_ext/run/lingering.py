"""A process that stays up for its last scrape, after its verdict: for how long, and what ends that.

Law: it changes no verdict and no exit code. It ends when everybody who has scraped has been told the verdict, when
somebody sends a signal, or when its time is up, whichever comes first.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import gevent

from locust_ext.exports.options import LONGEST_LINGER

LOOK_EVERY = 0.1

AFTERWARDS = 1.0
"""Seconds that go by when everybody has been told: who comes from elsewhere at the same moment is told, too."""

LONGEST_END = LONGEST_LINGER + 60.0
"""Seconds that the first of two who end a process has for it, before the second goes on."""

MOST_SCRAPERS = 64
"""Addresses that are remembered; a scraper that changes its own is not waited for for ever."""


class Scrapers:
    """Who has scraped, by address, and what verdict each was told last."""

    def __init__(self) -> None:
        self._told: dict[str, object] = {}
        self._last = 0.0

    @property
    def are_there(self) -> bool:
        """Whether anybody has scraped."""
        return bool(self._told)

    def note(self, address: str, verdict: object) -> None:
        """Note that somebody was answered, and with which verdict; None: the run was under way."""
        if address in self._told or len(self._told) < MOST_SCRAPERS:
            if self._told.get(address) != verdict:
                self._last = monotonic()
            self._told[address] = verdict

    def told_at(self, verdict: object) -> float | None:
        """Return when the last of all was told this verdict, by the monotonic clock; None where somebody was not."""
        know = bool(self._told) and all(told == verdict for told in self._told.values())
        return self._last if know else None


class OneExit:
    """Has one greenlet at a time end the process: after SIGTERM two do, and would print everything twice.

    The one who fires ``quitting`` second waits there until the first has brought the end, which strikes all who wait.
    """

    def __init__(self, quitting: Any) -> None:
        self._quitting = quitting
        self._first: Any = None
        quitting.add_listener(self._hold)

    def _hold(self, **_: Any) -> None:
        if self._first is None:
            self._first = gevent.getcurrent()
            return
        until = monotonic() + LONGEST_END
        while gevent.getcurrent() is not self._first and not self._first.dead and monotonic() < until:
            gevent.sleep(LOOK_EVERY)

    def let_go(self) -> None:
        """Stand in nobody's way any more."""
        self._quitting.remove_listener(self._hold)


def linger(seconds: float, told_at: Callable[[], float | None], *, ours: bool = True) -> None:
    """Wait until a second after everybody was told; ``seconds`` at the most. A signal ends it, where they are ours."""
    until = monotonic() + seconds
    with _signals(ours) as came:
        while not came:
            known = told_at()
            left = min(until, math.inf if known is None else known + AFTERWARDS) - monotonic()
            if left <= 0:
                return
            gevent.sleep(min(LOOK_EVERY, left))


@contextmanager
def _signals(ours: bool) -> Iterator[list[int]]:  # noqa: FBT001 there is one of it
    """Have a signal be noted, and nothing more: what it would do, such as to judge the run, has been done.

    SIGTERM stays so: Locust's own way to take it is lost with gevent's, and the process is on its way out.
    """
    came: list[int] = []

    def note(number: int, _frame: Any) -> None:
        came.append(number)

    try:
        before = signal.signal(signal.SIGINT, note) if ours else None
    except ValueError:  # another thread than the main one; which it is cannot be asked in a greenlet
        ours = False
    if not ours:
        yield came
        return
    signal.signal(signal.SIGTERM, note)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)
