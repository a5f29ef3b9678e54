"""What held the run back for safety is told beside its figures."""

from __future__ import annotations

import pytest

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import Kind
from locust_ext.reports.restraint import restraints_of


def store(requests=(), waits=(), blocked=()):
    """Return what a run measured: requests by type, waits in milliseconds, and blocked requests by origin."""
    recorder = Recorder()
    for kind in requests:
        recorder.on_request(kind, "/a", response_time=5.0)
    for value in waits:
        recorder.add("cap_wait", Kind.TREND, value)
    for origin, count in blocked:
        recorder.add("blocked_requests", Kind.COUNTER, count, {"origin": origin} if origin else {})
    found = Store()
    found.merge(recorder.take())
    return found


EVIL = "https://evil.com"
EACH = "(each redirect, retry and reconnect is one)"
LESS = "the target saw less load than the users would have made"
ROWS = [
    ("nothing was measured", store(), []),
    ("nothing held it back", store(["GET"] * 9), []),
    ("hardly anything held it back", store(["GET"] * 9, [0.0, 1.5, 9.9]), []),
    (
        "just enough to be noticed",
        store(["GET"] * 9, [10.0]),
        [f"the cap held back 1 request {EACH}, for 10 ms at p50 and 10 ms at p99: {LESS}"],
    ),
    (
        "some waited",
        store(["GET"] * 90 + ["WS"] * 10, [10.0] * 7 + [1234.0]),
        [f"the cap held back 8 requests {EACH}, for 10 ms at p50 and 1,234 ms at p99: {LESS}"],
    ),
    (
        "one of one",
        store(["GET"], [40.0]),
        [f"the cap held back 1 request {EACH}, for 40 ms at p50 and 40 ms at p99: {LESS}"],
    ),
    (
        "hops alone: redirects and connects, no request that has come back",
        store([], [40.0] * 202),
        [f"the cap held back 202 requests {EACH}, for 40 ms at p50 and 40 ms at p99: {LESS}"],
    ),
    (
        "thousands",
        store(["GET"] * 3000, [40.0] * 2000),
        [f"the cap held back 2,000 requests {EACH}, for 40 ms at p50 and 40 ms at p99: {LESS}"],
    ),
    (
        "one did not leave",
        store(["GET"], (), [(EVIL, 1)]),
        ["1 request to https://evil.com did not leave: that origin was not declared"],
    ),
    (
        "many to several origins",
        store(["GET"], (), [(EVIL, 1200), ("http://a.org:81", 3), (EVIL, 34)]),
        [
            "1,234 requests to https://evil.com did not leave: that origin was not declared",
            "3 requests to http://a.org:81 did not leave: that origin was not declared",
        ],
    ),
    (
        "where the address leads nowhere clear",
        store((), (), [("unclear", 2)]),
        ["2 requests did not leave: it is not clear where their addresses lead"],
    ),
    ("none of an origin", store(["GET"], (), [(EVIL, 0)]), []),
]


@pytest.mark.parametrize("measured, sentences", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_restraints(measured, sentences):
    """There is a sentence for waits under the cap that bear on the load, and one for each origin that was blocked; else there is none."""
    assert sorted(sentences) == sorted(restraints_of(measured))


def test_waits_come_first():
    """What bears on every figure stands first."""
    first, second = restraints_of(store(["GET"], [50.0], [(EVIL, 1)]))
    assert first.startswith("the cap held back")
    assert EVIL in second


def test_phases_are_told_together():
    """Blocked requests of one origin in two phases are one sentence with their sum."""
    recorder = Recorder()
    for phase in ("warmup", "steady"):
        recorder.enter_phase(phase)
        recorder.add("blocked_requests", Kind.COUNTER, 1, {"origin": EVIL})
        recorder.add("cap_wait", Kind.TREND, 50.0)
    found = Store()
    found.merge(recorder.take())
    waits, blocked = restraints_of(found)
    assert waits.startswith("the cap held back 2 requests ")
    assert blocked == "2 requests to https://evil.com did not leave: that origin was not declared"
