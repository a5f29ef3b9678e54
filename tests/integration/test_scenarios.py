"""The shipped scenario notices the faults of the demo target, and nothing where there is none."""

from __future__ import annotations

import pytest

from .conftest import FEED, SHORT_SMOKE

SMOKE = SHORT_SMOKE
SPIKE = ("--shape", "spike", "--time-scale", "0.25")
PROCESSES = {"one process": (), "two workers": ("--processes", "2")}


MATRIX = [
    ("smoke without a fault passes", SMOKE, None, 0, "two workers"),
    ("smoke sees a tail of 2 %", SMOKE, "tail", 99, "one process"),
    ("smoke sees fast errors", SMOKE, "fast500", 99, "nowhere"),
    ("spike without a fault passes", SPIKE, None, 0, "nowhere"),
    ("spike sees a cold pool", SPIKE, "cold-pool", 99, "two workers"),
]
"""What is seen, and where each pull request looks, if it does; ``nox -s long`` looks at both places."""


@pytest.mark.parametrize(
    "shape, fault, code, processes",
    [
        pytest.param(*row, given, id=f"{name}-{where}", marks=() if where == always else pytest.mark.long)
        for name, *row, always in MATRIX
        for where, given in PROCESSES.items()
    ],
)
@pytest.mark.slow
@pytest.mark.timed  # a busy generator proves nothing
def test_the_feed_scenario_tells_a_sick_target_from_a_healthy_one(locust, target, shape, fault, code, processes):
    """The exit code is the verdict, in one process and in many."""
    url = target(*([fault] if fault else [])).url

    run = locust("-f", FEED, "--headless", "-H", url, *shape, *processes)

    assert (code, code) == (run.code, run.summary["exit_code"]), run.out + run.err
    assert run.summary["complete"] is True


@pytest.mark.slow
def test_a_cold_pool_passes_a_smoke(locust, target):
    """The fault is one of shape, not of volume: the smoke's ten users never meet it."""
    run = locust("-f", FEED, "--headless", "-H", target("cold-pool").url, "--time-scale", "0.2")

    assert run.code == 0, run.out + run.err


def test_without_a_host_the_scenario_brings_its_own_target(locust):
    """The first command of the README works on an empty machine, and says what it does."""
    run = locust("-f", FEED, "--headless", "--time-scale", "0.15")

    assert run.code == 0, run.out + run.err
    assert "started the demo target on http://127.0.0.1:" in run.out
    assert "PASSED: 3 thresholds passed" in run.out


def test_base_url_names_the_host(locust, target):
    """BASE_URL does what --host does."""
    run = locust("-f", FEED, "--headless", "--time-scale", "0.15", env={"BASE_URL": target("fast500").url})

    assert run.code == 99, run.out + run.err
    assert "started the demo target" not in run.out


@pytest.mark.slow
@pytest.mark.timed
@pytest.mark.long
def test_stress_says_the_last_good_and_the_first_bad_level(locust, target):
    """A stress run searches between the level that held and the one that broke, and names both, and the throughput."""
    run = locust(
        *("-f", FEED, "--headless", "-H", target("cold-pool").url, "--shape", "stress"),
        *("--shape-params", "start_users=5,step_users=40,step=10s,max_users=205,probes=1,rest=2s"),
        timeout=120,
    )

    cliff = next(finding for finding in run.summary["findings"] if finding["kind"] == "cliff")
    assert run.code == 99, run.out + run.err
    good, bad = (int(cliff[key].split("-")[1]) for key in ("last_good", "first_bad"))
    assert 5 <= good < bad <= 125
    assert bad - good <= 20, "the probe lies between a level of the climb and the next"
    assert cliff["throughput"] > 0
    assert run.summary["duration_s"] < 65, "it did not go on to the maximum"
    assert "last good level-" in run.out
