"""A primary and a replica for all tests of this room, and locust as the integration tests start it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import locust, start, write  # noqa: F401 fixtures
from tests.postgres.install import binaries

TOLD = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def pair() -> Iterator[Any]:
    """Both servers, made once."""
    pytest.importorskip("psycopg", reason="psycopg is not there: pip install 'locust-ext-pack[postgres]'")
    if binaries() is None:
        pytest.skip("PostgreSQL is not there: nox -s postgres")
    from tests.postgres.servers import servers

    with servers() as both:
        yield both


@pytest.fixture
def postgres(pair: Any) -> Iterator[Any]:
    """Both servers, behaving as they ship."""
    pair.behave()
    yield pair
    pair.behave()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Any:
    """Tell a figure that is printed at the end, whether or not the test passes."""
    return request.config.stash.setdefault(TOLD, []).append


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the figures."""
    if figures := config.stash.get(TOLD, []):
        terminalreporter.section("replica lag, the client's figure beside the server's own")
        for figure in figures:
            terminalreporter.write_line(figure)
