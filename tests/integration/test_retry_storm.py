"""Retry storms: the shipped scenario against a target whose failures cost capacity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.conftest import ROOT, Finished

SHORT = ("--shape-params", "warmup=3s,climb=1s,hold=5s,fall=1s,recovery=6s")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "code", "amplification"),
    [
        pytest.param((), 0, (1.0, 1.0), id="healthy", marks=pytest.mark.long),
        pytest.param(("retry",), 99, (1.2, 3.0), id="retry"),
    ],
)
def test_the_retries_scenario(
    fault: tuple[str, ...],
    code: int,
    amplification: tuple[float, float],
    target: Callable[..., Any],
    locust: Callable[..., Finished],
):
    """A healthy target takes the spike; one whose failures cost capacity is kept down by the retries themselves."""
    url = target(*fault).url
    finished = locust("-f", ROOT / "locustfiles" / "retries.py", "--headless", "-H", url, *SHORT, "--processes", 2)
    assert finished.code == code, finished.out[-3000:]
    average = next(o["value"] for o in finished.summary["outcomes"] if o["metric"] == "retry_amplification")
    assert amplification[0] <= average <= amplification[1]
    attempts = {row["tags"].get("attempt") for row in finished.summary["series"] if row["metric"] == "http_reqs"}
    assert attempts == ({"1"} if code == 0 else {"1", "2", "3"})
