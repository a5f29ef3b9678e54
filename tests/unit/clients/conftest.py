"""What the tests of clients share."""

import pytest

from tests.unit.clients.stand_ins import Net


@pytest.fixture
def net(monkeypatch):
    """A network of stand-ins."""
    return Net(monkeypatch)
