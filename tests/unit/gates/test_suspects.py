"""Series whose last value is old, or nonsense: rules on them are inconclusive, and only where it bears on them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locust_ext.gates.judge import Judge
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.suspects import Suspects
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind

API = {"series": "fds", "instance": "api"}


def outcome(selector="probe{series:fds,instance:api}", status=Status.PASSED, value=5.0, **options):
    """A threshold, judged."""
    threshold = Threshold(parse_selector(selector), parse_assertion("value<10"), Kind.GAUGE, **options)
    return Outcome(threshold, status, value, 1)


BEARS = [
    ("on the whole run", "probe{series:fds,instance:api}", "soak", False, True),
    ("on all of its instances", "probe{series:fds}", "soak", False, True),
    ("on its phase", "probe{series:fds,instance:api,phase:soak}", "soak", False, True),
    ("on phases that begin like it", "probe{series:fds,instance:api,phase:so*}", "soak", False, True),
    ("not on another phase", "probe{series:fds,instance:api,phase:rest}", "soak", False, False),
    ("not on another instance", "probe{series:fds,instance:db}", "soak", False, False),
    ("not on another series", "probe{series:rss,instance:api}", "soak", False, False),
    ("not on another metric", "http_req_duration{series:fds,instance:api}", "soak", False, False),
    ("nonsense: on each phase", "probe{series:fds,instance:api,phase:rest}", "soak", True, True),
]


@pytest.mark.parametrize("selector, phase, whole, bears", [row[1:] for row in BEARS], ids=[row[0] for row in BEARS])
def test_what_a_doubt_bears_on(selector, phase, whole, bears):
    """A pass that depends on it is none."""
    suspects = Suspects()
    suspects.doubt("probe", {**API, "phase": phase}, "why", whole=whole)
    found = suspects.doubted(outcome(selector))
    assert found == (
        replace(outcome(selector), status=Status.INCONCLUSIVE, reason="why") if bears else outcome(selector)
    )


STATUSES = [
    ("a pass", Status.PASSED, 5.0, False, False, True),
    ("a failure is one, though its value is old", Status.FAILED, 50.0, False, False, False),
    ("nonsense fails nothing", Status.FAILED, 50.0, False, True, True),
    ("no value", Status.INCONCLUSIVE, None, False, False, True),
    ("no value, and none has to be", Status.PASSED, None, True, False, False),
]


@pytest.mark.parametrize(
    "status, value, optional, whole, changed", [row[1:] for row in STATUSES], ids=[row[0] for row in STATUSES]
)
def test_what_becomes_of_it(status, value, optional, whole, changed):
    """Old readings are still those that were there."""
    suspects, before = Suspects(), outcome(status=status, value=value, optional=optional)
    suspects.doubt("probe", API, "why", whole=whole)
    found = suspects.doubted(before)
    assert (found.status is Status.INCONCLUSIVE and found.reason == "why") == changed
    assert changed or found == before


def test_a_doubt_is_taken_back():
    """What comes back is evidence again; the phase in which it was lost stays in doubt."""
    suspects = Suspects()
    suspects.doubt("probe", {**API, "phase": "soak"}, "why")
    suspects.trust("probe", {**API, "phase": "rest"})
    assert suspects.doubted(outcome()).status is Status.PASSED
    assert suspects.doubted(outcome("probe{series:fds,instance:api,phase:soak}")).status is Status.INCONCLUSIVE
    suspects.trust("probe", {**API, "phase": "soak"})
    assert suspects.doubted(outcome("probe{series:fds,instance:api,phase:soak}")).status is Status.PASSED


def test_nonsense_is_not_taken_back():
    """What was read before is in the figures."""
    suspects = Suspects()
    suspects.doubt("probe", API, "why", whole=True)
    suspects.trust("probe", API)
    assert suspects.doubted(outcome()).status is Status.INCONCLUSIVE


def test_the_judge_asks_each_second_and_at_the_end():
    """So that nothing aborts a run on nonsense; the reason is the probe's own."""
    recorder = Recorder()
    judge = Judge(
        [outcome().threshold, replace(outcome().threshold, selector=parse_selector("probe{series:rss,instance:api}"))]
    )
    recorder.add("probe", Kind.GAUGE, 50, API)
    judge.merge(recorder.take(), 1.0)
    assert [one.status for one in judge.outcomes(1.0, {})] == [Status.FAILED, Status.INCONCLUSIVE]
    judge.suspects.doubt("probe", {"instance": "api"}, "why", whole=True)
    found = judge.outcomes(2.0, {})
    assert [(one.status, one.reason) for one in found] == [(Status.INCONCLUSIVE, "why")] * 2
    assert [one.reason for one in judge.explain(found)] == ["why", "why"]
