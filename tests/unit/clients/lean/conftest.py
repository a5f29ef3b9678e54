"""What the tests of LeanHttpUser share."""

from __future__ import annotations

import gevent
import pytest
from locust.env import Environment

from locust_ext.clients.lean.user import LeanHttpUser
from tests.unit.clients.lean.serving import Server


@pytest.fixture
def server():
    """Return a server; it stops after the test."""
    found = Server()
    yield found
    found.stop()


@pytest.fixture
def user(server):
    """Return a user of the server."""
    return type("Reader", (LeanHttpUser,), {"host": server.url})(Environment())


@pytest.fixture(autouse=True)
def hang_nowhere():
    """End a test that hangs."""
    with gevent.Timeout(60):
        yield
