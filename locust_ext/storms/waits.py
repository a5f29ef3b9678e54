"""One client's waits, across its attempts and its losses.

Law: pure; what the client remembers from one loss to the next is decided by its policy's reset rule and nothing else.

::

    lost --next--> waiting --next--> waiting ... --opened--> open --ready--> ready --lost--> ...
                      |                            ON_OPEN: again  ON_READY: again
                      +--> None: it has given up
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from locust_ext.storms.backoff import LONGEST, Backoff, HintRule, Reaction, Reset

_ANEW_WHEN_READY = frozenset({Reset.ON_OPEN, Reset.ON_READY})


class Waits:
    """The waits of one client that follows ``policy``."""

    def __init__(self, policy: Backoff, rng: Random) -> None:
        self.policy = policy.settled(rng)
        self._rng = rng
        self._delays: Iterator[float] = self.policy.delays(rng)

    def _begin_anew(self) -> None:
        self._delays = self.policy.delays(self._rng)

    def lost(self, lived: float) -> None:
        """Note the loss of a connection that had lasted ``lived`` seconds."""
        rule = self.policy.reset
        if rule is Reset.PER_INCIDENT or (rule is Reset.ON_UPTIME and lived >= self.policy.uptime):
            self._begin_anew()

    def opened(self) -> None:
        """Note that a connection has opened."""
        if self.policy.reset is Reset.ON_OPEN:
            self._begin_anew()

    def ready(self) -> None:
        """Note that the server has accepted the client."""
        if self.policy.reset in _ANEW_WHEN_READY:
            self._begin_anew()

    def next(self, cause: str = "", hint: float | None = None) -> float | None:
        """Return the seconds to wait before the next attempt, or None when the client gives up.

        ``cause`` is why the last one failed (``close:1000``, ``status:503``, ``refused``, ...), ``hint`` the seconds
        that the server asked to wait.
        """
        reaction = self.policy.causes.get(cause, Reaction.RETRY)
        if reaction is Reaction.STOP:
            return None
        if reaction is Reaction.IMMEDIATE:
            return 0.0
        own = next(self._delays, None)
        rule = self.policy.hint
        if own is None or hint is None or math.isnan(hint) or rule.rule is HintRule.IGNORE:
            return None if own is None else max(0.0, own)
        if rule.resets:
            self._begin_anew()
        asked = min(hint, rule.limit, LONGEST)
        return max(0.0, asked if rule.rule is HintRule.REPLACE else max(own, min(asked, own + rule.beyond)))
