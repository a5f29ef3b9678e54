"""Which errors occurred in a run: by metric, name and status or exception, with the first answer of each kind.

Law: pure and bounded: at most 50 kinds are kept apart, the rest is one more, with its count. The answer of a kind is
the first that came, of whichever process, and in whichever order these tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from locust_ext.measure.errors_told import AnswerTold, ErrorTold
from locust_ext.measure.series import OTHER
from locust_ext.measure.traces_told import MOST_IDS
from locust_ext.text.frozen import dataclass

MOST_KINDS = 50
"""Kinds of errors that are kept apart, on each process and in a run."""

REST = "other kinds"
"""What all kinds are together that were too many."""


@dataclass(frozen=True)
class Answer:
    """The first answer of its kind, as far as it was read, without secrets."""

    status: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    """At most 1,024 characters."""
    note: str = ""
    """What there is to know of the body: that it is longer, binary, or was not read."""
    trace_id: str = ""
    """By which the target's own traces know it; a header said so."""

    def renamed(self, hide: Callable[[str], str]) -> Answer:
        """Return the answer with what ``hide`` makes of its texts."""
        headers = tuple((hide(name), hide(value)) for name, value in self.headers)
        return replace(self, headers=headers, body=hide(self.body), trace_id=hide(self.trace_id))


@dataclass(frozen=True)
class ErrorKind:
    """All errors of one kind; ``first`` and ``last`` are seconds of the run."""

    metric: str
    """Where they count: ``http_req_failed``, ``req_failed``, ``checks`` or ``iteration_errors``."""
    name: str
    """Of the endpoint, of the check, or the place in user code."""
    method: str
    """Or the type, where it is not HTTP."""
    what: str
    """The status, where that says it; else the type of the exception."""
    count: int
    first: float
    last: float
    message: str = ""
    """Of the first of them."""
    response: Answer | None = None
    """Of the first of them, where it had one."""
    traces: tuple[str, ...] = ()
    """Some that carried one, of ours or of somebody else's: the ids by which a team's tracing knows them."""

    @property
    def is_rest(self) -> bool:
        """Whether it stands for all kinds that were too many."""
        return self.name == OTHER and self.what == REST

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from other kinds."""
        return self.metric, self.name, self.method, self.what

    def with_more(self, other: ErrorKind) -> ErrorKind:
        """Return both together: they tell of the one that came first."""
        first, second = sorted((self, other), key=_began)
        return replace(
            first,
            count=self.count + other.count,
            last=max(self.last, other.last),
            message=first.message or second.message,
            response=first.response or second.response,
            traces=_some(self.traces, other.traces),
        )


def _some(*traces: tuple[str, ...]) -> tuple[str, ...]:
    """Return some ids of several: the same, whichever of them came first; ids are random, and so is what this takes."""
    return tuple(sorted({one for some in traces for one in some}))[:MOST_IDS]


def _began(kind: ErrorKind) -> tuple[float, str, str]:
    return kind.first, kind.message, repr(kind.response)


class ErrorKinds:
    """The errors of one run so far, of all its processes; ``hide`` takes secrets out of what is told."""

    def __init__(self, hide: Callable[[str], str]) -> None:
        self._hide = hide
        self._kinds: dict[tuple[str, str, str, str], ErrorKind] = {}
        self._ranked: tuple[ErrorKind, ...] | None = ()

    def add(self, told: Iterable[ErrorTold], now: float) -> None:
        """Add what a process tells at ``now``, in seconds of the run."""
        for one in told:
            self._add(self._read(one, now))

    def all(self) -> tuple[ErrorKind, ...]:
        """Return all kinds, most errors first; the rest, where there is one, comes last."""
        if self._ranked is None:
            self._ranked = ranked(self._kinds.values())
        return self._ranked

    def _read(self, told: ErrorTold, now: float) -> ErrorKind:
        hide, answer = self._hide, told.response
        first = max(0.0, now - told.first)
        return ErrorKind(
            told.metric,
            hide(told.name),
            told.method,
            told.what,
            told.count,
            first,
            max(first, now - told.last),
            hide(told.message),
            _answer(answer).renamed(hide) if answer else None,
            _some(tuple(map(hide, told.traces))),
        )

    def _add(self, kind: ErrorKind) -> None:
        add_kind(self._kinds, kind)
        self._ranked = None


def add_kind(kinds: dict[tuple[str, str, str, str], ErrorKind], kind: ErrorKind) -> None:
    """Add errors to those that are there; what is a kind too many counts with the rest."""
    if kind.is_rest or (kind.key not in kinds and len(kinds) - (_REST_KEY in kinds) >= MOST_KINDS):
        kind = ErrorKind("", OTHER, "", REST, kind.count, kind.first, kind.last, traces=kind.traces)
    known = kinds.get(kind.key)
    kinds[kind.key] = kind if known is None else known.with_more(kind)


_REST_KEY = ("", OTHER, "", REST)


def ranked(kinds: Iterable[ErrorKind]) -> tuple[ErrorKind, ...]:
    """Return kinds, most errors first; the rest comes last."""
    return tuple(sorted(kinds, key=lambda one: (one.is_rest, -one.count, one.first, one.key)))


def renamed(kinds: Iterable[ErrorKind], hide: Callable[[str], str]) -> tuple[ErrorKind, ...]:
    """Return the same errors with what ``hide`` makes of their texts; kinds that become alike are one."""
    found: dict[tuple[str, str, str, str], ErrorKind] = {}
    for kind in kinds:
        answer = kind.response.renamed(hide) if kind.response else None
        name, method, what, message = map(hide, (kind.name, kind.method, kind.what, kind.message))
        traces = tuple(map(hide, kind.traces))
        add_kind(
            found,
            replace(kind, name=name, method=method, what=what, message=message, response=answer, traces=traces),
        )
    return ranked(found.values())


def _answer(told: AnswerTold) -> Answer:
    return Answer(told.status, told.headers, told.body, told.note, told.trace_id)
