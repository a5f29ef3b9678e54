"""What a measurement belongs to: its scenario, and how late the iteration began in which it was taken.

Law: an iteration is set where a user's greenlet begins, and holds for whatever that greenlet spawns; the request path
only reads it. Outside of open runs and scenarios there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from sys import intern
from typing import Any

from gevent import getcurrent

_KEY = "locust_ext.iteration"


@dataclass(slots=True, eq=False)
class IterationContext:
    """The tags of a user's scenario, and the milliseconds by which its iteration began after it was due."""

    tags: dict[str, str] = field(default_factory=dict)
    late: float = 0.0
    label: str = field(init=False)
    """The tags as one text, made once: events of an iteration are told apart by it."""

    def __post_init__(self) -> None:
        self.label = intern(repr(sorted(self.tags.items()))) if self.tags else ""


def begin(iteration: IterationContext) -> None:
    """Let all that this greenlet measures from now on, and all that it spawns, belong to ``iteration``."""
    greenlet: Any = getcurrent()
    greenlet.spawn_tree_locals = {**(greenlet.spawn_tree_locals or {}), _KEY: iteration}


def current() -> IterationContext | None:
    """Return the iteration of this greenlet, if it has one."""
    return iteration_of(getcurrent())


def iteration_of(greenlet: Any) -> IterationContext | None:
    """Return the iteration of a greenlet, if it has one."""
    try:
        known = greenlet.spawn_tree_locals
    except AttributeError:  # no greenlet of gevent's: nobody spawned it
        return None
    return known.get(_KEY) if known else None
