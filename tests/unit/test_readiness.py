"""What judges a run is there before its end, and no other module of ours is needed for a verdict."""

from __future__ import annotations

import ast
import sys
from importlib.util import find_spec
from pathlib import Path

from locust_ext.run import controller, readiness


def imported(name: str) -> set[str]:
    """Return which modules of ours a module imports when it is imported."""
    origin = find_spec(name).origin
    body = ast.parse(Path(origin).read_text("utf-8")).body
    return {
        str(one.module) for one in body if isinstance(one, ast.ImportFrom) and str(one.module).startswith("locust_")
    }


def test_each_comes_before_those_that_need_it():
    """So that none brings another of the list along, and each takes its own time alone."""
    for number, name in enumerate(readiness.MODULES):
        later = set(readiness.MODULES[number + 1 :])
        assert imported(name) & later == set(), name


def test_the_last_one_judges():
    """It is what the controller asks for, and all that it imports is in the list, or was there before."""
    assert readiness.MODULES[-1] == "locust_ext.run.conclusion"
    there = set(sys.modules)
    assert controller.__name__ in there
    assert {
        name for name in imported(readiness.MODULES[-1]) if name.startswith(("locust_ext.reports", "locust_ext.gates"))
    } <= {
        *readiness.MODULES,
        "locust_ext.gates.outcomes",
        "locust_ext.gates.since_reset",
    }


def test_it_loads_a_module_at_a_time(monkeypatch):
    """After the run has begun, with a pause after each."""
    log = []
    monkeypatch.setattr(readiness.gevent, "sleep", log.append)
    monkeypatch.setattr(readiness, "import_module", log.append)
    readiness.load()
    assert log[0] == 1.0
    assert log[1::2] == list(readiness.MODULES)
    assert set(log[2::2]) == {0.02}
