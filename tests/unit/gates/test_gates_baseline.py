"""A run beside the runs before it: which figures are compared, and when nothing can be said."""

from dataclasses import replace
from random import Random

import pytest

from locust_ext.gates.baseline import TOO_FEW, compare, mismatches
from locust_ext.gates.extremes import extremes
from locust_ext.gates.figures import MOST_ENDPOINTS, Snapshot
from locust_ext.gates.outcomes import Status
from locust_ext.gates.policy import Policy
from locust_ext.load.schedule import Phase
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink

FINGERPRINT = {"load": "smoke", "workers": "1"}
PHASES = (Phase("warmup", 0, 10), Phase("steady", 10, 60))


def run(seed=1, factor=1.0, failed=0.0, endpoints=None, warmup=0.0, fingerprint=None, count="http_reqs"):
    """Return a run; ``endpoints`` are requests by name, ``warmup`` adds so many slow requests to it."""
    rng, store = Random(seed), Store()
    prefix = "http_" if count.startswith("http") else ""
    for name, requests in (endpoints or {"/feed": 2000}).items():
        for phase, amount, slow in (("steady", requests, factor), ("warmup", int(warmup), 50.0)):
            tags = tags_of({"name": name, "method": "GET", "phase": phase, "status": 200})
            leaf = store.leaf(f"{prefix}req_duration", tags, Kind.TREND)
            leaf.record_all(slow * 40 * rng.lognormvariate(0, 0.4) for _ in range(amount))
            hits = sum(rng.random() < failed for _ in range(amount))
            store.leaf(f"{prefix}req_failed", tags, Kind.RATE).merge(RateSink(hits, amount))
            for _ in range(amount):
                store.leaf(f"{prefix}reqs", tags, Kind.COUNTER).add(1)
    given = FINGERPRINT if fingerprint is None else fingerprint
    return Snapshot(f"run{seed}", f"2026-11-24T10:{seed:02}", given, 60.0, PHASES, store)


BEFORE = [run(seed) for seed in range(1, 6)]
THOUSAND, LESS = {"/feed": 1000}, {"/feed": 999}
TWO = {"/feed": 2000, "/create": 300}

ROWS = [
    ("healthy", run(20), BEFORE, {}, "passed"),
    ("half as slow again", run(20, 1.5), BEFORE, {}, "failed"),
    ("a little slower", run(20, 1.1), BEFORE, {}, "passed"),
    ("errors", run(20, failed=0.05), BEFORE, {}, "failed"),
    ("a fifth of the requests", run(20, endpoints={"/feed": 1000}), BEFORE, {"quantiles": (50.0,)}, "failed"),
    ("a slow warm-up is left out", run(20, warmup=500), BEFORE, {}, "passed"),
    ("unless it is asked for", run(20, warmup=500), BEFORE, {"excluded": ()}, "failed"),
    ("nothing before", run(20), [], {}, "inconclusive"),
    ("two earlier runs", run(20), BEFORE[:2], {}, "inconclusive"),
    ("two earlier runs are enough if one says so", run(20), BEFORE[:2], {"min_runs": 2}, "passed"),
    ("nothing before, and that is allowed", run(20), [], {"optional": True}, "passed"),
    (
        "too few samples",
        run(20, endpoints={"/feed": 500}),
        [run(s, endpoints={"/feed": 500}) for s in (1, 2, 3)],
        {},
        "inconclusive",
    ),
    ("just enough samples", run(20, endpoints=THOUSAND), [run(s, endpoints=THOUSAND) for s in (1, 2, 3)], {}, "passed"),
    ("one sample less", run(20, endpoints=LESS), [run(s, endpoints=THOUSAND) for s in (1, 2, 3)], {}, "inconclusive"),
    (
        "one sample less before",
        run(20, endpoints=THOUSAND),
        [run(1, endpoints=LESS), *(run(s, endpoints=THOUSAND) for s in (2, 3))],
        {},
        "inconclusive",
    ),
    (
        "too few samples of one endpoint of two",
        run(20, endpoints=TWO),
        [run(s, endpoints=TWO) for s in (1, 2, 3)],
        {},
        "passed",
    ),
    ("slower earlier runs", run(20), [run(s, 2.0) for s in (1, 2, 3)], {}, "passed"),
    ("a wider limit", run(20, 1.5), BEFORE, {"max_regression": 1.0}, "passed"),
    ("a higher floor", run(20, 1.5), BEFORE, {"floor": 500.0}, "passed"),
    ("nothing measured", replace(run(20), store=Store()), BEFORE, {}, "inconclusive"),
    ("a run of other requests", run(20, 1.5, count="reqs"), [run(s, count="reqs") for s in (1, 2, 3)], {}, "failed"),
]


