"""Which row comes next: rows by their numbers, those that are out, and those that came back.

Law: pure. A row that is out is never given; of ``once`` a row that was used never is again. Memory grows with the rows
that are out alone, and not with their number: a cursor passes them in their order, and those that it had to leave out
come first when they are back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol


class Places(Protocol):
    """An order of rows: which row stands at a place."""

    def __getitem__(self, place: int) -> int:
        """Return the number of the row at a place."""


class Stocked(Protocol):
    """Rows that can be given."""

    @property
    def free(self) -> int:
        """How many rows could be given now."""

    @property
    def out(self) -> int:
        """How many rows are out."""

    @property
    def is_exhausted(self) -> bool:
        """Whether there is nothing to give now, and nothing more comes by itself."""

    def take(self) -> int | None:
        """Return the next row; None where there is none."""

    def put_back(self, rows: Iterable[int]) -> None:
        """Take back what was just taken."""

    def give_back(self, row: int, *, used: bool) -> bool:
        """Take a row back; tell whether it was out."""


class Drawn:
    """Rows that ``draw`` chooses, each as often as it likes: none is ever out."""

    free, out, is_exhausted = 1 << 30, 0, False

    def __init__(self, draw: Callable[[], int]) -> None:
        self._draw = draw

    def take(self) -> int:
        """Return a row."""
        return self._draw()

    def put_back(self, rows: Iterable[int]) -> None:
        """Forget what was drawn and does not fit: another draw is as good."""

    def give_back(self, row: int, *, used: bool) -> bool:  # noqa: ARG002 as that of others
        """Do nothing: nobody has it alone."""
        return False


class Plain:
    """Rows as they stand in their file."""

    def __getitem__(self, place: int) -> int:
        """Return the place."""
        return place


class Pool:
    """The rows of a feeder that can be given; ``size`` of them, or as many as come (see :meth:`more`).

    ``places`` returns the order of each pass, by its number from 0 on.
    """

    def __init__(self, size: int | None, *, cycle: bool, places: Callable[[int], Places] = lambda _: Plain()) -> None:
        self._size, self._cycle, self._places = size or 0, cycle, places
        self._grows = size is None
        self._order = places(0)
        self._passes = self._at = 0
        self._out: set[int] = set()
        self._skipped: set[int] = set()
        """Rows that were out when the cursor passed."""
        self._again: deque[int] = deque()
        """Rows that come before the cursor's."""
        self.used_up = 0
        """Rows that were used, and never come again."""
        self.on_used: Callable[[int], object] = lambda _: None
        """Is told of each of them."""

    def more(self, rows: int = 1) -> None:
        """Have that many rows more, behind those that there are."""
        self._size += rows

    def close(self) -> None:
        """Have no more rows than there are."""
        self._grows = False

    @property
    def out(self) -> int:
        """How many rows are out."""
        return len(self._out)

    @property
    def free(self) -> int:
        """How many rows could be given now."""
        if self._cycle:
            return self._size - len(self._out)
        return len(self._again) + self._size - self._at

    @property
    def is_exhausted(self) -> bool:
        """Whether there is nothing to give now, and nothing more comes by itself."""
        return not self.free and not self._grows

    def take(self) -> int | None:
        """Return the next row, which is out from now on; None where there is none."""
        if not self.free:
            return None
        row = self._next()
        self._out.add(row)
        return row

    def _next(self) -> int:
        if self._again:
            return self._again.popleft()
        while True:
            if self._at >= self._size:  # only where rows come again: else none would be free
                self._passes, self._at = self._passes + 1, 0
                self._order = self._places(self._passes)
                self._skipped.clear()
            row = self._order[self._at]
            self._at += 1
            if row in self._out:
                self._skipped.add(row)
            else:
                return row

    def put_back(self, rows: Iterable[int]) -> None:
        """Take back what was just taken, and give it next, in the same order."""
        taken = list(rows)
        self._out.difference_update(taken)
        self._again.extendleft(reversed(taken))

    def give_back(self, row: int, *, used: bool) -> bool:
        """Take a row back, ``used`` or as it was given; tell whether it was out."""
        if row not in self._out:
            return False
        self._out.discard(row)
        if used and not self._cycle:
            self.used_up += 1
            self.on_used(row)
        elif not used or row in self._skipped or len(self._out) * 2 > self._size:
            self._skipped.discard(row)
            self._again.append(row)
        return True
