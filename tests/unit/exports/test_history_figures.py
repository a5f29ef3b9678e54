"""What a history keeps of a run: the figures of its reports, with their intervals, and only what is evidence."""

import math
from dataclasses import replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from locust_ext.exports.history import ALL, requests_of, started_of, tracked
from locust_ext.exports.measures import BIGGER, NEITHER, SMALLER, judged
from locust_ext.gates.intervals import count_interval, quantile_interval, share_interval
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.since_reset import PART
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.sinks import Kind
from locust_ext.reports.endpoints import endpoints_of
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.result import Finding
from tests.unit.exports.recorded import BARE, kept, measured, small
from tests.unit.reports.examples import FEED, OUTCOMES, drifting, example, limited, outcome, watched_for


def by_name(run):
    """Return a run's figures by subject and measure."""
    return {(one.subject, one.measure.slug): one for one in run.figures}


def test_the_figures_of_an_endpoint():
    """Are those of the reports, each with the interval that comparisons use."""
    run = example(outcomes=OUTCOMES)
    found, (endpoint, *_) = by_name(kept(run)), [one for one in endpoints_of(run) if one.name == FEED]
    for percent, slug in ((50, "p50-ms"), (95, "p95-ms"), (99, "p99-ms")):
        figure = found[f"GET {FEED}", slug]
        assert figure.value == endpoint.durations.percentile(percent)
        assert (figure.low, figure.high) == quantile_interval(endpoint.durations, percent, 0.05)
        assert figure.count == 3000
    many, hits = endpoint.failures.total, endpoint.failures.hits
    rate, share = found[f"GET {FEED}", "throughput"], found[f"GET {FEED}", "failed-share"]
    assert (rate.value, rate.low, rate.high) == (50.0, *(end / 60 for end in count_interval(3000, 0.05)))
    assert (share.value, share.low, share.high) == (hits / many, *share_interval(hits, many, 0.05))
    assert found[ALL, "throughput"].value == 100.0
    assert found[ALL, "p99-ms"].count == 6000


def test_only_the_endpoints_that_are_asked_for():
    """All requests are told in any case, those of other endpoints among them."""
    run = small(names=("/a", "/b"))
    found = tracked(run, started_of(run), {"GET /b"})
    assert {one.subject for one in found.figures} == {ALL, "GET /b"}
    assert by_name(found)[ALL, "throughput"].count == 400
    assert requests_of(run) == {"GET /a": 200, "GET /b": 200}


@given(
    st.lists(st.floats(0, 5e4), min_size=1, max_size=500) | st.lists(st.sampled_from([0.0, 1.0, 900.0]), min_size=50),
    st.integers(0, 3),
)
def test_a_value_lies_within_its_interval(durations, failed):
    """Whatever was measured; a percentile that has too few samples to mean anything is not told."""
    run = kept(measured({("GET", "/a"): durations}, min(failed, len(durations))))
    found = by_name(run)
    for one in run.figures:
        assert one.low is None or one.low <= one.value
        assert one.high is None or one.value <= one.high
        assert math.isfinite(one.value)
    for needed, slug in ((2, "p50-ms"), (20, "p95-ms"), (100, "p99-ms")):
        assert (("GET /a", slug) in found) is (len(durations) >= needed)
        event(f"{slug} told: {len(durations) >= needed}")


EMPTY = [
    ("nothing was measured", BARE),
    ("an endpoint without a request", measured({("GET", "/a"): []})),
    ("durations that are none", measured({("GET", "/a"): [float("nan")] * 30})),
]


@pytest.mark.parametrize("run", [row[1] for row in EMPTY], ids=[row[0] for row in EMPTY])
def test_no_durations(run):
    """There is no percentile of nothing."""
    assert [one for one in kept(run).figures if one.measure.unit == "ms"] == []


def test_durations_of_zero():
    """Are durations; a run that took no time has no rate."""
    found = by_name(kept(measured({("GET", "/a"): [0.0] * 200}, duration=0.0)))
    assert found["GET /a", "p99-ms"].value == 0.0
    assert ("GET /a", "throughput") not in found
    assert found["GET /a", "failed-share"].value == 0.0


