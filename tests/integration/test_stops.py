"""A dozen cells of the table of stops and moments; all of it is ``nox -s stops``.

They are played side by side, so that waiting costs nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.stops.cells import Cell, table
from tests.stops.laws import broken_by
from tests.stops.play import play

from . import warm

CELLS = (
    "stop/waiting/web/workers/0",
    "stop/starting/web/workers/0",
    "stop/ramping-up/web/workers/0.3",
    "stop-now/ending/web/workers/0.3",
    "usr1/waiting/headless/workers/0",
    "usr1-worker/ramping-up/headless/workers/0.3",
    "flag/steady/headless/local/0",
    "abort-rule/ramping-up/headless/workers/0.3",
    "abort-on-fail/ramping-down/web/local/0.3",
    "sigterm/ramping-up/headless/workers/0.3",
    "sigterm/ending/headless/workers/0.3",
    "sigint/ending/headless/local/2",
    "ctrl-c/steady/headless/workers/0",
    "run-time/ramping-up/headless/workers/0.3",
    "autoquit/ramping-up/web/workers/0.3",
)
AT_ONCE = 7


def start_warm(arguments, directory, env):
    """Start a locust process that has imported everything already."""
    return warm.begin("locust", arguments, directory, env, warm.WITH_LOCUST)


@pytest.mark.slow
def test_nothing_comes_after_a_stop(tmp_path):
    """In each of them, all laws hold."""
    cells = table(CELLS)
    assert len(cells) == len(CELLS)

    def broken(cell: Cell) -> list[str]:
        one = play(cell, tmp_path / cell.name, start_warm)
        return [f"{cell.name}: {sentence}" for sentence in broken_by(one)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [sentence for sentences in pool.map(broken, cells) for sentence in sentences]

    assert not found, "\n".join(found)
