"""What takes long and is asked for by a page: done aside, so that a process that makes load goes on meanwhile.

Law: one thing at a time, in a thread of its own, and few may wait for it. What is done there is pure, or reads and
writes files: it touches nothing of the run that is under way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gevent.threadpool import ThreadPool

from locust_ext.text.problems import ConfigurationError, Problem

Result = TypeVar("Result")

MOST_WAITING = 8
BUSY = "this process is at work on what others have asked for; try again in a moment"


class Aside:
    """The thread of one process; it is made when something is asked for."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._waiting = 0
        self._pool: ThreadPool | None = None

    def do(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Return what the function does, or raise what it raises; ConfigurationError where too many wait already."""
        if self._waiting >= self._most_waiting:
            raise ConfigurationError([Problem("", BUSY)])
        self._waiting += 1
        try:
            self._pool = self._pool or ThreadPool(1)  # of its own: name services are asked in the one that all share
            value, error = self._pool.apply(_caught, (function, arguments))
        finally:
            self._waiting -= 1
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]


def _caught(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    """Return what a function returns, or what it raises: gevent prints the traceback of what leaves a thread."""
    try:
        return function(*arguments), None
    except Exception as error:  # noqa: BLE001 it is raised again where it was asked for
        return None, error
