"""A cache of hot keys with a short life and a single flight.

Of all the readers that miss a key at the same time, one computes it at the origin and the others wait for that one
computation. Should it fail, one of those who waited takes over.

Without the single flight each of them computes it alone: a stampede, again whenever the life of a hot key ends.
"""

from collections.abc import Callable

from gevent.event import Event

KEPT_KEYS = 10_000


class HotKeys:
    """Which keys are cached until when; `compute` is the origin's work for one key."""

    def __init__(
        self,
        compute: Callable[[], None],
        *,
        life: float,
        clock: Callable[[], float],
        limit: int = KEPT_KEYS,
        single_flight: bool = True,
    ) -> None:
        self._compute = compute
        self._life = life
        self._clock = clock
        self._limit = limit
        self._single_flight = single_flight
        self._expiry: dict[str, float] = {}
        # Bounded by the number of requests under way.
        self._flights: dict[str, Event] = {}
        self.computations = 0

    def __len__(self) -> int:
        return len(self._expiry)

    def read(self, key: str) -> bool:
        """Return once the key is cached; True if it was when the reader came."""
        hit = True
        while self._expiry.get(key, 0.0) <= self._clock():
            hit = False
            flight = self._flights.get(key)
            if flight is not None:
                flight.wait()
            elif self._single_flight:
                self._fly(key)
            else:
                self._fetch(key)
        return hit

    def _fly(self, key: str) -> None:
        landed = self._flights[key] = Event()
        try:
            self._fetch(key)
        finally:
            del self._flights[key]
            landed.set()

    def _fetch(self, key: str) -> None:
        self.computations += 1
        self._compute()
        self._keep(key)

    def _keep(self, key: str) -> None:
        # Taken out first, so that the dictionary stays in the order of expiry and its first key is the one to drop.
        self._expiry.pop(key, None)
        self._expiry[key] = self._clock() + self._life
        if len(self._expiry) > self._limit:
            del self._expiry[next(iter(self._expiry))]