SIDES = [
    ("p(95)<400", Kind.TREND, "http_req_duration", ("at-most-ms", "ms", SMALLER)),
    ("p(95)>=400", Kind.TREND, "http_req_duration", ("at-least-ms", "ms", BIGGER)),
    ("count>5", Kind.TREND, "http_req_duration", ("at-least-samples", "samples", BIGGER)),
    ("rate<0.01", Kind.RATE, "http_req_failed", ("at-most-share", "share", SMALLER)),
    ("rate>0.9", Kind.RATE, "checks", ("at-least-share", "share", BIGGER)),
    ("rate>50", Kind.COUNTER, "http_reqs", ("at-least-per-second", "/s", BIGGER)),
    ("count==7", Kind.COUNTER, "http_reqs", ("equal-to-count", "count", NEITHER)),
    ("avg<=3", Kind.TREND, "retry_amplification", ("at-most-attempts", "attempts", SMALLER)),
    ("value<5e8", Kind.GAUGE, "probe{series:process_resident_memory_bytes}", ("at-most-bytes", "bytes", SMALLER)),
    ("value<5", Kind.GAUGE, "probe{series:lag_seconds}", ("at-most-s", "s", SMALLER)),
    ("p(50)<5", Kind.TREND, "of_my_own", ("at-most-value", "value", SMALLER)),
]


@pytest.mark.parametrize("assertion, kind, selector, said", SIDES, ids=[f"{row[2]} {row[0]}" for row in SIDES])
def test_what_a_threshold_measures(assertion, kind, selector, said):
    """Its unit, and on which side of its limit it is better: a limit that moves leaves the name as it was."""
    measure = judged(Threshold(parse_selector(selector), parse_assertion(assertion), kind))
    assert (measure.slug, measure.unit, measure.better) == said


def test_thresholds_of_a_run():
    """Their values stand under their selection and figure; of a percentile, a share and a count with the interval."""
    found = by_name(kept(limited()))
    p95 = found["threshold http_req_duration p(95)", "at-most-ms"]
    assert (p95.value, p95.low, p95.high) == (44.5, 44.287, 46.847)
    assert found["threshold http_reqs rate", "at-least-per-second"].high == pytest.approx(102.546, abs=0.001)
    longest = found["threshold http_req_duration max", "at-most-ms"]
    assert (longest.value, longest.low, longest.high) == (163.0, None, None)
    assert not [subject for subject, _ in found if "/export" in subject]  # it is inconclusive


def test_what_is_inconclusive_is_no_evidence():
    """Whatever value it has: a threshold that depends on what did not come back, a drift that was not to be judged."""
    unsure = outcome("http_req_duration", "p(95)<400", "inconclusive", 390.0, 3000, "it depends on 9 requests")
    drift = watched_for("process_open_fds", growth=0.5, reason="only 4 blocks")
    assert [one.subject for one in kept(replace(BARE, outcomes=(unsure,), drifts=(drift,))).figures] == []


def test_a_threshold_with_another_value_than_was_measured():
    """Has no interval: it is of a window, or counts what did not come back."""
    threshold = Threshold(parse_selector("http_req_duration"), parse_assertion("p(95)<400"), Kind.TREND)
    run = replace(small(), outcomes=(Outcome(threshold, Status.FAILED, 9000.0, 200),))
    figure = by_name(kept(run))["threshold http_req_duration p(95)", "at-most-ms"]
    assert (figure.value, figure.low, figure.high) == (9000.0, None, None)
    window = replace(run, outcomes=(Outcome(replace(threshold, window=10.0), Status.FAILED, 47.0, 200),))
    assert by_name(kept(window))["threshold http_req_duration p(95) over 10s", "at-most-ms"].low is None


def test_drift():
    """Is told as the growth over the load with its lower bound, of what could be judged."""
    drifts = {subject: one for (subject, slug), one in by_name(kept(drifting())).items() if slug == "drift-growth"}
    leak = drifts["drift probe{instance:api,series:process_open_fds}"]
    assert leak.value == 0.3211
    assert leak.low == pytest.approx(0.3211 * 31.4 / 38.0)
    assert f"drift http_req_duration{{name:{FEED}}}: p(99)" in drifts
    assert not [subject for subject in drifts if "db_lag" in subject]
    assert all(one.low is None or one.low <= one.value for one in drifts.values())


STORM = {"dropped": 60, "returned": 57, "never_back": 3, "amplification": 2.5, "peak_100ms": 9, "peak_1s": 40}


