"""What judges the runs of an environment that really is one, with its end told and not made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from locust import User, constant, task
from locust.env import Environment
from locust.event import Events

from locust_ext.plugin import attach
from locust_ext.run import controller


class Idle(User):
    """Does nothing."""

    wait_time = constant(0.01)

    @task
    def nothing(self) -> None:
        """Do nothing."""


@contextmanager
def judging(
    monkeypatch: pytest.MonkeyPatch, every: float, thresholds: Mapping[str, Sequence[Any]] | None = None
) -> Iterator[Any]:
    """Give the controller of an environment, which looks every so many seconds.

    ``saved`` are its results, ``ended`` and ``over`` count its ends, ``plan`` is what it was planned with.
    """
    monkeypatch.setattr(controller, "EVALUATE_EVERY", every)
    environment = Environment(user_classes=[Idle], events=Events(), host="http://127.0.0.1:1")
    environment.create_local_runner()
    part = attach(environment, thresholds=thresholds)._run
    found: Any = part.controller
    found.saved, found.ended, found.over = [], [], []
    monkeypatch.setattr(controller, "save", lambda result, _: found.saved.append(result))
    found._end_run = lambda: found.ended.append(True)
    found.on_over = lambda: found.over.append(True)
    found.plan = part.preparation.plan
    yield found
    del found._end_run
    part.let_go()
    environment.runner.quit()
