"""The way back of one client: wait, try, fail, wait longer, until it is ready again or gives up.

Law: time, sleep and the connection are handed in. Bounded whatever the policy and the server say: in attempts, in the
time of each, in the wait that a server can ask for; and never a busy loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from locust_ext.storms.backoff import Clock
from locust_ext.storms.link import ConnectFailed, Connects
from locust_ext.storms.waits import Waits

SHORTEST_GAP = 0.01
"""Seconds between the starts of two attempts of one client, whatever its policy says."""

LONGEST_ATTEMPT = 60.0
"""Seconds after which an attempt is given up, whatever the client says; the configuration can say more."""

LONGEST_HINT = 300.0
"""Seconds that a server can make a client wait; a longer hint is counted, and cut to this."""


@dataclass(frozen=True)
class Attempt:
    """One attempt, told when it is over; times in seconds."""

    number: int
    planned: float
    """The wait that the policy asked for."""
    started: float
    lag: float
    """How much later than planned it began."""
    outcome: str
    """``ready``, or why it failed."""
    hint: float | None = None


@dataclass(frozen=True)
class Limits:
    """What bounds the way back."""

    attempts: int = 1000
    timeout: float | None = None
    """Seconds for one attempt instead of the client's own."""
    refused_until: float = -math.inf
    """Until then attempts fail on the client's side, as when a load balancer flips."""


def come_back(
    waits: Waits,
    link: Connects,
    limits: Limits,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    starting: Callable[[float], None],
    note: Callable[[Attempt], None],
    cause: str = "",
) -> bool:
    """Follow the policy until the link is ready again (True), or the client gives up (False).

    ``starting`` hears of each attempt before it begins, with its lag in seconds, and may hold it back; ``note`` hears
    of it when it is over.
    """
    counted_from, started, hint = clock(), -math.inf, None
    for number in range(limits.attempts):
        planned = waits.next(cause, hint)
        if planned is None:
            return False
        due = max(counted_from + planned, started + SHORTEST_GAP)
        while (rest := due - clock()) > 0:
            sleep(rest)
        lag = clock() - due
        starting(lag)
        started = clock()
        hint, failure = None, None
        try:
            _attempt(waits, link, limits, number, planned, started)
        except ConnectFailed as caught:
            failure, cause, hint = caught, caught.cause, caught.hint
        note(Attempt(number, planned, started, lag, cause if failure else "ready", hint))
        if failure is None:
            waits.ready()
            return True
        hint = min(hint, LONGEST_HINT) if hint is not None else None
        counted_from = started if waits.policy.clock is Clock.ATTEMPT_START else clock()
    return False


def _attempt(waits: Waits, link: Connects, limits: Limits, number: int, planned: float, started: float) -> None:
    if started < limits.refused_until:
        raise ConnectFailed("refused")
    own = waits.policy.timeout.at(number, planned)
    timeout = limits.timeout if limits.timeout is not None else min(own, LONGEST_ATTEMPT)
    try:
        link.connect(timeout, waits.opened)
    except ConnectFailed:
        raise
    except Exception as error:
        raise ConnectFailed(type(error).__name__) from error  # a client's surprise is a failed attempt, no lost user
