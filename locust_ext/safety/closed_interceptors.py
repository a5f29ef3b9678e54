"""Closed doors: between runs nothing of a user leaves this process.

Law: a process is born with its doors closed, and the end of a run closes them; only the orders of a run, followed
whole, open them. What listeners and scripts send outside of a run is their own affair, what users send is nobody's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import gevent

from locust_ext.measure.open_requests import OpenRequests
from locust_ext.process.seam import Seam
from locust_ext.safety.guard import Blocked
from locust_ext.safety.interceptors import Door

PAUSE = 0.1
"""Seconds before a refusal: anyone who asks again and again neither spins nor keeps others waiting."""

NO_RUN = "no run is under way here, so that nothing was sent"


class ClosedInterceptors:
    """Refuses the users of one environment; ``owner`` returns the user's greenlet of the current one, or None."""

    def __init__(self, environment: Any, begun: OpenRequests, owner: Callable[[], Any], doors: Sequence[Door]) -> None:
        self._environment, self._begun, self._owner = environment, begun, owner
        self.is_closed = False
        self._seams = tuple(Seam(place, name, self._around) for door in doors for place, name in door.exits)

    def install(self) -> None:
        """Stand at the doors, for as long as this process has the environment; they are closed."""
        for seam in self._seams:
            seam.open()
        self.close()

    def close(self) -> None:
        """Let no user through from now on; what has begun gets no further hop."""
        self.is_closed, self._begun.turn = True, self.refuse

    def open(self) -> None:
        """Let users through: the doors of a run are open."""
        self.is_closed, self._begun.turn = False, None

    def leave(self) -> None:
        """Leave the doors as they were."""
        self.open()
        for seam in reversed(self._seams):
            seam.close()

    def refuse(self, user: Any = None) -> None:
        """End the user of the current greenlet; raises Blocked where another one sends something for ``user``."""
        if self._owner() is not None:
            gevent.sleep(PAUSE)
            raise gevent.GreenletExit(NO_RUN)
        if user is not None and getattr(user, "environment", None) is self._environment:
            gevent.sleep(PAUSE)
            raise Blocked(NO_RUN)

    def _around(self, stock: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(stock)
        def passed(*arguments: Any, **options: Any) -> Any:
            if self.is_closed:
                self.refuse(getattr(arguments[0], "user", None) if arguments else None)
            return stock(*arguments, **options)

        return passed
