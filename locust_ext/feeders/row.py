"""A row as a user has it: values by the names of their columns, for as long as it is that user's.

Law: pure. What a row holds is never spelled out: not in its text, and not in an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from locust_ext.feeders.stock import Held
from locust_ext.text.spelling import nearest

GIVEN_BACK = (
    "this row of {feeder} was given back, since its block ended or its user stopped, and may be another user's by now:"
    " read it inside the block"
)
NOT_ANY_MORE = (
    "this row of {feeder} may be another user's by now: the master was not reached for a while, and rows of lost"
    " workers are handed out again (lost: return)"
)


class FeederError(RuntimeError):
    """A row that cannot be had, or not any more; it says why."""


class UnknownColumnError(KeyError):
    """A column that a row does not have; it names the nearest one."""

    def __str__(self) -> str:
        """Return the sentence as it is, and not as a key."""
        return str(self.args[0])


class Row(Mapping[str, Any]):
    """One row of a feeder: ``row["email"]``. It cannot be changed, and is not to be read after it was given back."""

    __slots__ = ("_columns", "_feeder", "_held", "_owns")

    def __init__(self, feeder: str, columns: Mapping[str, int], held: Held, owns: Callable[[Held], bool]) -> None:
        self._feeder, self._columns = feeder, columns
        self._held: Held | None = held
        self._owns = owns

    def __getitem__(self, column: str) -> Any:
        """Return the value of a column.

        Raises :class:`KeyError` for one that there is not, and :class:`RuntimeError` where the row is not this user's
        any more.
        """
        held = self._held
        if held is None:
            raise FeederError(GIVEN_BACK.format(feeder=self._feeder))
        if not self._owns(held):
            raise FeederError(NOT_ANY_MORE.format(feeder=self._feeder))
        at = self._columns.get(column)
        if at is None:
            raise UnknownColumnError(
                f"{self._feeder} has no column {column!r:.100}{nearest(str(column), self._columns)}"
            )
        return held.values[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        """Return its feeder and its columns, and no value."""
        return f"<a row of {self._feeder}: {', '.join(self._columns)}>"

    def __reduce__(self) -> Any:
        """Refuse to be written down: what it holds is secret, and it is this user's alone."""
        raise TypeError(f"a row of {self._feeder} cannot be copied or written down; take the values that you need")

    def let_go(self) -> Held | None:
        """Return what it held, once: it is given back."""
        held, self._held = self._held, None
        return held
