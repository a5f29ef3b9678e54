"""The worked example of CONTRIBUTING, over a master and a worker in memory."""

from __future__ import annotations

import sys
from types import ModuleType

from locust import User, constant, task

from locust_ext import parts
from locust_ext.process.part_table import Row
from tests import toy
from tests.pair import TO_MASTER, TO_WORKER, pair


class Quiet(User):
    """A user that does nothing."""

    wait_time = constant(0.01)

    @task
    def nothing(self):
        """Do nothing."""


def test_one_file_and_one_row(monkeypatch):
    """It is told in the orders, says what it was told, and is heard where the run is judged."""
    module = ModuleType("greeter")
    monkeypatch.setitem(sys.modules, "greeter", module)
    exec(compile(toy.source(), "greeter.py", "exec"), vars(module))
    made, stock = [], parts.table

    def table(process):
        made.append(module.Greeter(process.environment.runner))
        return *stock(process), Row(made[-1], intent=lambda run: "good morning")

    monkeypatch.setattr(parts, "table", table)
    with pair(monkeypatch, [Quiet]) as both:
        both.begin()
        both.wait(lambda: made[0].heard)
        both.end()
    assert [one.heard for one in made] == [["good morning"], []]
    assert "locust_ext.greeting" in both.wire.kinds(TO_MASTER)
    assert "locust_ext.greeting" not in both.wire.kinds(TO_WORKER)
