"""Which failed requests no threshold looks at, as a table."""

import pytest

from locust_ext.gates.coverage import Uncovered, total, uncovered
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import conclude
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink


def threshold(selector, text="rate<0.01"):
    """Return a threshold on a built-in metric."""
    chosen = parse_selector(selector)
    return Threshold(
        chosen, parse_assertion(text), BUILT_IN[chosen.metric].kind if chosen.metric in BUILT_IN else Kind.RATE
    )


def store(*leaves, limit=1000):
    """Return a store of (metric, tags, failed) rows, ten requests each."""
    made = Store(limit, common={"run_type": "pr"})
    for metric, tags, failed in leaves:
        made.leaf(metric, tags_of(tags), Kind.RATE).merge(RateSink(failed, 10))
    return made


FEED = ("http_req_failed", {"name": "/feed", "method": "GET", "phase": "peak", "status": "500"}, 3)
TICKS = ("req_failed", {"name": "connect /ticks", "type": "WS"}, 2)

TABLE = [
    ("nothing failed", [], [("http_req_failed", {"name": "/feed"}, 0)], 0, 0),
    ("only durations are judged", [threshold("http_req_duration", "p(95)<400")], [FEED], 0, 3),
    ("failures are judged", [threshold("http_req_failed")], [FEED], 0, 0),
    ("those of this endpoint", [threshold("http_req_failed{name:/feed}")], [FEED], 0, 0),
    ("those of another endpoint", [threshold("http_req_failed{name:/posts}")], [FEED], 0, 3),
    ("those of the same beginning", [threshold("http_req_failed{name:/f*}")], [FEED], 0, 0),
    ("those of this phase", [threshold("http_req_failed{phase:peak}")], [FEED], 0, 0),
    ("those of another phase", [threshold("http_req_failed{phase:recovery}")], [FEED], 0, 3),
    ("a run-wide tag covers", [threshold("http_req_failed{run_type:pr}")], [FEED], 0, 0),
    ("another run-wide tag does not", [threshold("http_req_failed{run_type:nightly}")], [FEED], 0, 3),
    ("a tag that it has not", [threshold("http_req_failed{endpoint:feed}")], [FEED], 0, 3),
    ("the other family does not cover", [threshold("req_failed")], [FEED], 0, 3),
    ("nor the first the second", [threshold("http_req_failed")], [TICKS], 0, 2),
    ("checks do not", [threshold("checks")], [FEED], 0, 3),
    ("own rates do not", [threshold("feed_failed")], [FEED], 0, 3),
    ("of two families one", [threshold("req_failed")], [FEED, TICKS], 0, 3),
    ("a loose bound covers", [threshold("http_req_failed", "rate<1")], [FEED], 0, 0),
    ("Locust counted more than we saw", [threshold("http_req_failed")], [FEED], 5, 2),
    ("Locust counted less, after a reset", [threshold("http_req_failed")], [FEED], 1, 0),
    ("a baseline alone", [], [FEED, TICKS], 5, 5),
]


@pytest.mark.parametrize("rules, leaves, counted, missed", [r[1:] for r in TABLE], ids=[r[0] for r in TABLE])
def test_covered(rules, leaves, counted, missed):
    """A failed request is covered by a threshold on failures of its family that selects it, and by nothing else."""
    assert total(uncovered(rules, store(*leaves), counted)) == missed


def test_what_was_lumped_together_is_covered_by_what_sees_it():
    """Failures under ``__other__`` keep their phase: a threshold on all of them, or on the phase, covers them."""
    crowded = store(*((FEED[0], {"name": str(number), "phase": "peak"}, 1) for number in range(4)), limit=2)
    assert total(uncovered([threshold("http_req_failed")], crowded)) == 0
    assert total(uncovered([threshold("http_req_failed{phase:peak}")], crowded)) == 0
    assert total(uncovered([threshold("http_req_failed{name:0}")], crowded)) == 3


SENTENCES = [
    (
        "the first is the one with the most",
        uncovered([], store(FEED, ("http_req_failed", {"name": "/posts", "method": "POST"}, 9))),
        (
            "12 requests failed (http_req_failed, first: POST /posts) and no threshold looks at them;"
            ' add http_req_failed: ["rate<0.01"]'
        ),
    ),
    (
        "one request",
        uncovered([], store(("req_failed", {"name": "connect /ticks", "type": "WS", "phase": "storm"}, 1))),
        (
            "1 request failed (req_failed, first: WS connect /ticks in storm) and no threshold looks at it;"
            ' add req_failed: ["rate<0.01"]'
        ),
    ),
    (
        "unseen",
        (Uncovered(4),),
        "4 requests failed that Locust counted and no listener of ours could read: no threshold looks at them",
    ),
]


@pytest.mark.parametrize("found, sentence", [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_sentence(found, sentence):
    """The sentence names the family, the first culprit, and the threshold to add."""
    assert [str(one) for one in found] == [sentence]


PASSED = Outcome(threshold("http_req_duration", "p(95)<400"), Status.PASSED, 1.0, 100)
FAILED = Outcome(threshold("http_req_duration", "p(95)<400"), Status.FAILED, 900.0, 100)
MISSED = {"uncovered": (Uncovered(3, "http_req_failed", "GET /feed"),), "failed_requests": 3}

VERDICTS = [
    ("as stock", [PASSED], {}, 1, "failed"),
    ("Locust's own code", [PASSED], {"stock_exit_code": 7}, 7, "failed"),
    ("0 is 0, as stock", [PASSED], {"stock_exit_code": 0}, 0, "passed"),
    ("a failed threshold wins", [FAILED], {}, 99, "failed"),
    ("a doubt wins", [PASSED], {"lag": 500.0}, 111, "inconclusive"),
    ("a signal wins", [PASSED], {"signal": "SIGTERM"}, 105, "aborted"),
    ("user code wins", [PASSED], {"user_errors": 1}, 107, "error"),
    ("a baseline alone", [], {"compared": 3}, 1, "failed"),
]


@pytest.mark.parametrize("outcomes, beside, code, word", [r[1:] for r in VERDICTS], ids=[r[0] for r in VERDICTS])
def test_verdict(outcomes, beside, code, word):
    """Adding us never turns a red run green: what nobody judges ends as Locust ends it, below all that we judge."""
    verdict = conclude(outcomes, RunHealth(**MISSED, **beside))
    assert (verdict.exit_code, verdict.word) == (code, word)
