"""``locust_ext.Feeder``: rows of data, of which each goes to one user at a time over all processes.

Law: to declare one names it, and reads nothing; rows come in a run, to its users. What it asks for of the process that
it runs in is one attribute of its environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import CO_OPTIMIZED
from sys import _getframe
from types import TracebackType
from typing import Any
from weakref import ref

from locust_ext.feeders.options import Lost, OnEmpty, Order, Use
from locust_ext.feeders.resolved import Declared
from locust_ext.feeders.row import FeederError, Row

MOST_DECLARED = 1000

NOBODY = (
    "there is no user here: a row of {name} is for one, so call it in a task, in on_start or in on_stop, while a run"
    " lasts that locust_ext measures (locust_ext.install() at the top of the locustfile) and that knows of the feeder"
    " (declare it there, too)"
)

LATE = (
    "the run that is under way has no feeder {name}: it was declared after the run had begun, or not on the process"
    " that judges; write it at the top of the locustfile"
)

DECLARED: list[Declared] = []
"""The feeders of this process's code; there is one list, as there is one ``locust.events``."""


class Feeder:
    """Rows of data: each goes to one user at a time, over all workers, from a table that the master alone reads.

    ``name`` is one of the configuration's ``feeders``, or a file (CSV with a header line, or JSON lines) beside the
    locustfile, or any name for ``rows``: a function that returns rows (mappings), called on the master alone.

    ``order`` is ``sequence``, ``random`` or ``zipf`` (some rows again and again, of the steepness ``exponent``: they
    are shared), ``use`` is ``cycle`` or ``once``, ``on_empty`` says what a user does for whom there is no row:
    ``wait``, ``stop``, or ``fail`` the run. ``lost`` says what becomes of rows of a worker that is gone: ``keep`` them
    out of the run, or ``return`` them to it. Values of columns that are ``public`` may stand in reports.
    What is wrong with any of this is said before the first request.
    """

    def __init__(
        self,
        name: str,
        *,
        order: Order | None = None,
        use: Use | None = None,
        on_empty: OnEmpty | None = None,
        exponent: float | None = None,
        lost: Lost | None = None,
        public: str | Iterable[str] | None = None,
        rows: Callable[[], Iterable[Mapping[str, Any]]] | None = None,
    ) -> None:
        self.name = str(name)
        given = {
            "order": order,
            "use": use,
            "on_empty": on_empty,
            "exponent": exponent,
            "lost": lost,
            "public": public if public is None or isinstance(public, str) else tuple(public),
        }
        caller = _getframe(1)
        one = Declared(
            self.name,
            {key: value for key, value in given.items() if value is not None},
            rows,
            caller.f_code.co_filename,
            caller.f_lineno,
            caller.f_code,
            ref(self) if caller.f_code.co_flags & CO_OPTIMIZED else None,
        )
        _declare(one)

    def row(self) -> HeldRow:
        """Return a block that holds a row until it ends: ``with users.row() as user: user["email"]``.

        Waits, stops the user or ends the run where there is none, as ``on_empty`` says. Raises RuntimeError outside of
        a user.
        """
        return HeldRow(self)

    def mine(self) -> Row:
        """Return the row that this user has for its whole life, the same each time; it is given back when that ends.

        Waits, stops the user or ends the run where there is none. Raises RuntimeError outside of a user.
        """
        user, desk = self._desk()
        return desk.keep(user)  # type: ignore[no-any-return]

    def _desk(self) -> tuple[Any, Any]:
        """Return the user that asks, and where it gets its rows."""
        from locust_ext.feeders.whose import user_here  # noqa: PLC0415 to declare a feeder loads no gevent

        user = user_here()
        agent = getattr(getattr(user, "environment", None), "locust_ext_feeders", None)
        desk = agent.desk(self.name) if agent is not None else None
        if desk is None:
            said = LATE if agent is not None and agent.is_open else NOBODY
            raise FeederError(said.format(name=self.name))
        return user, desk

    def __repr__(self) -> str:
        """Return how it is declared."""
        return f"Feeder({self.name!r})"


class HeldRow:
    """A block of code that holds a row."""

    __slots__ = ("_desk", "_feeder", "_row")

    def __init__(self, feeder: Feeder) -> None:
        self._feeder = feeder
        self._row: Row | None = None

    def __enter__(self) -> Row:
        if self._row is not None:
            raise FeederError("this block has a row already; call row() again for another one")
        user, self._desk = self._feeder._desk()  # noqa: SLF001 of the same file
        self._row = self._desk.take(user)
        return self._row

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        row, self._row = self._row, None
        if row is not None:
            self._desk.give_back(row)


def _declare(one: Declared) -> None:
    """Remember a feeder; one that was declared in the same place before, such as by a reloaded module, replaces it.

    What one function declares twice, in different ways, is not the same: a module that is loaded again has other code.
    """
    at = next((at for at, other in enumerate(DECLARED) if one.is_again(other)), None)
    if at is not None:
        DECLARED[at] = one
    elif len(DECLARED) >= MOST_DECLARED:
        raise ValueError(f"over {MOST_DECLARED} feeders: declare them once, at the top of the locustfile")
    else:
        DECLARED.append(one)
