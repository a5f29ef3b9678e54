"""A rate lies between 0 and 1, and whoever writes a percentage is told how it is written."""

import pytest

from locust_ext.gates.thresholds import ThresholdError, check_bound, parse_assertion
from locust_ext.measure.sinks import Kind

SAID = "m is a rate, which lies between 0 and 1, and {} does not"
BOUNDS = [
    ("nothing", "rate<=0", Kind.RATE, ""),
    ("a share", "rate<0.01", Kind.RATE, ""),
    ("all", "rate<=1", Kind.RATE, ""),
    ("less than nothing", "rate>-1", Kind.RATE, SAID.format("-1")),
    ("a percentage", "rate<5", Kind.RATE, SAID.format("5") + "; for 5% write rate<0.05"),
    ("a little more than all", "rate<1.5", Kind.RATE, SAID.format("1.5") + "; for 1.5% write rate<0.015"),
    ("all, as a percentage", "rate>=100", Kind.RATE, SAID.format("100") + "; for 100% write rate>=1"),
    ("more than all", "rate<101", Kind.RATE, SAID.format("101")),
    ("a counter's rate", "rate<500", Kind.COUNTER, ""),
]


@pytest.mark.parametrize("text, kind, said", [pytest.param(*row[1:], id=row[0]) for row in BOUNDS])
def test_bounds_of_rates(text, kind, said):
    """From 0 to 1, and of nothing else is anything said."""
    assertion = parse_assertion(text)
    if not said:
        check_bound(assertion, kind, "m")
        return
    with pytest.raises(ThresholdError) as caught:
        check_bound(assertion, kind, "m")
    assert str(caught.value) == said
