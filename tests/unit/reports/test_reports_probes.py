"""What probes cost is told, so that a probe that is the leak itself is seen."""

from __future__ import annotations

import pytest

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import Kind
from locust_ext.reports.probes import probes_of


def store(reads=(), size=0, instance="api"):
    """Return what probes measured: for each read its milliseconds, and whether it brought nothing."""
    recorder = Recorder()
    for took, failed in reads:
        recorder.add("probe_duration", Kind.TREND, took, {"instance": instance})
        recorder.add("probe_failed", Kind.RATE, failed, {"instance": instance})
        if not failed:
            recorder.add("probe_bytes", Kind.COUNTER, size, {"instance": instance})
    found = Store()
    found.merge(recorder.take())
    return found


COSTS = [
    ("it was never asked", store(), None),
    ("another one was", store([(1, False)], instance="db"), None),
    ("an endpoint", store([(2.0, False), (4.0, False)], 1200), "read the target 2 times, every 5s, for 3.0 ms and 1,200 bytes each"),
    ("a process sends nothing", store([(2.0, False)]), "read the target 1 time, every 5s, for 2.0 ms each"),
    ("some brought nothing: the bytes are of the others", store([(2.0, False), (2.0, True)], 1000),
     "read the target 2 times, every 5s, for 2.0 ms and 1,000 bytes each; 1 brought nothing"),
    ("all brought nothing", store([(2.0, True)]), "read the target 1 time, every 5s, for 2.0 ms each; 1 brought nothing"),
]  # fmt: skip


@pytest.mark.parametrize("measured, said", [row[1:] for row in COSTS], ids=[row[0] for row in COSTS])
def test_costs(measured, said):
    """The mean of a read, and how often there was one."""
    found = list(probes_of(measured, {"api": 5.0}))
    assert [finding.text for finding in found] == ([f"the probe api {said}"] if said else [])


def test_figures():
    """For those who read summary.json."""
    (finding,) = probes_of(store([(2.0, False), (2.0, True)], 1000), {"api": 5.0})
    assert finding.kind == "probe"
    assert finding.figures == {"instance": "api", "reads": 2, "failed": 1, "mean_ms": pytest.approx(2.0, rel=1e-3),
                               "mean_bytes": 1000.0, "every_s": 5.0}  # fmt: skip
