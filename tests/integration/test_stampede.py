"""Cache stampedes: the shipped scenario, over two workers, against a cache with and without a single flight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.conftest import ROOT, Finished


@pytest.mark.parametrize(
    ("fault", "code", "least"),
    [
        pytest.param((), 0, 1, id="healthy", marks=pytest.mark.long),
        pytest.param(("stampede",), 99, 10, id="stampede"),
    ],
)
@pytest.mark.slow
def test_the_hot_keys_scenario(
    fault: tuple[str, ...], code: int, least: int, target: Callable[..., Any], locust: Callable[..., Finished]
):
    """One computation an expiry when healthy; with the fault many of the 40 users cause one each."""
    url = target(*fault).url
    file = ROOT / "locustfiles" / "hot_keys.py"
    finished = locust("-f", file, "--headless", "-H", url, "--shape-params", "duration=13s", "--processes", 2)
    assert finished.code == code, finished.out[-3000:]
    rows = [row for row in finished.summary["series"] if row["metric"] == "origin_computations"]
    assert rows
    assert rows[0]["count"] == 2
    assert rows[0]["min"] >= least
    assert finished.count("http_reqs", phase="stampede") == 80
