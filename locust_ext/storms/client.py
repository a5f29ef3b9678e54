"""One shipped client: its options in its own names and units, and the policy that they make.

Law: an option that the client does not have is an error with the nearest one, never a fall back to defaults.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from locust_ext.storms.backoff import Backoff
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import Problem
from locust_ext.text.spelling import nearest

Value = float | bool | str | Sequence[float] | None


@dataclass(frozen=True)
class Option:
    """One option of a client: its default in the client's own unit, what it means, and what it may be.

    What may be given follows from the default: a switch, a number from ``low`` to ``high`` (None where ``None`` is the
    default), one of ``choices``, or a list of numbers.
    """

    default: Value
    about: str = ""
    low: float = 0.0
    high: float = math.inf
    choices: tuple[str, ...] = ()
    optional: bool = False
    """Whether None may be given although it is not the default."""

    def check(self, value: Any) -> str:
        """Return what is wrong with ``value``, or ``""``."""
        if self.choices:
            return "" if value in self.choices else f"must be one of {', '.join(self.choices)}, not {quoted(value)}"
        if isinstance(self.default, bool):
            return "" if isinstance(value, bool) else f"must be true or false, not {quoted(value)}"
        if isinstance(self.default, Sequence) and not isinstance(self.default, str):
            good = isinstance(value, Sequence) and not isinstance(value, str) and all(map(self._is_in_range, value))
            return "" if good else f"must be a list of numbers, not {quoted(value)}"
        if value is None and (self.optional or self.default is None):
            return ""
        if not self._is_in_range(value):
            upper = "" if math.isinf(self.high) else f" and at most {self.high:g}"
            return f"must be a number of at least {self.low:g}{upper}, not {quoted(value)}"
        return ""

    def _is_in_range(self, value: Any) -> bool:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Client:
    """A shipped client: ``build`` makes its policy from a full set of options."""

    name: str
    version: str
    """What a user writes, and what a longer version may begin with: ``4`` covers ``4.8.4``."""
    package: str
    """The package and the version that was read."""
    unit: float
    options: Mapping[str, Option]
    build: Callable[[Mapping[str, Any]], Backoff] = field(repr=False)
    about: str = ""

    def problems(self, given: Mapping[str, Any]) -> list[Problem]:
        """Return a problem for every option that is unknown or makes no sense; their paths are the options' names."""
        found = []
        for name, value in given.items():
            option = self.options.get(name)
            if option is None:
                what = (
                    f"{self.name} has no such option" + nearest(name, self.options)
                    if self.options
                    else "takes no options"
                )
                found.append(Problem(name, what))
            elif wrong := option.check(value):
                found.append(Problem(name, wrong))
        return found

    def policy(self, given: Mapping[str, Any] | None = None) -> Backoff:
        """Return the back-off with ``given`` options over the defaults; raises ValueError for what is wrong in them."""
        if problems := self.problems(given or {}):
            raise ValueError("; ".join(map(str, problems)))
        return self.build({**{name: option.default for name, option in self.options.items()}, **(given or {})})
