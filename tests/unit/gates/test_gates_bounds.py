"""What a figure can still come to while requests are open: both ends of it, and what holds of everything between."""

import math

import pytest

from locust_ext.gates.bounds import figures_between, holds_of_all, sentence
from locust_ext.gates.outcomes import Status, judge
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.censored import Censored
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import CounterSink, GaugeSink, Kind, RateSink


def trend(*values):
    """Return a histogram of the values, in milliseconds."""
    found = Histogram()
    found.record_all(values)
    return found


NOTHING = trend()
ENDED = trend(1, 1.5, 2)
NEVER = math.inf

BETWEEN = [
    ("the mean of what ended and is open, or no end", "avg<1", ENDED, trend(0.5), NOTHING, [1.25, NEVER]),
    ("the maximum grows without end", "max<1", ENDED, trend(0.5), NOTHING, [2, NEVER]),
    ("the maximum is at least the oldest age", "max<1", ENDED, trend(2.04), NOTHING, [2.04, NEVER]),
    ("the minimum cannot rise above what ended", "min<1", ENDED, trend(0.5), NOTHING, [0.5, 1]),
    ("the minimum of nothing that ended has no end", "min<1", NOTHING, trend(0.5), NOTHING, [0.5, NEVER]),
    ("a median that one open request moves by a rank", "med<1", ENDED, trend(0.1), NOTHING, [1, 1.5]),
    ("a high percentile is that of the open ones", "p(90)<1", ENDED, trend(1.6), NOTHING, [2, NEVER]),
    ("a low percentile is not", "p(25)<1", ENDED, trend(1.6), NOTHING, [1, 1]),
    ("how many ended is certain", "count<1", ENDED, trend(1.6), NOTHING, [3, 3]),
    ("nothing ended, nothing to count", "count<1", NOTHING, trend(1.6), NOTHING, []),
    ("one that may not belong to it leaves both", "max<1", ENDED, NOTHING, trend(2.04), [2, NEVER]),
    ("the lowest mean is with the young ones alone", "avg<1", ENDED, NOTHING, trend(0.5, 2.04), [1.25, NEVER]),
    ("so is the lowest median", "med<1", trend(1, 2), NOTHING, trend(0.5, 2.01, 2.02, 2.03), [1, NEVER]),
    ("with none where all are older", "avg<1", ENDED, NOTHING, trend(2.03, 2.04), [1.5, NEVER]),
    ("each of several that are as old", "avg<1", trend(4), NOTHING, trend(0.5, 0.5, 0.5), [1.375, NEVER]),
    ("a share without and with the open one", "rate<1", RateSink(1, 3), trend(5), NOTHING, [0.25, 0.5]),
    ("a share of open ones alone is anything", "rate<1", RateSink(), trend(5), NOTHING, [0, 1]),
    ("a share that two may not belong to", "rate<1", RateSink(1, 2), NOTHING, trend(5, 5), [0.25, 0.75]),
    ("a counter counts what ended", "count<1", CounterSink(3, 3), trend(5), NOTHING, []),
    ("a gauge has nothing open", "value<1", GaugeSink(), trend(5), NOTHING, []),
]


@pytest.mark.parametrize(
    "text, sink, ages, possible, expected", [row[1:] for row in BETWEEN], ids=[row[0] for row in BETWEEN]
)
def test_figures_between(text, sink, ages, possible, expected):
    """The figure lies between its values where open ones are as old as they are, and where they never end."""
    assert figures_between(parse_assertion(text), sink, Censored(ages, possible)) == pytest.approx(expected)


HOLDS = [
    ("below the bound throughout", "<", (1, 2), True),
    ("not below it at its upper end", "<", (1, 3), None),
    ("nowhere below it", "<", (3, 4), False),
    ("at most, up to the bound itself", "<=", (1, 3), True),
    ("at most, from the bound on", "<=", (3, 4), None),
    ("beyond it without end", "<=", (3.1, NEVER), False),
    ("above it throughout", ">", (4, NEVER), True),
    ("above it but for its lower end", ">", (3, NEVER), None),
    ("nowhere above it", ">", (1, 3), False),
    ("at least, from the bound on", ">=", (3, NEVER), True),
    ("at least, up to the bound", ">=", (1, 3), None),
    ("nowhere at least", ">=", (1, 2), False),
    ("equal, and certain", "==", (3, 3), True),
    ("equal at one end", "==", (3, 4), None),
    ("perhaps equal in between", "==", (1, 4), None),
    ("nowhere equal", "==", (4, NEVER), False),
    ("k6's other spelling of it", "===", (1, 4), None),
    ("unequal throughout", "!=", (4, 5), True),
    ("perhaps equal in between, so not surely unequal", "!=", (1, 4), None),
    ("unequal but at one end", "!=", (1, 3), None),
    ("equal throughout", "!=", (3, 3), False),
]


