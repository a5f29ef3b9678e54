"""What a source of the kill switch says, and how it is asked without ever waiting longer than one may.

Law: the flag means *allowed*. What is missing, unclear, broken or late is a stop, said in words; and the words never
repeat what a source holds, beyond those that are listed here: a flag that is looked for in the wrong place may find a
secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from locust_ext.text.frozen import dataclass

WORDS = ("allowed", "true", "yes", "on", "1")
"""What allows, in any capitals."""

_DENIALS = frozenset({"denied", "false", "no", "off", "0", "stop", "stopped"})
"""What can be repeated as a reason."""

_MOMENT = 0.2
"""Seconds that a source gets to say itself that it is late, before that is said for it."""


@dataclass(frozen=True)
class Reading:
    """What a source said."""

    allowed: bool
    why: str
    """Names the source and what it said; holds no secret."""


class Source(Protocol):
    """Something that can be asked whether the run is allowed."""

    @property
    def name(self) -> str:
        """What begins each sentence about it, as ``file run/allowed``."""

    def read(self, timeout: float) -> Reading:
        """Return what it says, within about ``timeout`` seconds; does not raise, but can be killed."""


class StopError(Exception):
    """Why a source does not allow: the end of a sentence that its name begins."""


def check_word(text: str) -> None:
    """Raise StopError unless ``text`` is a word that allows."""
    word = text.strip().lower()
    if word in WORDS:
        return
    if word in _DENIALS:
        raise StopError(f"says {word}")
    raise StopError(f"holds none of the words {', '.join(WORDS)}" if word else "is empty")


class SourceLine:
    """The line to one source: one question at a time, and nobody waits for an answer longer than he wants to.

    ``begin`` starts a function beside the caller, as ``gevent.spawn`` does. A question that is late is given up. Where
    that is not possible, the next one waits for it, so that what hangs does not pile up.
    """

    def __init__(self, begin: Callable[..., Any] = gevent.spawn) -> None:
        self._begin = begin
        self._pending: Any = None

    def ask(self, name: str, question: Callable[[], None], timeout: float, fine: str = "allows it") -> Reading:
        """Return what ``question`` finds: it returns to allow, and raises StopError, or any other, to stop."""
        until = time.monotonic() + timeout
        asked = None
        try:
            if not _ends(self._pending, until):
                return late(name, timeout)
            asked = self._pending = self._begin(_answer, name, question, fine)
            return said(name, asked.value) if _ends(asked, until) else late(name, timeout)
        except Exception as error:  # noqa: BLE001 whatever keeps us from asking is a stop
            return Reading(allowed=False, why=f"{name} was not asked: {type(error).__name__}")
        finally:
            if isinstance(asked, gevent.Greenlet):
                asked.kill(block=False)


def _ends(asked: Any, until: float) -> bool:
    """Wait for what was asked, but not beyond ``until``; tell whether it has ended."""
    if asked is None or asked.ready():
        return True
    # a Timeout looks at the clock when it starts; the timeout of gevent.wait counts from the loop's last turn
    with gevent.Timeout(max(0.0, until - time.monotonic()), False):  # noqa: FBT003 its only signature
        gevent.wait([asked])
    return bool(asked.ready())


def _answer(name: str, question: Callable[[], None], fine: str) -> Reading:
    try:
        question()
    except StopError as stop:
        return Reading(allowed=False, why=f"{name} {stop}")
    except (Exception, gevent.Timeout) as error:  # noqa: BLE001 what is broken is a stop; its text may hold a secret
        return Reading(allowed=False, why=f"{name} failed: {type(error).__name__}")
    return Reading(allowed=True, why=f"{name} {fine}")


def late(name: str, timeout: float) -> Reading:
    """Return the reading of a source that hangs."""
    return Reading(allowed=False, why=f"{name} did not answer within {timeout:g} s")


def said(name: str, answer: object) -> Reading:
    """Return the reading in ``answer``; what is none, as that of a greenlet that was killed, is a stop."""
    return answer if isinstance(answer, Reading) else Reading(allowed=False, why=f"{name} was cut short")


def read_all(sources: tuple[Source, ...], timeout: float) -> Reading:
    """Ask all sources side by side; the first that does not allow decides, and one that hangs does not allow."""
    if not sources:
        return Reading(allowed=False, why="there is no flag to read")
    asked = {gevent.spawn(_read, source, timeout): source for source in sources}
    reasons = []
    try:
        with gevent.Timeout(timeout + _MOMENT, False):  # noqa: FBT003 its only signature
            for greenlet in gevent.iwait(asked):
                reading = said(asked[greenlet].name, greenlet.value)
                if reading.allowed is not True:
                    return reading
                reasons.append(reading.why)
        hung = [source for greenlet, source in asked.items() if not greenlet.ready()]
    finally:
        gevent.killall(list(asked), block=False)
    if hung or len(reasons) < len(sources):
        return late(" and ".join(source.name for source in hung or sources), timeout)
    return Reading(allowed=True, why="; ".join(reasons))


def _read(source: Source, timeout: float) -> Reading:
    try:
        return source.read(timeout)
    except (Exception, gevent.Timeout) as error:  # noqa: BLE001 a source that breaks its promise is a stop
        return Reading(allowed=False, why=f"{source.name} failed: {type(error).__name__}")
