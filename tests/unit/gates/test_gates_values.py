"""How values are written: with their unit, beside a limit with the same, and never as if they were the same number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.values import MISSING, format_limit, format_value, limit_of, stated
from locust_ext.measure.sinks import Kind


def outcome(selector, text, kind, value, reason=""):
    """Return one that failed."""
    return Outcome(Threshold(parse_selector(selector), parse_assertion(text), kind), Status.FAILED, value, 10, reason)


T, R, C, G = Kind.TREND, Kind.RATE, Kind.COUNTER, Kind.GAUGE
ROWS = [
    ("a duration", "http_req_duration{name:/feed}", "p(95)<300", T, 512.345, "512.3 ms", "< 300 ms"),
    ("a short one", "http_req_duration", "med<=1.5", T, 0.01234, "0.0123 ms", "<= 1.5 ms"),
    ("a long one", "http_req_duration", "max<30000", T, 61234.56, "61,235 ms", "< 30,000 ms"),
    ("how many durations", "http_req_duration", "count>=1000", T, 20.0, "20", ">= 1,000"),
    ("very many", "http_req_duration", "count>=1", T, 1234567.0, "1,234,567", ">= 1"),
    ("attempts", "reconnect_attempts", "avg<3", T, 4.25, "4.25 attempts", "< 3 attempts"),
    ("one attempt", "reconnect_attempts", "avg<1.5", T, 1.0, "1 attempt", "< 1.5 attempts"),
    ("as good as one attempt", "reconnect_attempts", "avg<3", T, 1.0001, "1 attempt", "< 3 attempts"),
    ("one millisecond", "http_req_duration", "p(95)<1", T, 1.0, "1 ms", "< 1 ms"),
    ("a byte a second", "probe{series:sent_bytes_total}", "value<1", G, 2.0, "2 bytes/s", "< 1 byte/s"),
    ("just below, in another scale", "probe{series:a_bytes}", "value<1000000", G, 999999.0, "999.999 kB", "< 1 MB"),
    ("a trend of somebody's own", "basket", "avg<3", T, 4.25, "4.25", "< 3"),
    ("a share", "http_req_failed", "rate<0.01", R, 0.0053456, "0.535 %", "< 1 %"),
    ("a share that a binary number is not", "checks", "rate>0.07", R, 0.0, "0 %", "> 7 %"),
    ("a counter's rate", "http_reqs", "rate>50", C, 12.3456, "12.3/s", "> 50/s"),
    ("a counter's sum", "http_reqs", "count>50", C, 12.0, "12", "> 50"),
    ("a gauge", "vus", "value<10", G, 12.0, "12", "< 10"),
    (
        "bytes of a probe",
        "probe{series:process_resident_memory_bytes}",
        "value<500000000",
        G,
        1.5e9,
        "1.5 GB",
        "< 500 MB",
    ),
    ("just beyond the limit", "http_req_duration", "p(95)<300", T, 300.0001, "300.0001 ms", "< 300 ms"),
    ("just beyond a share", "http_req_failed", "rate<0.01", R, 0.010000003, "1.0000003 %", "< 1 %"),
    ("the limit itself", "http_req_duration", "p(95)<300", T, 300.0, "300 ms", "< 300 ms"),
    ("nothing", "http_req_duration", "p(95)<300", T, None, MISSING, "< 300 ms"),
    ("what never ended", "reconnect_time", "p(95)<300", T, math.inf, "∞", "< 300 ms"),
    ("no number", "reconnect_time", "p(95)<300", T, math.nan, MISSING, "< 300 ms"),
]


@pytest.mark.parametrize(
    "selector, text, kind, value, said, limit", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_value_and_its_limit(selector, text, kind, value, said, limit):
    """Both have the unit of what they are about."""
    found = outcome(selector, text, kind, value)
    assert (format_value(found), format_limit(found.threshold)) == (said, limit)


@given(st.floats(1e-3, 1e6), st.integers(-9, 9), st.sampled_from([T, R]))
def test_what_differs_reads_differently(bound, steps, kind):
    """However near a value is to its limit, the two texts are the same only if the numbers are."""
    bound = float(f"{bound:.6g}") / (1e6 if kind is R else 1)
    value = bound * (1 + steps * 1e-9)
    found = outcome(
        "http_req_failed" if kind is R else "http_req_duration",
        f"rate<{bound!r}" if kind is R else f"avg<{bound!r}",
        kind,
        value,
    )
    assert (format_value(found) == limit_of(found.threshold)) == (value == bound)


STATED = [
    ("with a value", 512.345, "", "http_req_duration: p(95)<300 (512.3 ms, limit 300 ms)"),
    ("and a reason", 512.345, "at level-2", "http_req_duration: p(95)<300 (512.3 ms, limit 300 ms; at level-2)"),
    ("with a reason alone", None, "no samples", "http_req_duration: p(95)<300 (no samples)"),
    ("with nothing", None, "", "http_req_duration: p(95)<300"),
]


@pytest.mark.parametrize("value, reason, said", [row[1:] for row in STATED], ids=[row[0] for row in STATED])
def test_a_threshold_in_a_sentence(value, reason, said):
    """As it was written, then its value beside the limit."""
    assert stated(outcome("http_req_duration", "p(95)<300", T, value, reason)) == said
