"""How often the messages of a feed come, and from when on its silence is one.

Law: a silence counts as the messages that should have come in it, so that one long wait is not hidden by the many
messages before; what is usual is learned from the feed itself, by time and not by number.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

SHORTEST = 1.0
"""Seconds up to which no wait is a silence."""

TIMES = 2.0
"""A silence is longer than what is usual by this factor."""

LEARNED = 10
"""Waits from which on we know what is usual."""

MOST = 1000
"""Messages at most that one silence stands for."""

MOST_STEPS = 20
"""Groups of like ages as which a silence that lasts is told."""

MOST_LATE = 10_000
"""Long waits that are kept until they are known."""

_PER_DOUBLING = 4
_LEAST = 0.001


class Rhythm:
    """How long users waited for their next message, all together.

    A long wait counts as usual only for waits that begin after it: when a feed stands still, all of its users wait at
    once, and the first that hears something again must not teach that the others were not silent.
    """

    __slots__ = ("_late", "_spent", "count", "total")

    def __init__(self) -> None:
        self._spent: dict[int, float] = {}
        """Seconds spent in waits of one length, by quarters of a doubling."""
        self.count = 0
        self.total = 0.0
        self._late: deque[tuple[float, float]] = deque()
        """Long waits that are not known yet: when they ended, and their length."""

    @property
    def is_known(self) -> bool:
        """Whether there were enough waits to tell what is usual."""
        return self.count >= LEARNED

    def note(self, seconds: float, ended: float) -> None:
        """Take one wait that ended with a message, at a time of any clock."""
        late = self._late
        while late and (late[0][0] <= ended - seconds or len(late) > MOST_LATE):
            self._learn(late.popleft()[1])
        if seconds <= SHORTEST:
            self._learn(seconds)
        else:
            late.append((ended, seconds))

    def _learn(self, seconds: float) -> None:
        self.count += 1
        self.total += seconds
        if seconds > _LEAST:
            step = math.ceil(math.log2(seconds) * _PER_DOUBLING)
            self._spent[step] = self._spent.get(step, 0.0) + seconds

    @property
    def usual(self) -> float:
        """The length that waits do not exceed in nine tenths of the time; 0.0 as long as nobody waited.

        By time: of ten messages at once and a minute's pause after them, it is the pause that is usual.
        """
        rest = 0.9 * sum(self._spent.values())
        for step in sorted(self._spent):
            rest -= self._spent[step]
            if rest <= 0:
                return float(2.0 ** (step / _PER_DOUBLING))
        return 0.0

    def patience(self) -> float:
        """Return the seconds from which on a wait is a silence."""
        return max(SHORTEST, TIMES * self.usual)

    def due(self, waited: float) -> list[tuple[float, float]]:
        """Return the messages that a silence stands for: when each was due, from its begin, and its age at the end.

        >>> rhythm = Rhythm()
        >>> for _ in range(10):
        ...     rhythm.note(0.5, 0.0)
        >>> rhythm.due(2.0)
        [(0.0, 2.0), (0.5, 1.5), (1.0, 1.0), (1.5, 0.5)]
        """
        every = self.total / self.count if self.is_known else waited
        amount = max(1, min(MOST, round(waited / every))) if every > 0 else MOST
        return [(waited * place / amount, waited * (amount - place) / amount) for place in range(amount)]

    def so_far(self, waited: float) -> Iterator[tuple[float, float, int]]:
        """Yield the same of a silence that lasts, in few groups: when they were due, their least age, how many.

        >>> rhythm = Rhythm()
        >>> for _ in range(10):
        ...     rhythm.note(0.5, 0.0)
        >>> [*rhythm.so_far(20.0)][:2]
        [(0.0, 19.5, 2), (1.0, 18.5, 2)]
        """
        due = self.due(waited)
        size = -(-len(due) // MOST_STEPS)
        for first in range(0, len(due), size):
            group = due[first : first + size]
            yield group[0][0], group[-1][1], len(group)