@pytest.mark.parametrize("compare, between, expected", [row[1:] for row in HOLDS], ids=[row[0] for row in HOLDS])
def test_holds_of_all(compare, between, expected):
    """True or False of every value between the two, else None. The bound is 3."""
    assert holds_of_all(parse_assertion(f"avg{compare}3"), between) is expected


SENTENCES = [
    ("several", trend(31_000, *[5] * 6), 300, "7 of 300 requests were still open, the longest for 31 s"),
    ("one", trend(1_400), 20, "1 of 20 requests was still open, the longest for 1.4 s"),
    ("the only one", trend(90_000), 1, "1 of 1 request was still open, the longest for 90 s"),
    ("thousands", trend(*[2_000] * 1234), 5678, "1,234 of 5,678 requests were still open, the longest for 2.0 s"),
    ("young ones", trend(420.4), 20, "1 of 20 requests was still open, the longest for 420 ms"),
]


@pytest.mark.parametrize("ages, total, said", [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_sentence(ages, total, said):
    """It says how many of how many, and for how long."""
    assert sentence("http_req_duration", Censored(ages), total) == said


def limit(text, selector="http_req_duration", kind=Kind.TREND, **options):
    """Return a threshold."""
    return Threshold(parse_selector(selector), parse_assertion(text), kind, **options)


JUDGED = [
    ("few open ones change no high share", limit("med<400"), trend(*[10] * 20), trend(1), NOTHING, Status.PASSED),
    ("a slow run fails, whatever they do", limit("avg<400"), trend(900), trend(900), NOTHING, Status.FAILED),
    ("old open ones alone fail", limit("med<400"), NOTHING, trend(500, 500), NOTHING, Status.FAILED),
    ("young open ones alone prove nothing", limit("med<400"), NOTHING, trend(5, 5), NOTHING, Status.INCONCLUSIVE),
    ("what may not belong to it does not fail it", limit("med<400"), NOTHING, NOTHING, trend(500, 500), "inconclusive"),
    ("what may not belong to it passes nothing", limit("med>400"), NOTHING, NOTHING, trend(500, 500), "inconclusive"),
    ("nor is it a sample", limit("min<4", min_samples=2), trend(1), NOTHING, trend(5), Status.INCONCLUSIVE),
    ("not even of one that may be absent", limit("med>400", optional=True), NOTHING, NOTHING, trend(5), "inconclusive"),
    ("an optional one with nothing at all", limit("med<4", optional=True), NOTHING, NOTHING, NOTHING, Status.PASSED),
    ("how many ended, when none did", limit("count<9"), NOTHING, trend(5), NOTHING, Status.INCONCLUSIVE),
]


@pytest.mark.parametrize("rule, ended, ages, possible, status", [row[1:] for row in JUDGED], ids=[r[0] for r in JUDGED])
def test_judge(rule, ended, ages, possible, status):
    """Only what holds of all that can still become of it passes, or fails."""
    outcome = judge(rule, ended, 10, censored=Censored(ages, possible))
    assert outcome.status == status
    if outcome.status is Status.INCONCLUSIVE:
        assert "still open, the longest for" in outcome.reason


WAITED = [
    ("http_req_duration", "request"),
    ("message_age", "message"),
    ("replica_lag", "write"),
    ("never_seen", "write"),
]


@pytest.mark.parametrize("metric, what", WAITED, ids=[row[0] for row in WAITED])
def test_what_was_waited_for(metric, what):
    """Is called by its name."""
    assert sentence(metric, Censored(trend(5)), 3).startswith(f"1 of 3 {what}s was still open")
