"""How many users of which class a run has now, and which worker has them.

Law: placing is a function of the counts and the workers alone, so that more users move nobody who is there already; a
worker that joins or goes is in the next placing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from locust.dispatch import UsersDispatcher

Mix = Mapping[str, int]
"""Users by the name of their class."""


def split(amount: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Divide ``amount`` users in proportion to weights; what is left goes to the largest remainders."""
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    exact = {name: amount * weight / total for name, weight in weights.items()}
    shares = {name: int(share) for name, share in exact.items()}
    for name in sorted(weights, key=lambda name: shares[name] - exact[name])[: amount - sum(shares.values())]:
        shares[name] += 1
    return shares


def place(mix: Mix, workers: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the users of every worker: those of a class go round, beginning one worker further for each class."""
    placed: dict[str, dict[str, int]] = {worker: {} for worker in workers}
    for offset, (name, amount) in enumerate(sorted(mix.items())):
        each, rest = divmod(amount, len(workers))
        for index, worker in enumerate(workers):
            turn = (index - offset) % len(workers)
            placed[worker][name] = each + (turn < rest)
    return placed


class MixDispatcher(UsersDispatcher):
    """Locust's dispatcher for a run that says itself how many users of which class it wants: in one step, at once."""

    def __init__(self, worker_nodes: list[Any], user_classes: list[type[Any]], mix: Callable[[], Mix]) -> None:
        super().__init__(worker_nodes, user_classes)
        self._mix = mix
        self._steps: Iterator[dict[str, dict[str, int]]] = iter(())

    def new_dispatch(
        self,
        target_user_count: int,
        spawn_rate: float,  # noqa: ARG002
        user_classes: list[type[Any]] | None = None,  # noqa: ARG002
    ) -> None:
        """Place the users that are wanted now."""
        self._target_user_count = self._current_user_count = target_user_count
        self._users_on_workers = place(self._mix(), [node.id for node in self._worker_nodes])
        self._steps = iter([self._users_on_workers])

    def __next__(self) -> dict[str, dict[str, int]]:
        return next(self._steps)

    def _prepare_rebalance(self) -> None:
        """Do nothing: the next placing is the balance."""
