"""Replica lag: the shipped scenario, against readers that are a moment behind, and against some that fall behind."""

from __future__ import annotations

import pytest

from tests.integration.conftest import ROOT, WarmTarget

FILE = ROOT / "locustfiles" / "replica.py"
PROCESSES = {"one process": (), "two workers": ("--processes", "2")}
ROWS = [("healthy", (), 0, "one process"), ("falling behind", ("replica-lag",), 99, "two workers")]
"""What is seen, and where each pull request looks; ``nox -s long`` looks at both places."""


@pytest.fixture(scope="module", autouse=True)
def falling_behind():
    """A target whose readers fall behind for as long as these tests last, and so the further the later it is asked."""
    target = WarmTarget(["replica-lag"]).start()
    yield target
    target.stop()


@pytest.mark.slow
@pytest.mark.timed  # a lag of 50 ms is told from one of 100
@pytest.mark.parametrize(
    "fault, code, processes",
    [
        pytest.param(*row, given, id=f"{name}-{where}", marks=() if where == always else pytest.mark.long)
        for name, *row, always in ROWS
        for where, given in PROCESSES.items()
    ],
)
def test_the_replica_scenario(locust, target, falling_behind, fault, code, processes):
    """Healthy readers pass; of others that are 20 ms further behind each second it says by how much, and fails."""
    url = falling_behind.url if fault else target().url
    run = locust("-f", FILE, "--headless", "-H", url, "--time-scale", "0.13", *processes)
    assert run.code == code, run.out[-3000:] + run.err[-3000:]
    assert run.summary["complete"] is True
    (lag,) = [row for row in run.summary["series"] if row["metric"] == "replica_lag" and row["tags"]["name"] == "post"]
    assert lag["p50"] > (100 if fault else 40)
    failed = {one["metric"] for one in run.summary["outcomes"] if one["status"] == "failed"}
    assert ("replica_lag" in failed) is bool(fault)
    assert failed <= {"replica_lag", "stale_reads"}


@pytest.mark.long
@pytest.mark.parametrize("fault, code", [((), 0), (("replica-lag",), 99)], ids=["healthy", "falling behind"])
def test_the_replica_scenario_as_shipped(locust, target, fault, code):
    """In its own time, which is a minute."""
    run = locust("-f", FILE, "--headless", "-H", target(*fault).url, timeout=150)
    assert run.code == code, run.out[-3000:] + run.err[-3000:]
    assert run.summary["duration_s"] <= 120


def test_a_class_that_reads_nothing_is_refused(locust, write):
    """All that is wrong with it, before the first request, and without a trace."""
    file = write(
        "half.py",
        """
        import locust_ext
        from locust import FastHttpUser
        from locust_ext import ReadYourWritesUser

        locust_ext.install()

        class HalfUser(ReadYourWritesUser, FastHttpUser):
            host = "http://127.0.0.1:1"
            read_pause = "20"

            def write(self):
                return "7"
        """,
    )
    run = locust("-f", file, "--headless", "-u", "1", "-t", "5s")
    assert run.code == 104
    assert "HalfUser.read: a ReadYourWritesUser needs read(self, key)" in run.out + run.err
    assert "HalfUser.read_pause: '20' is not a duration" in run.out + run.err
    assert "Traceback" not in run.out + run.err


MISTAKEN = """
    import locust_ext
    from locust import User, constant
    from locust_ext import ReadYourWritesUser

    locust_ext.install()

    class MistakenUser(ReadYourWritesUser, User):
        wait_time = constant(0.5)

        def write(self):
            return "7", "the seventh"

        def read(self, key):
            return 7
"""


@pytest.mark.long
def test_a_mistake_that_only_a_run_shows(locust, write):
    """A version that is not a number: once in a sentence, without a trace, and no pass."""
    run = locust("-f", write("mistaken.py", MISTAKEN), "--headless", "-u", "2", "-t", "3s")
    said = "MistakenUser.write() returned 'the seventh' as a version: that is a whole number"
    assert run.code == 107
    assert run.err.count(said) == 1
    assert "Traceback" not in run.out + run.err
