"""How many users there are, over time: counted where they are, and only while they are users."""

from types import SimpleNamespace

import pytest

from locust_ext.measure import user_seconds as module
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.user_seconds import COUNTING, EVERY, USER_SECONDS, watch


class OverError(Exception):
    """The end of a watch that has none."""


LOOKS = [
    ("two users for two looks", [("running", 2, 0.0)] * 2, 4 * EVERY),
    ("a look that comes late counts for as long as it took", [("running", 2, 0.3)], 2 * (EVERY + 0.3)),
    ("users that are being made are users", [("spawning", 1, 0.0)], EVERY),
    ("who is only finishing is none", [("stopping", 3, 0.0), ("cleanup", 3, 0.0)], 0.0),
    ("the time without users is nobody's", [("running", 0, 5.0), ("running", 1, 0.0)], EVERY),
]


@pytest.mark.parametrize("looks, seconds", [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_user_seconds(monkeypatch, looks, seconds):
    """Each user counts for the time since the last look."""
    clock, left, runner = SimpleNamespace(now=10.0), list(looks), SimpleNamespace()

    def sleep(pause):
        if not left:
            raise OverError
        runner.state, runner.user_count, late = left.pop(0)
        clock.now += pause + late

    monkeypatch.setattr(module, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep))
    recorder, store = Recorder(), Store()
    with pytest.raises(OverError):
        watch(recorder, runner)
    store.merge(recorder.take())
    assert store.counted(USER_SECONDS) == pytest.approx(seconds)
    assert COUNTING.lasts, "it belongs to the process, and not to one run"
