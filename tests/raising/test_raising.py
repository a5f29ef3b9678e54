"""Whatever of ours raises: never 0, and not one request without cap and mark. The whole table: ``nox -s raising``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.raising.runs import run

TABLE = [sys.executable, "-m", "tests.raising.table"]
EVERYTHING = json.loads(subprocess.run(TABLE, cwd=Path(__file__).parents[2], capture_output=True, check=True).stdout)
PLACES = ("local", "master", "worker")

AFTER_THE_GOODBYE = ("on_quitting", "on_quit", "_judge", "quitting", "close")
"""Methods that a worker calls when its last report has arrived and its master listens no more: it is said in its own log."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("part", EVERYTHING)
def test_it_raises(part, place, tmp_path):
    """Each listener, each handler of a message and each greenlet, in one process, on a master, on its worker."""
    if place == "worker" and "." in part and part.rpartition(".")[2] in AFTER_THE_GOODBYE:
        pytest.skip("the run is over for it, and nothing of that changes the verdict")
    came = run(part, place, tmp_path / "run")
    assert came.problems == [], f"{came}\n{came.log}"
    if not came.raised:
        pytest.skip("it has nothing to do there")
