"""What all tests with a real Prometheus need: where there is none, they are not run."""

from __future__ import annotations

import pytest

from tests.prometheus.install import binary


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """Whether one is there."""
    if binary() is None:
        pytest.skip("Prometheus is not there: nox -s prometheus")
