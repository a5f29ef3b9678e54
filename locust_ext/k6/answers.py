"""A request under translation, and what the script does with its answer until the end of the function.

Law: a value is taken from an answer only if something uses it, and once under one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field, replace

from locust_ext.drafts.journey import (
    AtOnce,
    Capture,
    Captured,
    Check,
    Drawing,
    Group,
    Pause,
    Request,
    Sample,
    Step,
    Unfinished,
    Value,
)
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted

Keys = tuple[str | int, ...]

_DIGITS = re.compile(r"\d{1,9}")


class UntranslatableError(Exception):
    """What cannot be translated; the message says why."""


def read_keys(selector: str) -> Keys:
    """Return the path that a selector of k6's means; raises UntranslatableError for one that searches."""
    if not selector or re.search(r"[#|@*?{}\[\]\\!=<>%]", selector):
        raise UntranslatableError(f"the selector {quoted(selector, 40)} searches, and is not a path")
    return tuple(int(word) if _DIGITS.fullmatch(word) else word for word in selector.split("."))


@dataclass(eq=False)
class Sending:
    """A request, and what was found out about it so far."""

    request: Request
    checks: list[Check] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    taken: dict[Keys, str] = field(default_factory=dict)

    def take(self, keys: Keys, names: set[str]) -> Captured:
        """Return the value at ``keys`` in its answer's JSON; ``names`` are those that are taken."""
        if keys not in self.taken:
            words = [key for key in keys if isinstance(key, str)]
            name, number = words[-1] if words else "answer", 1
            while name in names:
                number += 1
                name = f"{words[-1] if words else 'answer'}_{number}"
            names.add(name)
            self.taken[keys] = name
        return Captured(self.taken[keys])

    def finished(self) -> Request:
        """Return the request with everything that was found out."""
        return replace(
            self.request,
            checks=tuple(self.checks),
            samples=tuple(self.samples),
            captures=tuple(Capture(name, keys) for keys, name in self.taken.items()),
        )


@dataclass(eq=False)
class Together:
    """Requests that are sent at once."""

    sendings: list[Sending]


@dataclass(eq=False)
class Named:
    """A group, with what stands in it."""

    name: str
    steps: list[Raw]


Raw = Sending | Together | Named | Pause | Drawing | Unfinished


@dataclass(frozen=True)
class Answer:
    """An answer, or the value at ``keys`` in its JSON."""

    sending: Sending
    keys: Keys | None = None


@dataclass(frozen=True)
class Answers:
    """What a batch returns: answers by their place or key."""

    by_key: dict[str | int, Sending]


@dataclass(frozen=True)
class HeldRow:
    """A row of a feeder."""

    feeder: str


@dataclass(frozen=True)
class Known:
    """A value that a variable was given on the way."""

    value: Value


@dataclass(frozen=True)
class Lost:
    """A variable that only a run knows from here on, and why."""

    why: str


Meaning = Answer | Answers | HeldRow | Known | Lost


def finished(steps: Iterable[Raw]) -> tuple[Step, ...]:
    """Return steps as a journey has them."""
    found: list[Step] = []
    for step in steps:
        match step:
            case Sending():
                found.append(step.finished())
            case Together():
                found.append(AtOnce(tuple(each.finished() for each in step.sendings)))
            case Named():
                found.append(Group(step.name, finished(step.steps)))
            case _:
                found.append(step)
    return tuple(found)


def part_of_answer(found: Answer | Answers, key: str | int) -> Answer:
    """Return the part of an answer, or of several, that is called ``key``."""
    if isinstance(found, Answers):
        if key not in found.by_key:
            raise UntranslatableError(f"the batch has no answer {quoted(key)}")
        return Answer(found.by_key[key])
    if found.keys is None or key == "length":
        raise UntranslatableError(f"{quoted(key)} of an answer cannot be kept; only values of its JSON can")
    return Answer(found.sending, (*found.keys, key))
