"""Durations of 0 that nobody measured, and names that were cut, are said where a threshold selects them."""

import pytest

from locust_ext.gates.judge import Judge
from locust_ext.gates.outcomes import Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind


def outcome(selector, text, events):
    """Return the outcome, explained, of one threshold over (name, milliseconds, how many) events of Socket.IO."""
    recorder = Recorder()
    for name, milliseconds, count in events:
        for _ in range(count):
            recorder.on_request("WS", name, milliseconds)
    kind = Kind.RATE if "failed" in selector else Kind.TREND
    judge = Judge([Threshold(parse_selector(selector), parse_assertion(text), kind)])
    judge.merge(recorder.take(), 10)
    return judge.explain(judge.outcomes(10, {}))[0]


LONG = "/" + "a" * 300
ROWS = [
    # what is judged, the selector, the threshold, the events, the status, a part of the reason
    ("sent and never waited for", "req_duration", "p(95)<400", [("emit", 0.0, 60), ("call", 90.0, 40)],
     Status.INCONCLUSIVE, "60 of 100 durations are 0, which nobody measured: WS emit"),
    ("no pass and no failure of them", "req_duration", "min>1", [("emit", 0.0, 60), ("call", 90.0, 40)],
     Status.INCONCLUSIVE, "WS emit"),
    ("half of them is not over half", "req_duration", "p(95)<400", [("emit", 0.0, 50), ("call", 90.0, 50)],
     Status.PASSED, ""),
    ("those that wait, by name", "req_duration{name:call}", "p(95)<400", [("emit", 0.0, 60), ("call", 90.0, 40)],
     Status.PASSED, ""),
    ("their count", "req_duration", "count>=100", [("emit", 0.0, 60), ("call", 90.0, 40)], Status.PASSED, ""),
    ("their failures", "req_failed", "rate<0.01", [("emit", 0.0, 60), ("call", 90.0, 40)], Status.PASSED, ""),
    ("a name that was cut", "req_duration{name:/a*}", "p(95)<400", [(LONG, 5.0, 30)], Status.PASSED,
     "its name was cut at 200 characters"),
    ("a selected name that is too long", f"req_duration{{name:{LONG}}}", "p(95)<400", [(LONG, 5.0, 30)],
     Status.INCONCLUSIVE, "names are cut at 200 characters"),
    ("a selected name that just fits", f"req_duration{{name:/{'a' * 199}}}", "p(95)<400", [("/" + "a" * 199, 5.0, 30)],
     Status.PASSED, ""),
    ("one that is a letter longer", f"req_duration{{name:/{'a' * 200}}}", "p(95)<400", [("/" + "a" * 200, 5.0, 30)],
     Status.INCONCLUSIVE, "names are cut at 200 characters, and the selected one is longer: end it with *"),
    ("a name of 200 letters that was not cut", "req_duration{name:/a*}", "p(95)<400", [("/" + "a" * 199, 5.0, 30)],
     Status.PASSED, ""),
    ("a name of 200 letters that was", "req_duration{name:/a*}", "p(95)<400", [("/" + "a" * 200, 5.0, 30)],
     Status.PASSED, "its name was cut at 200 characters: all that begin like it are judged together"),
    ("a short name", "req_duration{name:/a*}", "p(95)<400", [("/a", 5.0, 30)], Status.PASSED, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    "selector, text, events, status, reason", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_is_said(selector, text, events, status, reason):
    """Only what was measured passes or fails."""
    found = outcome(selector, text, events)
    assert found.status is status
    assert reason in found.reason
    assert bool(reason) == bool(found.reason)