def test_storms():
    """How many never came back, attempts each and in a second; how long it took is only told where all came back."""
    run = example(findings=(Finding("storm", "", STORM),))
    found = by_name(kept(run))
    lost = found["reconnects", "never-back-share"]
    assert (lost.value, lost.low, lost.high) == (0.05, *share_interval(3, 60, 0.05))
    assert found["reconnects", "attempts-each"].value == 2.5
    assert found["reconnects", "peak-attempts-per-second"].value == 40
    assert ("reconnects", "p95-ms") not in found
    healthy = example(findings=(Finding("storm", "", {**STORM, "returned": 60, "never_back": 0}),))
    assert by_name(kept(healthy))["reconnects", "p95-ms"].count == 12_000
    assert not [one for one in kept(example(findings=())).figures if one.subject == "reconnects"]


ODD = [{"dropped": "x"}, {"dropped": 3, "never_back": None, "returned": -1, "peak_1s": "9"}, {}]


@pytest.mark.parametrize("figures", ODD, ids=map(str, ODD))
def test_a_storm_of_which_little_is_said(figures):
    """Tells no figure that is not there."""
    run = replace(BARE, findings=(Finding("storm", "", figures),))
    assert kept(run).figures == ()


NAMES = [
    ("as we call all of them", "all requests", "all requests (endpoint)"),
    ("as a threshold", "threshold x", "threshold x (endpoint)"),
    ("as storms", "reconnects", "reconnects (endpoint)"),
    ("nothing", "", "requests without a name"),
]


@pytest.mark.parametrize("name, subject", [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_an_endpoint_that_is_called_as_ours(name, subject):
    """Is told apart from them."""
    assert requests_of(measured({("", name): [1.0] * 30})) == {subject: 30}


def test_what_was_lumped_together():
    """Is not an endpoint: it holds others in each run. It counts among all requests."""
    run = measured({("GET", "__other__"): [1.0] * 30, ("GET", "/a"): [1.0] * 30})
    assert set(requests_of(run)) == {"GET /a"}
    assert {one.subject: one.count for one in kept(run).figures} == {ALL: 60, "GET /a": 30}


def test_what_a_reader_must_know():
    """Statistics that were reset, and requests that never came back."""
    run = small()
    assert kept(run).notes == ()
    assert kept(replace(run, reset_at=12.0)).notes == ("its statistics were reset: its figures are those since 12s",)
    opened = replace(run, open_requests=OpenRequests.of([OpenRow("/feed", "GET", 7, 31_000.0)]))
    assert "7 requests never came back" in kept(opened, "said before").notes[1]


def test_more_thresholds_than_a_history_holds():
    """Are left out, and that is said."""
    many = tuple(outcome(f"http_req_duration{{name:/{n}}}", "p(95)<400", "passed", 1.0) for n in range(101))
    run = kept(replace(BARE, outcomes=many))
    assert len(run.figures) == 100
    assert run.notes == ("of its 101 thresholds the first 100 are told",)


def test_rates_since_a_reset():
    """Are of the time since then."""
    found = by_name(kept(replace(small(), reset_at=50.0)))
    assert found["GET /feed", "throughput"].value == 20.0


def test_where_a_run_comes_from():
    """Its commit, its branch and its version, where its tags say them."""
    run = kept(replace(small(), tags={"git_sha": "0a1b2c3d", "git_branch": "main", "version": "1.2"}))
    assert (run.commit, run.branch, run.version) == ("0a1b2c3d", "main", "1.2")
    assert (kept(small()).commit, kept(small()).branch, kept(small()).version) == ("", "", "")


def test_the_way_in_which_a_run_was_made():
    """Is the same digits for the same fingerprint; a reset is not another way."""
    plain, users = {"load": "smoke", "users": "Reader*1"}, {"load": "smoke", "users": "Reader*2"}
    ways = [kept(replace(small(), fingerprint=one)).way for one in (plain, users, {**plain, PART: "since 5s"}, {})]
    assert ways[0] == ways[2] != ways[1]
    assert len(ways[0]) == 8
    assert ways[3] == ""


TIMES = [
    ("2026-11-24T10:00:00+00:00", "2026-11-24T10:00:00+00:00"),
    ("2026-11-24T12:00:00+02:00", "2026-11-24T10:00:00+00:00"),
    ("2026-11-24T10:00:00", "2026-11-24T10:00:00+00:00"),
    ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00+00:00"),
    ("yesterday", None),
    ("", None),
    ("0001-01-01T00:00:00+10:00", None),
]


@pytest.mark.parametrize("text, time", TIMES, ids=[row[0] or "nothing" for row in TIMES])
def test_when_a_run_began(text, time):
    """In UTC; what is not a time is none."""
    found = started_of(replace(BARE, started_at=text))
    assert (found and found.isoformat()) == time
