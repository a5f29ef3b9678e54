"""The one way to start a greenlet of ours, and to call a listener of ours: what raises there is never lost.

Law: what raises is said in one line, its traceback at debug level alone; it is told to every run of this process, and a
greenlet is started again, a few times. Nothing here decides what becomes of a run:
:mod:`locust_ext.run.own_faults` does.
What ends a greenlet or a process (``GreenletExit``, ``SystemExit``, Ctrl-C) passes through.
"""

from __future__ import annotations

import functools
import logging
from collections import deque
from collections.abc import Callable
from enum import Enum
from time import monotonic
from typing import Any, TypeVar

import gevent

from locust_ext.process.exceptions import in_a_line
from locust_ext.text.frozen import dataclass

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

PAUSES = (0.1, 0.3, 1.0)
"""Seconds before a greenlet is started again, after its first failure, its second, ...; then it is given up."""

WITHIN = 10.0
"""Seconds within which so many failures are too many."""

MOST_EVER = 10
"""Failures of one greenlet after which it is given up, however far they are apart."""

RAISES = (Exception, gevent.Timeout)
"""What counts as a failure; a Timeout that nobody caught is not an Exception."""


class Stake(Enum):
    """What depends on a greenlet or a listener of ours."""

    LOOKS = "what people see while a run lasts"
    EVIDENCE = "what is measured, and whether all of it arrives"
    LOAD = "that the run has its load, and comes to its end"
    START = "that a run begins with its locks, or not at all"
    LOCK = "that a cap, a kill switch, a mark or the guard holds, where the run has one"
    SAFETY = "that a run ends when it must"


@dataclass(frozen=True)
class Fault:
    """An exception that code of ours raised."""

    where: str
    """What it was, such as ``the kill switch``."""
    what: str
    """What it raised, in one line."""
    stake: Stake
    lost: bool = True
    """Whether it is not started again."""
    lasts: bool = False
    """Whether it belongs to the process, and not to one run."""

    @property
    def text(self) -> str:
        """The fault as a sentence."""
        return f"{self.where} failed{'' if self.lost else ' and was started again'}: {self.what}"


Hearer = Callable[[Fault], None]

_hearers: list[Hearer] = []
_said: set[Fault] = set()


def hear(hearer: Hearer) -> None:
    """Tell ``hearer`` of every fault from now on."""
    _hearers.append(hearer)


def hear_no_more(hearer: Hearer) -> None:
    """Take back :func:`hear`."""
    if hearer in _hearers:
        _hearers.remove(hearer)


def report(where: str, error: BaseException, stake: Stake, *, lost: bool = True, lasts: bool = False) -> None:
    """Say what raised, once, and tell everybody who hears."""
    fault = Fault(where, in_a_line(error), stake, lost, lasts)
    if fault not in _said:
        if len(_said) < MOST_SAID:
            _said.add(fault)
        logger.log(logging.ERROR if lost else logging.WARNING, "%s", fault.text)
        logger.debug("the traceback of that:", exc_info=error)
    for hearer in _hearers:
        try:
            hearer(fault)
        except RAISES as other:
            logger.error("nobody could be told of that: %s", in_a_line(other))  # noqa: TRY400 no traceback for users


MOST_SAID = 1000
"""Different faults that are remembered as said."""


def begin() -> None:
    """Begin a run: what was said before it may be said again."""
    _said.clear()


@dataclass(frozen=True)
class Work:
    """A greenlet of ours, by its name; to make one is to list it in :data:`ALL`."""

    name: str
    stake: Stake = Stake.EVIDENCE
    again: bool = True
    """Whether it can begin again where it failed: else what it was to do is lost."""
    lasts: bool = False
    """Whether it lives as long as the process, and not with a run."""

    def __post_init__(self) -> None:
        if self.name in ALL:
            raise ValueError(f"there are two greenlets by the name {self.name!r}")
        ALL[self.name] = self

    def start(self, function: Callable[..., Any], *arguments: Any) -> gevent.Greenlet:
        """Run ``function`` beside the caller; when it returns, or is killed, it is over."""
        greenlet = gevent.spawn(self._work, function, arguments)
        greenlet.name = f"locust_ext: {self.name}"
        return greenlet

    def _work(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        failures: deque[float] = deque()
        ever = 0
        while True:
            try:
                function(*arguments)
            except RAISES as error:
                now, ever = monotonic(), ever + 1
                failures.append(now)
                while failures[0] < now - WITHIN:
                    failures.popleft()
                lost = not self.again or len(failures) > len(PAUSES) or ever >= MOST_EVER
                report(self.name, error, self.stake, lost=lost, lasts=self.lasts)
                if lost:
                    return
            else:
                return
            gevent.sleep(PAUSES[len(failures) - 1])


ALL: dict[str, Work] = {}
"""The greenlets of ours, by their names."""


def guarded(where: str, listener: Callable[..., Result], stake: Stake = Stake.EVIDENCE) -> Callable[..., Result | None]:
    """Return ``listener`` as Locust is to call it: what it raises is reported, and goes no further."""

    @functools.wraps(listener)
    def heard(*arguments: Any, **named: Any) -> Result | None:
        try:
            return listener(*arguments, **named)
        except RAISES as error:
            report(where, error, stake)
            return None

    return heard


def each(where: str, *steps: Callable[[], object]) -> None:
    """Take every step, whatever those before it raised."""
    for step in steps:
        guarded(where, step)()
