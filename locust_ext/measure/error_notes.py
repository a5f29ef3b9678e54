"""The errors of this process since they were last told, gathered as they come.

Law: a success pays nothing. An error of a kind that is known costs a look into a dictionary and a count; the first of
its kind has its answer taken, as far as that has been read already. Nothing here raises, and nothing keeps an answer
or an exception alive.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from locust_ext.measure.catalogue import FAILURES, HTTP_METHODS
from locust_ext.measure.error_kinds import MOST_KINDS, REST
from locust_ext.measure.errors_told import LONGEST_MESSAGE
from locust_ext.measure.series import CUT, OTHER, Hide, as_it_is, readable, text_of

MOST_ALIASES = 4 * MOST_KINDS
"""Spellings of kinds that are known at once: the same status comes with exceptions of several types."""

LONGEST_ALIAS = 1000
"""Characters of a name that is known at once; one that is longer is shortened first, each time."""

MOST_SHOWN = 5
"""New kinds of which one report tells what came first."""

LONGEST_TEXT = 10_000
"""Characters of an exception's text that are looked at."""

LONGEST_CAUSE = 40
"""Characters of the cause of a connect that failed."""

FIRST_ERROR_STATUS = 400

CHECKS, ITERATION_ERRORS = "checks", "iteration_errors"
NOT_HELD = "did not hold"

Key = tuple[str, str, str, str]
"""Metric, name, method, and what it was."""

_REST: Key = ("", OTHER, "", REST)


class Witness(Protocol):
    """Knows how answers look, and what of them is secret."""

    @property
    def is_ready(self) -> bool:
        """Whether it has loaded what it needs to tell: it begins to when something is taken for the first time."""

    def take(self, response: object, exception: object) -> Any:
        """Return what there is of an answer without reading on, or None; it may be a secret."""

    def tell(self, taken: Any) -> dict[str, Any]:
        """Return what may be told of it, as :class:`AnswerTold` reads it."""

    def message(self, text: str) -> str:
        """Return a text without secrets."""


class Note:
    """The errors of one kind; ``told``: how many of them were told, ``shown``: whether what came first was."""

    __slots__ = ("count", "first", "key", "last", "message", "shown", "since", "taken", "told", "traces")

    def __init__(self, key: Key, now: float) -> None:
        self.key, self.count, self.told = key, 0, 0
        self.first = self.since = self.last = now
        self.shown = False
        self.message = ""
        self.taken: Any = None
        self.traces: list[str] = []


