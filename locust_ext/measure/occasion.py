"""What a measurement belongs to: its scenario, and how late the iteration began in which it was taken.

Law: an occasion is set where a user's greenlet begins, and holds for whatever that greenlet spawns; the request path
only reads it. Outside of open runs and scenarios there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gevent import getcurrent

_KEY = "locust_ext.occasion"


@dataclass(slots=True, eq=False)
class Occasion:
    """The tags of a user's scenario, and the milliseconds by which its iteration began after it was due."""

    tags: dict[str, str] = field(default_factory=dict)
    late: float = 0.0


def begin(occasion: Occasion) -> None:
    """Let all that this greenlet measures from now on, and all that it spawns, belong to ``occasion``."""
    greenlet: Any = getcurrent()
    greenlet.spawn_tree_locals = {**(greenlet.spawn_tree_locals or {}), _KEY: occasion}


def current() -> Occasion | None:
    """Return the occasion of this greenlet, if it has one."""
    known = getattr(getcurrent(), "spawn_tree_locals", None)
    return known.get(_KEY) if known else None
