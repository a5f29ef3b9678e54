"""A feature in one process: what it hears, what it is told of a run, and what it does when that begins and ends.

Law: ground floor, it knows no feature. Parts are followed in the order of their table and left in the other one. What
all of them are told is read before any of them follows, and a part that raises in ``follow`` keeps the run from
beginning: then no user starts.

::

    orders -> (sent) -> follow -> begins -> (all workers follow) -> started -> ... -> leave
                          a part raises -> abandon, no user starts
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Flag, auto
from typing import Any, ClassVar, Generic, TypeVar

from locust_ext.process.wire import Inbox, Item

Intent = TypeVar("Intent")
"""What a part must know of a run on the process that judges it: a frozen type of its own."""

Told = TypeVar("Told", bound=Item)
"""What every process is told of it."""

Listener = tuple[str, Callable[..., None]]
"""The name of an event of Locust's, and who hears it."""

Registered = tuple[str, Callable[..., None], bool]
"""What Locust's ``register_message`` needs: the type, the handler, and whether it runs beside others."""


class Role(Flag):
    """What a process does in a run; a local one does both."""

    JUDGE = auto()
    """Runs begin, end and are judged here: a master, or the only process."""
    USERS = auto()
    """It has users: a worker, or the only process."""


class Part(Generic[Intent, Told]):
    """One feature; each hook does nothing unless it is overridden."""

    name: ClassVar[str] = ""
    """What it is called in a run's orders; empty: nobody is told anything."""

    def reads(self) -> type[Told] | None:
        """Return the model of what it is told, loaded when it is needed."""
        return None

    def listeners(self) -> Iterable[Listener]:
        """Return the events of Locust's that it hears."""
        return ()

    def messages(self, inbox: Inbox) -> Iterable[Registered]:  # noqa: ARG002 a hook
        """Return the messages that it takes."""
        return ()

    def install(self) -> None:
        """Begin with the process."""

    def orders(self, intent: Intent) -> Told | None:  # noqa: ARG002 a hook
        """Return what every process is told of a run; None: nothing. Asked where it is judged."""
        return None

    def follow(self, told: Told | None, run: str) -> None:
        """Do as told, before the first user, on every process; raises what keeps it from that."""

    def begins(self, intent: Intent, run: str) -> None:
        """Begin where the run is judged, before any worker has followed."""

    def started(self, intent: Intent, run: str) -> None:
        """Go on where the run is judged, now that all who can have followed."""

    def leave(self) -> None:
        """End with the run."""

    def abandon(self) -> None:
        """Undo ``follow``: the run did not begin here."""
        self.leave()

    def let_go(self) -> None:
        """Leave the process as it was."""


Anything = Part[Any, Any]
"""A part, whatever it is about."""