class ErrorNotes:
    """Errors by kind, at most 50 kinds and the rest; ``hide`` takes secrets out of names."""

    def __init__(self, hide: Hide = as_it_is) -> None:
        self._hide = hide
        self.witness: Witness | None = None
        self._aliases: dict[Hashable, Note] = {}
        self._kinds: dict[Key, Note] = {}

    def note(
        self, method: object, name: object, status: object, exception: object, response: object, now: float
    ) -> Note:
        """Count a request that failed at ``now``, in seconds of ``perf_counter``; return where."""
        try:
            if status is None:  # what came of a connect stands in its exception
                status = getattr(exception, "cause", None)
                if type(status) is not str or len(status) > LONGEST_CAUSE:
                    status = None
            alias = (method, name, status, type(exception))
            found = self._aliases.get(alias) or self._first(alias, now, response, exception)
        except Exception:  # noqa: BLE001 whatever a client hands over, it is an error that counts
            found = self._known(_REST, now)
        found.count += 1
        found.last = now
        return found

    def check(self, name: object, value: object, error: BaseException | None, now: float) -> None:
        """Count a condition on ``value`` that did not hold, or that raised ``error``."""
        self._add((CHECKS, self._readable(name), "", _type(error) if error else NOT_HELD), error, value, now)

    def raised(self, place: str, error: BaseException, line: str, now: float) -> None:
        """Count an exception that user code raised at a place; ``line`` is what is said of it, without secrets."""
        self._add((ITERATION_ERRORS, self._readable(place), "", _type(error)), line, None, now)

    def _add(self, key: Key, error: object, response: object, now: float) -> None:
        found = self._known(key, now)
        if not found.count:
            self._keep(found, error, response)
        found.count += 1
        found.last = now

    def _first(self, alias: tuple[Any, Any, Any, type], now: float, response: object, exception: object) -> Note:
        """Return the note of a spelling that is not known; it may be another one of a kind that is."""
        method, name, status, kind = alias
        metric = FAILURES[text_of(method).upper() not in HTTP_METHODS]
        found = self._known((metric, self._readable(name), self._readable(method), self._what(status, kind)), now)
        if not found.count:
            self._keep(found, exception, response)
        if len(self._aliases) < MOST_ALIASES and not (isinstance(name, (str, bytes)) and len(name) > LONGEST_ALIAS):
            self._aliases[alias] = found
        return found

    def _what(self, status: object, kind: type) -> str:
        """Return what an error is called: by its status, where that says it, or by the type of its exception."""
        if isinstance(status, str) or (isinstance(status, int) and status >= FIRST_ERROR_STATUS):
            return self._readable(status)
        return "failed" if issubclass(kind, str) else readable(kind.__name__)

    def _readable(self, value: object) -> str:
        return "" if value is None else readable(value, self._hide)

    def _known(self, key: Key, now: float) -> Note:
        found = self._kinds.get(key)
        if found is None:
            if len(self._kinds) - (_REST in self._kinds) >= MOST_KINDS:
                key = _REST
            found = self._kinds[key] = self._kinds.get(key) or Note(key, now)
        return found

    def _keep(self, note: Note, exception: object, response: object) -> None:
        if note.key == _REST:
            return
        note.message = "" if exception is None else text_of(exception)[:LONGEST_TEXT]
        if self.witness is not None:
            try:
                note.taken = self.witness.take(response, exception)
            except Exception:  # noqa: BLE001 a response of anybody's making: there is nothing to show of it
                note.taken = None

    def take(self, now: float, *, ends: bool = False) -> list[dict[str, Any]]:
        """Return what is new since the last call, as :class:`ErrorTold` reads it.

        Of kinds that are new what came first is told of a few at a time, unless the run ``ends``: to take out its
        secrets takes a moment, in a process that makes load.
        """
        is_ready = self.witness is None or self.witness.is_ready
        left = MOST_KINDS if ends else MOST_SHOWN * is_ready
        found = []
        for note in list(self._kinds.values()):
            shows = not note.shown and left > 0
            left -= shows
            if shows or note.count > note.told:
                found.append(self._tell(note, now, shows=shows))
        return found

    def _tell(self, note: Note, now: float, *, shows: bool) -> dict[str, Any]:
        told: dict[str, Any] = dict(zip(("metric", "name", "method", "what"), note.key, strict=True))
        told["count"] = note.count - note.told
        told["first"], told["last"] = max(0.0, now - (note.first if shows else note.since)), max(0.0, now - note.last)
        if note.traces:
            told["traces"] = list(note.traces)
        if shows:
            told |= self._shown(note)
            note.shown, note.message, note.taken = True, "", None
        note.told, note.since = note.count, now
        return told

    def _shown(self, note: Note) -> dict[str, Any]:
        """Return what came first of a kind."""
        witness, taken = self.witness, note.taken
        try:
            message = witness.message(note.message) if witness is not None else self._hide(note.message)
            answer = witness.tell(taken) if witness is not None and taken is not None else None
        except Exception:  # noqa: BLE001 what cannot be cleared of secrets is not shown
            return {}
        return {"message": lines(message, LONGEST_MESSAGE), **({} if answer is None else {"response": answer})}

    def clear(self) -> None:
        """Forget all of them: another run begins."""
        self._aliases.clear()
        self._kinds.clear()


def lines(text: str, most: int) -> str:
    """Return the beginning of a text, of at most ``most`` characters, all of them printable or ends of lines."""
    cut = text if len(text) <= most else text[: most - 1] + CUT
    return cut if cut.isprintable() else "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in cut)


def _type(error: BaseException) -> str:
    return readable(type(error).__name__)
