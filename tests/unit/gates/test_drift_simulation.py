"""The simulation of ``benchmarks/drift.py``, a few cases of each cell: what is healthy does not fail, a leak is found."""

import importlib
import sys
from pathlib import Path

import pytest

from locust_ext.gates.outcomes import Status

BENCHMARKS = str(Path(__file__).parents[3] / "benchmarks")
FEW = 5


@pytest.fixture(scope="module")
def simulation():
    """Return the benchmark's module."""
    sys.path.insert(0, BENCHMARKS)
    try:
        yield importlib.import_module("drift")
    finally:
        sys.path.remove(BENCHMARKS)


@pytest.mark.parametrize("seeds", [FEW, pytest.param(100, marks=pytest.mark.long)])
def test_what_is_healthy_does_not_fail(simulation, seeds):
    """At most one case of a hundred, in each family with a goal."""
    for cell in simulation.HEALTHY:
        failed = [seed for seed in range(seeds) if simulation.judged(cell, seed) is Status.FAILED]
        assert len(failed) <= seeds * simulation.MOST_ALARMS, (cell, failed)


@pytest.mark.parametrize("seeds", [FEW, pytest.param(100, marks=pytest.mark.long)])
def test_the_leak_is_found(simulation, seeds):
    """On a level, in each noise."""
    for cell in simulation.LEAKING:
        missed = [seed for seed in range(seeds) if simulation.judged(cell, seed) is not Status.FAILED]
        assert len(missed) <= seeds * (1 - simulation.FEWEST_FOUND), (cell, missed)


def test_a_seed_is_a_case(simulation):
    """The same one each time, another one for each seed."""
    cell = simulation.Cell("sawtooth", "AR(1) 0.9", leaks=True)
    one, again, other = (simulation.history_of(cell, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert len(one.points) == simulation.SAMPLES
