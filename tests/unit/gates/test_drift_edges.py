"""What a verdict on drift must live through: pieces without a tooth, and pieces so short that nothing shows in them."""

import pytest

from locust_ext.gates.drift import Stretch, judge_drift
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.drift_words import sentence
from locust_ext.gates.outcomes import Status
from locust_ext.measure.interval_history import History
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind

RULE = DriftRule(Selector("probe", (("series", "process_open_fds"),)), Kind.GAUGE, limit=1000.0)
SAW = tuple((float(at), 100 + at * 0.1 + at % 20) for at in range(480))


@pytest.mark.parametrize("restart", [5.0, 470.0], ids=["at its beginning", "at its end"])
def test_a_saw_that_restarts(restart):
    """The piece that has no tooth has no lowest points, and the others are judged."""
    found = judge_drift(RULE, History(SAW, (restart,)), Stretch(0, 480))
    assert (found.status, found.restarts) == (Status.FAILED, 1)
    assert found.rate == pytest.approx(360, rel=0.02)
    assert found.hours_left == pytest.approx(2.4, abs=0.2)


def test_pieces_that_are_too_short():
    """Eight blocks in as many pieces as leave two to compare: nothing is sure, and no infinity is told."""
    points = tuple((float(at), 100 + (at * 7919 % 13) / 10) for at in range(26))
    found = judge_drift(RULE, History(points, (6.0, 12.0, 18.0)), Stretch(0, 26))
    assert found.status is Status.INCONCLUSIVE
    assert "too short" in found.reason
    assert "inf%" not in sentence(found)
