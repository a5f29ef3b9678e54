"""The demo target that a scenario starts lives exactly as long as its run."""

from __future__ import annotations

import os
import re
import signal

import pytest
import requests

from .conftest import FEED, wait_until


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_the_embedded_target_ends_with_the_run(start, number):
    """After Ctrl-C, after SIGTERM and after a crash nothing listens on its port any more."""
    locust = start("-f", FEED, "--headless")
    url = wait_until(lambda: re.search(r"http://\S+", locust.process.stdout.readline()), "the announcement")[0]
    assert requests.get(f"{url}/health", timeout=5).json() == {"ok": True}

    os.killpg(locust.process.pid, number)

    assert wait_until(lambda: not _listens(url), "the end of the target")
    locust.process.communicate(timeout=30)


def _listens(url):
    try:
        return requests.get(f"{url}/health", timeout=2).ok
    except requests.ConnectionError:
        return False
