"""The table of faults: every row turns real dials, and asking for what is not there is answered helpfully."""

import math
from dataclasses import asdict, fields

import pytest

from locust_ext.demo.faults import FAULTS, Dials, UnknownFault, dials

COMBINATIONS = [
    ("no fault is a healthy service", [], {}),
    ("one fault turns its own dials", ["tail"], {"tail_share": 0.02, "tail_seconds": 4.2}),
    ("a fault named twice is one fault", ["slow", "slow"], {"slow_factor": 1.5}),
    ("two faults turn the dials of both", ["slow", "fast500"], {"slow_factor": 1.5, "fast500_share": 0.05}),
    ("the pool starts small and grows slowly", ["cold-pool"], {"pool_start": 1, "pool_growth_seconds": 30.0}),
    ("handshakes queue at a gate", ["reconnect"], {"handshake_seconds": 0.06, "handshake_queue": 10_000}),
    ("the pool is small and never grows", ["small-pool"], {"pool_start": 2, "pool_growth_seconds": math.inf}),
    (
        "failing costs more than success",
        ["retry"],
        {"capacity_slots": 60, "success_seconds": 0.2, "failure_seconds": 0.3},
    ),
    ("the last of many gets ticks late", ["slow-fanout"], {"fanout_prompt": 50, "fanout_seconds": 3.0}),
    ("readers fall behind, more each second", ["replica-lag"], {"lag_growth": 0.02}),
    ("a flag is a dial as well", ["stampede"], {"single_flight": False}),
]


@pytest.mark.parametrize("names, turned", [row[1:] for row in COMBINATIONS], ids=[row[0] for row in COMBINATIONS])
def test_combining(names, turned):
    """Dials that no fault names keep their healthy value."""
    assert Dials(**turned) == dials(names)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_every_row_is_complete(fault):
    """A row has its own name as its key, one line of summary, and turns dials that exist away from health."""
    assert FAULTS[fault.name] is fault
    assert fault.summary
    assert "\n" not in fault.summary
    assert set(fault.dials) <= {dial.name for dial in fields(Dials)}
    assert Dials() != dials([fault.name])


SHARES = [dial.name for dial in fields(Dials) if dial.name.endswith("_share")]


@pytest.mark.parametrize("share", SHARES)
def test_shares_are_shares(share):
    """With all faults at once, every share still lies between 0 and 1."""
    assert 0 <= getattr(dials(FAULTS), share) <= 1


def test_health_is_unlimited():
    """Without a fault nobody ever waits for a worker or at a gate, and nobody lacks capacity."""
    healthy = Dials()
    assert {healthy.pool_start, healthy.handshake_queue, healthy.capacity_slots} == {math.inf}
    assert healthy.handshake_seconds == 0


def test_failing_costs_more():
    """The retry fault is one because failing occupies capacity for longer than success does."""
    retry = dials(["retry"])
    assert retry.failure_seconds > retry.success_seconds


UNKNOWN = [
    ("a slip of the finger", "tial", "Did you mean 'tail'?"),
    ("another spelling", "cold_pool", "Did you mean 'cold-pool'?"),
    ("nothing like any of them", "zzzzzzz", "The faults are:"),
    ("no name at all", "", "The faults are:"),
]


@pytest.mark.parametrize("name, hint", [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
def test_unknown_fault(name, hint):
    """The error names what was asked for, the nearest name if there is one, and all names."""
    with pytest.raises(UnknownFault) as caught:
        dials(["slow", name])
    text = str(caught.value)
    assert repr(name) in text
    assert hint in text
    assert all(known in text for known in FAULTS)
    assert isinstance(caught.value, ValueError)


def test_no_far_fetched_guess():
    """A name that is like no other gets no guess."""
    assert "Did you mean" not in str(UnknownFault("zzzzzzz"))


HEALTHY = {
    "tail_share": 0.0, "tail_seconds": 0.0, "fast500_share": 0.0, "slow_factor": 1.0, "pool_start": math.inf,
    "pool_growth_seconds": 0.0, "handshake_seconds": 0.0, "handshake_queue": math.inf, "capacity_slots": math.inf,
    "success_seconds": 0.0, "failure_seconds": 0.0, "single_flight": True, "fanout_prompt": math.inf,
    "fanout_seconds": 0.0, "leaked_descriptors": 0.0, "leaked_bytes": 0.0, "doubling_seconds": math.inf,
    "tooth_bytes": 0.0, "tooth_seconds": math.inf, "cache_bytes": 0.0, "cache_seconds": math.inf,
    "lag_growth": 0.0,
}  # fmt: skip
TURNED = {
    "tail": {"tail_share": 0.02, "tail_seconds": 4.2},
    "fast500": {"fast500_share": 0.05},
    "cold-pool": {"pool_start": 1, "pool_growth_seconds": 30.0},
    "small-pool": {"pool_start": 2, "pool_growth_seconds": math.inf},
    "slow": {"slow_factor": 1.5},
    "reconnect": {"handshake_seconds": 0.06, "handshake_queue": 10_000},
    "retry": {"capacity_slots": 60, "success_seconds": 0.2, "failure_seconds": 0.3},
    "stampede": {"single_flight": False},
    "slow-fanout": {"fanout_prompt": 50, "fanout_seconds": 3.0},
    "fd-leak": {"leaked_descriptors": 0.05},
    "memory-leak": {"leaked_bytes": 4096},
    "drift": {"doubling_seconds": 60.0},
    "sawtooth": {"tooth_bytes": 10_485_760, "tooth_seconds": 9.0},
    "cache-fill": {"cache_bytes": 50_331_648, "cache_seconds": 10.0},
    "replica-lag": {"lag_growth": 0.02},
}


def test_a_healthy_service():
    """No dial is turned."""
    assert asdict(dials([])) == HEALTHY


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_fault_turns(name):
    """Its own dials, as its summary says, and no other."""
    assert asdict(dials([name])) == {**HEALTHY, **TURNED[name]}
    assert name in TURNED
