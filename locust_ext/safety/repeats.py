"""Repeats of what the guard has blocked: a loop that asks again until it works neither spins nor hangs.

Law: each refusal yields, so that the run can always be stopped, and a user is refused at most ten times a second. Where
the client's clock can be waited for, the wait comes before it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent
from gevent import getcurrent

EVERY = 0.1
"""Seconds between two refusals of the same user."""

_NEXT = "_locust_ext_next_refusal"
"""The attribute of a user's greenlet that says when it may be refused again, on the monotonic clock."""

_WAITED = "_locust_ext_waited_for_refusal"
"""The attribute of a greenlet that has waited already, and has not been refused yet."""


class Repeats:
    """Holds the repeats of each user; ``owner`` returns the user's greenlet of the current one, or None."""

    def __init__(self, owner: Callable[[], Any]) -> None:
        self._owner = owner

    def expect(self) -> None:
        """Wait for the refusal of the request that this greenlet is about to make."""
        self._wait()
        setattr(getcurrent(), _WAITED, True)

    def refuse(self) -> None:
        """Yield before a request is refused, for as long as it has not waited yet."""
        greenlet = getcurrent()
        if getattr(greenlet, _WAITED, False):
            setattr(greenlet, _WAITED, False)
        else:
            self._wait()

    def _wait(self) -> None:
        owner, now = self._owner() or getcurrent(), monotonic()
        at = max(now, getattr(owner, _NEXT, now))
        setattr(owner, _NEXT, at + EVERY)
        gevent.sleep(at - now)
