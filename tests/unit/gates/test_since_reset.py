"""A threshold of a run whose statistics were reset: only what holds in the part and in the whole passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.since_reset import both, part_of
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.sinks import Kind

PASSED, FAILED, UNCLEAR = Status.PASSED, Status.FAILED, Status.INCONCLUSIVE
THRESHOLD = Threshold(parse_selector("http_req_duration"), parse_assertion("p(95)<400"), Kind.TREND)


def stands(status, value=1.0, reason=""):
    """Return how the threshold stands."""
    return Outcome(THRESHOLD, status, value, 100, reason)


@pytest.mark.parametrize(
    ("since", "whole", "found"),
    [
        pytest.param(PASSED, PASSED, PASSED, id="it holds"),
        pytest.param(PASSED, FAILED, UNCLEAR, id="what failed before is not forgotten"),
        pytest.param(PASSED, UNCLEAR, UNCLEAR, id="what was unclear before is not forgotten"),
        pytest.param(FAILED, PASSED, FAILED, id="what fails since then has failed"),
        pytest.param(FAILED, FAILED, FAILED, id="red stays red"),
        pytest.param(UNCLEAR, PASSED, UNCLEAR, id="too little came since"),
        pytest.param(UNCLEAR, FAILED, UNCLEAR, id="neither of them passes"),
    ],
)
def test_how_it_stands(since, whole, found):
    """A reset can make nothing green."""
    assert both(stands(since), stands(whole, 512.0), 35.04).status is found


def test_why_it_does_not_pass():
    """With the value over the whole run, and when the reset came; the value that is shown is that since then."""
    found = both(stands(PASSED, 48.2), stands(FAILED, 512.0), 35.04)
    assert found.value == 48.2
    assert found.reason == (
        "it holds since 35s, when the statistics were reset; over the whole run it failed with 512 ms"
    )
    assert (
        "it is inconclusive (7 never came back)"
        in both(stands(PASSED), stands(UNCLEAR, None, "7 never came back"), 1.0).reason
    )


@given(st.sampled_from(Status), st.sampled_from(Status), st.floats(0, 1e6))
def test_it_passes_only_where_all_of_it_does(since, whole, at):
    """Whatever the two are."""
    found = both(stands(since), stands(whole), at)
    assert (found.status is PASSED) == (since is PASSED and whole is PASSED)
    assert part_of(at).startswith("since ")
