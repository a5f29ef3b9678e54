"""On what terms a class of users looks for what it wrote: how often, and for how long.

Law: pure; what is wrong with a class is known before the first request, and a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust_ext.replicas.returned import MistakenUseError
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import Problem
from locust_ext.text.units import parse_duration

SHORTEST_PAUSE = 0.001
"""Seconds between two reads at the least: without a pause reads are all that a process does."""

LONGEST_DEADLINE = 86_400.0
"""Seconds for which a value is looked for at the most."""


@dataclass(frozen=True)
class Terms:
    """How often is looked, for how long, and under which name it is measured."""

    pause: float
    """Seconds from the end of a read that did not see it to the beginning of the next one."""
    deadline: float
    """Seconds after the write's answer; the last read begins then."""
    name: str


def terms_of(user: type[Any]) -> Terms:
    """Return the terms of a class; raises MistakenUseError where ``problems_of`` finds something wrong with them."""
    problems = _problems_of_terms(user)
    if problems:
        raise MistakenUseError("; ".join(map(str, problems)))
    return Terms(_pause(user.read_pause), _deadline(user.read_deadline), _name(user.measured_as) or user.__name__)


def problems_of(user: type[Any], base: type[Any]) -> list[Problem]:
    """Return what is wrong with a class of users, of which ``base`` is the one that has neither write() nor read()."""
    problems = [
        Problem(f"{user.__name__}.{name}", f"a ReadYourWritesUser needs {name}(self{more}), which returns {what}")
        for name, more, what in (
            ("write", "", "the key of what it wrote, or (key, version)"),
            ("read", ", key", "what it reads, or None while it is not there"),
        )
        if not callable(getattr(user, name, None)) or getattr(user, name) is getattr(base, name)
    ]
    return problems + _problems_of_terms(user)


def _problems_of_terms(user: type[Any]) -> list[Problem]:
    problems: list[Problem] = []
    checks: dict[str, Callable[[Any], object]] = {
        "read_pause": _pause,
        "read_deadline": _deadline,
        "measured_as": _name,
    }
    for name, check in checks.items():
        try:
            check(getattr(user, name))
        except (TypeError, ValueError) as error:
            problems.append(Problem(f"{user.__name__}.{name}", str(error)))
    return problems


def _pause(value: Any) -> float:
    seconds = parse_duration(value)
    if seconds < SHORTEST_PAUSE:
        raise ValueError(f"{quoted(value)} is too short a pause between reads: at least 1ms")
    return seconds


def _deadline(value: Any) -> float:
    seconds = parse_duration(value)
    if not 0 < seconds <= LONGEST_DEADLINE:
        raise ValueError(f"{quoted(value)} is not a time to look for a value: more than 0, at most 24h")
    return seconds


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{quoted(value)} is not a name: it is a text")  # noqa: TRY004 all of these are told alike
    return value
