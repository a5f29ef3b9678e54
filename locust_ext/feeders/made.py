"""Rows that code makes: a few ahead of those who ask, in a greenlet of their own.

Law: the function is called where the run is judged, once a run. Rows are made as they are needed, a thousand ahead, and
forgotten when they were used. One that does not fit ends the run with a sentence, and no value of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import gevent
import msgpack
from gevent.event import Event

from locust_ext.feeders.pool import Pool
from locust_ext.feeders.records import LONGEST_ROW, FlawError, Values, checked_columns, unfit
from locust_ext.process.exceptions import in_a_line
from locust_ext.process.supervised import RAISES, Stake, Work

MAKING = Work("the rows that code makes", Stake.LOAD, again=False)

AHEAD = 1000
TURN = 50
"""Rows that are made before others have their turn."""


class MadeRows:
    """The rows of one function in one run; ``failed`` is told in a sentence why there are no more."""

    def __init__(
        self, make: Callable[[], Any], pool: Pool, on_more: Callable[[], object], failed: Callable[[str], object]
    ) -> None:
        self._make, self._pool, self._on_more, self._failed = make, pool, on_more, failed
        self._rows: dict[int, Values] = {}
        self.columns: tuple[str, ...] = ()
        self._number = 0
        self._needed = Event()
        self._greenlet: gevent.Greenlet | None = None
        pool.on_used = self._forget

    def start(self) -> None:
        """Begin to make them."""
        self._greenlet = MAKING.start(self._run)

    def _forget(self, number: int) -> None:
        self._rows.pop(number, None)

    def rows(self, numbers: Iterable[int]) -> Sequence[Values]:
        """Return the rows of these numbers."""
        self._needed.set()
        return [self._rows[number] for number in numbers]

    def _run(self) -> None:
        try:
            for row in self._make():
                self._take(row)
                if not self._number % TURN:
                    self._on_more()
                    gevent.sleep(0)
                while self._pool.free >= AHEAD:
                    self._needed.clear()
                    self._needed.wait()
        except FlawError as flaw:
            self._failed(f"row {self._number + 1:,} that code makes cannot be lent: {flaw.what}")
        except gevent.GreenletExit:
            if self._greenlet is not None:  # else it was we who ended it
                self._failed(f"the function that makes rows ended itself after row {self._number:,}")
            raise
        except RAISES as error:
            self._failed(f"the function that makes rows raised after row {self._number:,}: {in_a_line(error)}")
        finally:
            self._pool.close()
        self._on_more()

    def _take(self, row: Any) -> None:
        if not isinstance(row, Mapping):
            raise FlawError(0, f"it is a {type(row).__name__}, and must be a mapping of columns to values")
        if not self.columns:
            self.columns = checked_columns(0, [str(name) for name in row])
        if row.keys() != set(self.columns):
            raise FlawError(0, "its columns are not those of the first row")
        if why := unfit(dict(row)):
            raise FlawError(0, why)
        values = tuple([row[name] for name in self.columns])
        if len(msgpack.packb(values)) > LONGEST_ROW:
            raise FlawError(0, f"a row may have {LONGEST_ROW:,} bytes, and this one has more")
        self._rows[self._number] = values
        self._number += 1
        self._pool.more()

    def close(self) -> None:
        """Make no more."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None:
            greenlet.kill(block=False)
