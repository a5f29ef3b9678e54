"""Whose greenlet this is: the user that runs in it, or that has started it.

Law: it is set where a user's life begins, in runs that have feeders, and holds for whatever that greenlet spawns.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from gevent import getcurrent

_KEY = "locust_ext.user"


def user_here() -> Any:
    """Return the user that this greenlet belongs to; None: it is nobody's."""
    known = getattr(getcurrent(), "spawn_tree_locals", None)
    return known.get(_KEY) if known else None


def living(ended: Callable[[Any], None]) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Return what to wrap around a user's life, ``on_stop`` and all; ``ended`` is told when it is over."""

    def wrap(run: Callable[[Any], None]) -> Callable[[Any], None]:
        @functools.wraps(run)
        def ran(user: Any) -> None:
            greenlet: Any = getcurrent()
            greenlet.spawn_tree_locals = {**(getattr(greenlet, "spawn_tree_locals", None) or {}), _KEY: user}
            try:
                run(user)
            finally:
                ended(user)

        return ran

    return wrap
