"""A source of chance that repeats one recorded sequence of numbers, for the real clients and for ours alike.

Law: what is drawn is only ever the next number of the sequence; to draw more than it holds is an error.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

UNIFORMS: list[float] = json.loads((Path(__file__).parent / "uniforms.json").read_text(encoding="utf-8"))
"""512 numbers of ``random.Random(20261124).random()``."""

_DRAWS = ("random", "uniform", "randint", "randrange", "choice", "shuffle", "gauss", "triangular", "expovariate")


class Replay(random.Random):
    """A ``random.Random`` whose ``random()`` is the next recorded number; all its other draws follow from that."""

    def __init__(self, numbers: Sequence[float] = UNIFORMS) -> None:
        super().__init__(0)
        self._numbers = iter(numbers)

    def random(self) -> float:
        """Return the next number."""
        try:
            return next(self._numbers)
        except StopIteration:
            raise AssertionError("more is drawn than was recorded") from None


@contextmanager
def replayed() -> Iterator[Replay]:
    """Let the module ``random`` draw from the beginning of the sequence."""
    source = Replay()
    with ExitStack() as stack:
        for name in _DRAWS:
            stack.enter_context(mock.patch.object(random, name, getattr(source, name)))
        yield source