@pytest.mark.parametrize("this, before, changes, status", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_compare(this, before, changes, status):
    """Failed with evidence, passed with evidence, and inconclusive without."""
    assert compare([this], before, Policy(**changes)).status is Status(status)


def test_other_ways_of_making_a_run_are_named():
    """A run with two workers is not a measure for one with one, and it is said why."""
    others = [replace(one, fingerprint={"load": "smoke", "workers": "2"}) for one in BEFORE[:3]]
    comparison = compare([run(20)], [*others, *BEFORE[3:]], Policy())
    assert comparison.status is Status.INCONCLUSIVE
    assert comparison.gaps[0].startswith("2 runs to compare with; needs 3 (the run of 2026-11-24T10:01 was made in")
    assert "workers 2, here 1" in comparison.notes[0]


def test_what_cannot_be_read_is_passed_on():
    """The sentence about a damaged run stands in the comparison, and the others are used."""
    comparison = compare([run(20)], BEFORE, Policy(), ["x/summary.json: it was cut off"])
    assert (comparison.status, len(comparison.runs)) == (Status.PASSED, 5)
    assert comparison.notes == ("x/summary.json: it was cut off",)


def test_a_run_is_no_measure_for_itself():
    """Added to the directory before it is judged, it is left out."""
    this = run(20, 1.5)
    comparison = compare([this], [*BEFORE, this], Policy())
    assert (comparison.status, len(comparison.runs)) == (Status.FAILED, 5)
    assert "is this run itself" in comparison.notes[0]


def test_too_few_runs_still_show_figures():
    """One earlier run gives ratios to look at, and no verdict on any."""
    comparison = compare([run(20, 3.0)], BEFORE[:1], Policy())
    assert {row.status for row in comparison.rows} == {Status.INCONCLUSIVE}
    assert comparison.rows[0].ratio > 2
    assert comparison.rows[0].reason == TOO_FEW
    assert not comparison.suspect


def test_the_last_runs_count():
    """Of more runs than are kept, the last ones are taken."""
    before = [*(run(seed, 3.0) for seed in range(1, 4)), *(run(seed) for seed in range(4, 8))]
    comparison = compare([run(20, 1.5)], before, Policy(most_runs=4))
    assert (comparison.status, comparison.runs[0]) == (Status.FAILED, "2026-11-24T10:04")


@pytest.mark.parametrize(
    "factors, status",
    [((1.5, 1.0, 1.0), "passed"), ((1.5, 1.5, 1.0), "failed")],
    ids=["one slow run of three", "two slow runs of three"],
)
def test_the_median_of_three(factors, status):
    """Repeats are judged by their median."""
    comparison = compare([run(20 + i, factor) for i, factor in enumerate(factors)], BEFORE, Policy())
    assert (comparison.status, comparison.repeats) == (Status(status), 3)


def test_the_whole_is_judged_where_an_endpoint_is_thin():
    """With enough samples everywhere the endpoints speak for themselves; else the whole does as well."""

    def selectors(endpoints):
        before = [run(seed, endpoints=endpoints) for seed in (1, 2, 3)]
        rows = compare([run(20, endpoints=endpoints)], before, Policy()).rows
        return {str(row.rule.selector) for row in rows if row.rule.method == "p(99)"}

    assert "http_req_duration" not in selectors({"/a": 1500, "/b": 1500})
    assert "http_req_duration" in selectors({"/a": 1500, "/b": 150})


def test_a_named_figure_must_be_judged():
    """Who names an endpoint wants it judged: without samples the run proves nothing."""
    selector = Selector("http_req_duration", (("name", "/export"),))
    policy = Policy(own_limits={selector: {"p(99)": 0.1}}, kinds={"http_req_duration": Kind.TREND})
    comparison = compare([run(20)], BEFORE, policy)
    assert comparison.gaps == ("http_req_duration{name:/export}: p(99): not measured in this run",)


def test_a_named_figure_has_its_own_limit():
    """10 % for one, 30 % for the rest; without a method the limit is for all of them."""
    selector = Selector("http_req_duration", (("name", "/feed"),))
    policy = Policy(own_limits={selector: {"": 0.05}}, kinds={"http_req_duration": Kind.TREND})
    rows = [row for row in compare([run(20, 1.25)], BEFORE, policy).rows if row.rule.selector == selector]
    assert [(row.rule.method, row.rule.limit, row.rule.required) for row in rows] == [
        ("p(95)", 0.05, True),
        ("p(99)", 0.05, True),
    ]
    assert rows[0].status is Status.FAILED


def test_new_and_gone_endpoints_are_named():
    """Neither can be compared; neither makes the run a failure."""
    comparison = compare([run(20, endpoints={"/feed": 2000, "/new": 2000})], BEFORE, Policy())
    reasons = {dict(row.rule.selector.tags).get("name"): row.reason for row in comparison.rows if row.reason}
    assert reasons["/new"] == "new: not measured in the earlier runs"
    gone = compare([run(20)], [run(seed, endpoints={"/feed": 2000, "/old": 2000}) for seed in (1, 2, 3)], Policy())
    reasons = {dict(row.rule.selector.tags).get("name"): row.reason for row in gone.rows if row.reason}
    assert reasons["/old"] == "not measured in this run"


def test_endpoints_are_bounded():
    """Of a hundred endpoints the fifty with the most requests are compared one by one."""
    many = {f"/{number:03}": 20 + number for number in range(100)}
    comparison = compare([run(20, endpoints=many)], [run(seed, endpoints=many) for seed in (1, 2, 3)], Policy())
    names = {name for row in comparison.rows if (name := dict(row.rule.selector.tags).get("name"))}
    assert (len(names), min(names)) == (MOST_ENDPOINTS, "/050")


def test_spectra_are_those_of_all_runs_before():
    """The distribution before is drawn from all runs together: of the endpoint, and of all requests."""
    spectra = compare([run(20)], BEFORE, Policy()).spectra
    assert [dict(selector.tags).get("name") for selector in spectra] == [None, "/feed"]
    points, _ = spectra.values()
    assert [percent for percent, _ in points][:2] == [0, 10]
    assert [height for _, height in points] == sorted(height for _, height in points)


def test_mismatches():
    """Keys that one side lacks count as different."""
    assert mismatches({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b 3, here 2", "c 4, here unknown"]
    assert mismatches({"runner": ""}, {}) == []
    assert mismatches({"changed": "surge 20s instead of 1m"}, {}) == ["changed nothing, here surge 20s instead of 1m"]


CLIENTS = [
    ("the same", "LeanHttpUser", "LeanHttpUser", True),
    ("another", "LeanHttpUser", "FastHttpUser", False),
    ("an older run, and a client of before", "FastHttpUser", "", True),
    ("an older run, and LeanHttpUser, which is newer", "HttpUser, LeanHttpUser", "", False),
]


@pytest.mark.parametrize("this, that, alike", [row[1:] for row in CLIENTS], ids=[row[0] for row in CLIENTS])
def test_clients_of_runs(this, that, alike):
    """Runs of other clients are not compared; one that does not say its client was measured with the class's own."""
    before = {"client": that} if that else {}
    assert (mismatches({"client": this}, before) == []) is alike
    assert (mismatches(before, {"client": this}) == []) is alike


def with_lost(count, milliseconds=5.0, **tags):
    """Return a healthy run of which so many requests never came back, with the age that they had."""
    ages = Histogram()
    ages.record_all([milliseconds] * count)
    named = [list(pair) for pair in tags_of({"name": "/feed", "method": "GET", "phase": "steady", **tags})]
    censored = CensoredStore()
    censored.merge([["http_req_duration", named, "lost", ages.to_row()]])
    return replace(run(20), censored=censored, open_requests=count)


NAMED = {
    "own_limits": {Selector("http_req_failed", (("status", "200"),)): {"": 0.3}},
    "kinds": {"http_req_failed": Kind.RATE},
}

LOST = [
    ("too few to matter", with_lost(2), BEFORE, {}, "passed"),
    ("so many that it depends on them", with_lost(200), BEFORE, {}, "inconclusive"),
    ("so many and so old that it fails anyhow", with_lost(1500, 60_000), BEFORE, {}, "failed"),
    ("in a phase that is left out", with_lost(200, phase="warmup"), BEFORE, {}, "passed"),
    ("of another endpoint", with_lost(200, name="/new"), BEFORE, {}, "inconclusive"),
    ("few, but nobody knows their status", with_lost(2), BEFORE, NAMED, "inconclusive"),
    ("a healthy one by status", run(20), BEFORE, NAMED, "passed"),
    ("how old they were was not kept", replace(run(20), open_requests=2), BEFORE, {}, "inconclusive"),
    (
        "runs before that lost some are left out",
        run(20),
        [replace(one, open_requests=1) for one in BEFORE],
        {},
        "inconclusive",
    ),
    ("enough others are left", run(20), [replace(BEFORE[0], open_requests=1), *BEFORE[1:]], {}, "passed"),
]


def test_a_share_of_which_some_are_open():
    """What may be one of them or not is a hit in the one extreme, and none in the other."""
    store, tags = Store(), tags_of({"name": "post"})
    store.put("never_seen", tags, RateSink(1, 3))
    censored = CensoredStore()
    ages = Histogram()
    ages.record_all([5.0] * 2)
    censored.merge([["never_seen", [list(pair) for pair in tags], "lost", ages.to_row()]])
    both = extremes(replace(run(20), store=store, censored=censored))
    found = [one.store.series["never_seen", tags] for one in both]
    assert [(sink.hits, sink.total) for sink in found] == [(1, 5), (3, 5)]


@pytest.mark.parametrize("this, before, changes, status", [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_requests_that_never_came_back(this, before, changes, status):
    """A figure is compared only where it does not depend on them, and runs that lost some are not a measure."""
    comparison = compare([this], before, Policy(**changes))
    assert comparison.status is Status(status)
    if status == "inconclusive":
        assert "never came back" in "; ".join(comparison.gaps + comparison.notes)
