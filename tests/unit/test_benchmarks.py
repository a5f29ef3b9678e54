"""What the benchmarks switch on is what a run has: it can be switched on, and leaves nothing behind."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from geventhttpclient.connectionpool import ConnectionPool
from locust.env import Environment

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("capped", [False, True], ids=["as in most runs", "with a cap"])
def test_everything_can_be_switched_on_and_off(monkeypatch, capped):
    """Its parts take what a process hands them, and each seam is as it was."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "everything", raising=False)
    everything = importlib.import_module("everything").Everything(Environment(), "http://127.0.0.1:1", capped=capped)
    before = ConnectionPool._is_socket_alive

    everything.on()
    switched = ConnectionPool._is_socket_alive
    everything.off()

    assert switched is not before
    assert ConnectionPool._is_socket_alive is before
