"""All parts of one process, in the order of their table.

Law: what is told is read for all before any follows; if one raises, all that had followed undo it, the last one first.
A part that this process does not know is not a reason to begin: anyone who sends such orders counts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from locust_ext.process.part import Anything, Listener, Part, Registered, Role
from locust_ext.process.supervised import each, guarded
from locust_ext.process.wire import Inbox, Item, UnfitError
from locust_ext.text.frozen import dataclass

MASTER, WORKER, LOCAL = Role.JUDGE, Role.USERS, Role.JUDGE | Role.USERS

EVERYWHERE = (MASTER, WORKER, LOCAL)
WHERE_JUDGED = (MASTER, LOCAL)
WITH_USERS = (WORKER, LOCAL)


@dataclass(frozen=True)
class Row:
    """One part: in which processes it is, and what it must know of a run, taken from what begins."""

    part: Anything
    where: Sequence[Role] = EVERYWHERE
    intent: Callable[[Any], Any] = lambda _: None


class PartTable:
    """The parts of a process of one role."""

    def __init__(self, rows: Iterable[Row], role: Role) -> None:
        self._rows = [row for row in rows if role in row.where]
        self._parts = [row.part for row in self._rows]

    def __iter__(self) -> Iterator[Anything]:
        return iter(self._parts)

    def install(self) -> None:
        """Have all begin with the process."""
        for part in self._parts:
            part.install()

    def listeners(self) -> Iterator[Listener]:
        """Yield what is to be registered with Locust's events."""
        for part in self._parts:
            yield from part.listeners()

    def messages(self, inbox: Inbox) -> Iterator[Registered]:
        """Yield what is to be registered with Locust's messages."""
        for part in self._parts:
            yield from part.messages(inbox)

    def orders(self, beginning: Any) -> dict[str, Item]:
        """Return what every process is told of a run that begins, by part."""
        found = ((row.part.name, row.part.orders(row.intent(beginning))) for row in self._rows if row.part.name)
        return {name: told for name, told in found if told is not None}

    def read(self, parts: Mapping[str, Any]) -> dict[str, Item]:
        """Return what parts are told, as their models; raises UnfitError where one cannot be read."""
        readers = {part.name: part.reads for part in self._parts if part.name and type(part).reads is not Part.reads}
        if strange := sorted(parts.keys() - readers.keys()):
            raise UnfitError(f"this release knows no {strange[0]}")
        return {name: _read(name, told, readers[name]) for name, told in parts.items()}

    def follow(self, parts: Mapping[str, Any], run: str) -> None:
        """Have all follow the orders of a run; raises what the first raised that cannot, when nobody follows."""
        told, followed = self.read(parts), []
        try:
            for part in self._parts:
                followed.append(part)
                part.follow(told.get(part.name), run)
        except BaseException:
            each("a run that is not followed", *(part.abandon for part in reversed(followed)))
            raise

    def begins(self, beginning: Any, run: str) -> None:
        """Have all begin a run where it is judged, before any worker has followed."""
        for row in self._rows:
            row.part.begins(row.intent(beginning), run)

    def started(self, beginning: Any, run: str) -> None:
        """Have all go on where a run is judged, now that all who can have followed."""
        for row in self._rows:
            row.part.started(row.intent(beginning), run)

    def leave(self) -> None:
        """Have all end with the run, the last one first, whatever one of them raises."""
        each("the end of a run", *(part.leave for part in reversed(self._parts)))

    def let_go(self) -> None:
        """Leave the process as it was."""
        for part in reversed(self._parts):
            guarded("the end of the process", part.let_go)()


def _read(name: str, told: Any, reads: Callable[[], type[Item] | None]) -> Item:
    if isinstance(told, Item):
        return told  # this process's own
    model = reads()
    assert model is not None, "it was asked for those who read"
    try:
        return model.of(told)
    except UnfitError as error:
        raise UnfitError(f"{name}: {error}") from None
