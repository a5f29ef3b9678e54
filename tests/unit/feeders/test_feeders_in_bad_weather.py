"""Feeders in runs whose letters are lost, late and doubled, and whose workers die, stall and join, over virtual time."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from random import Random
from typing import ClassVar

import gevent
import pytest
from locust import User, constant, task

from locust_ext import Feeder
from locust_ext.feeders import feeder as declaring
from tests.pair import pair
from tests.simulation import MISHAPS, Weather, seeded
from tests.wire import Wire

ROWS = 150
HELD: dict[str, int] = {}
"""By row how many users have it now."""
TAKEN: Counter[str] = Counter()
TWICE: list[str] = []

PLAYED = (
    "letters come late and twice",
    "letters are lost",
    "a worker dies",
    "a worker stalls",
    "a worker joins",
    "everything",
)
ALWAYS = ("letters are lost", "everything")


class Holder(User):
    """Takes a row for a moment, and writes down whether another one has it."""

    wait_time = constant(0.3)
    feeder: ClassVar[Feeder]

    @task
    def hold(self):
        """Hold it."""
        with self.feeder.row() as row:
            email = row["email"]
            TAKEN[email] += 1
            HELD[email] = HELD.get(email, 0) + 1
            if HELD[email] > 1:
                TWICE.append(email)
            try:
                gevent.sleep(0.1)
            finally:
                HELD[email] -= 1


def rows():
    """Return each mishap with both uses."""
    for mishap in PLAYED:
        for use in ("once", "cycle"):
            marks = () if mishap in ALWAYS else pytest.mark.long
            yield pytest.param(mishap, use, marks=marks)


@pytest.mark.parametrize("mishap, use", list(rows()))
def test_no_row_is_with_two(monkeypatch, tmp_path, mishap, use):
    """Whatever becomes of letters and workers; and what the run says of its rows adds up."""
    monkeypatch.setattr(declaring, "DECLARED", [])
    (tmp_path / "users.csv").write_text("email\n" + "".join(f"user-{n}@x.org\n" for n in range(ROWS)))
    file = tmp_path / "run.yml"
    file.write_text(
        f"feeders: {{users: {{file: users.csv, use: {use}}}}}\nthresholds: {{iteration_errors: ['count<1']}}\n"
    )
    Holder.feeder = Feeder("users")
    HELD.clear(), TAKEN.clear(), TWICE.clear()
    found, seed = MISHAPS[mishap], f"{mishap} {use}"
    with seeded(seed) as rng:
        weather = Weather(Random(f"weather {seed}"), found.loses, found.doubles, found.delays)
        with pair(monkeypatch, [Holder], Wire(), str(file), 3) as stage:
            weather.now = lambda: stage.clock.now
            stage.wire.post = weather
            stage.processes[0].start(stage.start, 9, 9.0)
            acting = [gevent.spawn_later(rng.uniform(0.5, 6.0), act, stage, rng) for act in found.acts]
            stage.clock.sleep(12.0)
            with suppress(gevent.Timeout):
                if not stage.is_over:
                    stage.processes[0].start(stage.master.runner.stop)
                stage.wait(lambda: stage.judge.result is not None, 150)
            gevent.killall(acting)
            assert stage.judge.result is not None
            (account,) = stage.judge.result.feeders
            assert TWICE == []
            assert TAKEN
            if use == "once":
                assert max(TAKEN.values()) == 1
                assert account.used_up + account.out <= ROWS
                assert sum(TAKEN.values()) <= account.used_up + account.out
            if not found.loses and not any(one.was_struck for one in stage.workers):
                assert account.taken == sum(TAKEN.values())
                assert account.out == 0
