"""Work slots that failing takes up too: an overload that can feed itself.

An answer is the smaller part of what a request costs. From the moment it is let in, a request occupies a slot for
`success_seconds`, for what goes on behind the answer: replicas, logs, caches. One that finds all slots occupied fails,
and that is dearer than success: it occupies a slot of its own for `failure_seconds`, for the work of giving up, to
roll back and to report.

So with `slots` of them there are two rates, and the rate of attempts alone decides on which side the target is:

- Fewer than `slots / success_seconds` attempts a second never fail, once the slots are calm.
- More than `slots / failure_seconds` attempts a second keep failing, once they fail: their failures alone fill the
  slots. The load that tipped it over may be long gone.

Callers that retry at once multiply their attempts while they fail, and only then. A load far below the first rate can
thereby hold itself above the second: the metastable failure of a retry storm. Callers that do not retry fall below the
second rate, and all is well `failure_seconds` later.

There are no dice in it, and nothing sleeps: who occupies a slot is read off the clock.
"""

import math
from collections import deque
from collections.abc import Callable


class CapacityExceeded(Exception):  # noqa: N818 - it reads as what happened
    """All slots are occupied, and failing has just occupied another."""


class Capacity:
    """Slots that requests occupy for a fixed time each; infinitely many make a target that never fails."""

    def __init__(
        self, slots: float, success_seconds: float, failure_seconds: float, *, clock: Callable[[], float]
    ) -> None:
        self.slots = slots
        self._success_seconds = success_seconds
        self._failure_seconds = failure_seconds
        self._clock = clock
        # When each slot becomes free. The times of one kind are equally long, so that each queue is in order.
        self._succeeding: deque[float] = deque()
        self._failing: deque[float] = deque()

    @property
    def in_use(self) -> int:
        """How many slots are occupied now; more than there are while failures pile up."""
        now = self._clock()
        for ends in (self._succeeding, self._failing):
            while ends and ends[0] <= now:
                ends.popleft()
        return len(self._succeeding) + len(self._failing)

    def take(self) -> None:
        """Occupy a slot; CapacityExceeded if there was none, which occupies one for longer."""
        if math.isinf(self.slots):
            return
        if self.in_use >= self.slots:
            self._failing.append(self._clock() + self._failure_seconds)
            raise CapacityExceeded
        self._succeeding.append(self._clock() + self._success_seconds)
