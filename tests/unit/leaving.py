"""A request of a user that leaves, as its client would note it."""

from __future__ import annotations

from locust_ext.measure.open_requests import Begun


class Request(Begun):
    """A request of a user."""

    def __init__(self, user: object) -> None:
        super().__init__()
        self._user = user

    @property
    def user(self) -> object:
        """Who has begun it."""
        return self._user
