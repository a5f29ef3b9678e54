"""The figures of a run that are compared: which they are, what they are read off, and what is left out."""

from dataclasses import replace

import pytest

from locust_ext.gates.baseline import Comparison, _short, _unjudged, mismatches
from locust_ext.gates.figures import (
    MOST_ENDPOINTS,
    RATE_FLOOR,
    Snapshot,
    _endpoints,
    _rule,
    figure_of,
    rules_for,
    select,
    spectra_of,
)
from locust_ext.gates.outcomes import Status
from locust_ext.gates.policy import Policy
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Figure, Rule
from locust_ext.load.schedule import Phase
from locust_ext.measure.series import OTHER, Selector, Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink

POLICY = Policy(excluded=("warmup",))
PHASES = (Phase("warmup", 0, 10), Phase("steady", 10, 60))


def run(endpoints, phase="steady", **changes):
    """Return a run of a minute with so many requests of each endpoint, of ten milliseconds each."""
    store = Store()
    for name, count in endpoints.items():
        tags = tags_of({"name": name, "method": "GET", "phase": phase})
        store.leaf("http_req_duration", tags, Kind.TREND).record_all([10.0] * count)
        store.leaf("http_req_failed", tags, Kind.RATE).merge(RateSink(0, count))
        store.leaf("http_reqs", tags, Kind.COUNTER).add(count)
    return replace(Snapshot("r", "2026", {}, 60.0, PHASES, store), **changes)


def names(rules):
    """Return rules as texts."""
    return [str(rule) for rule in rules]


RULES = [
    (
        "one endpoint is the whole",
        {"/a": 5000},
        ["http_req_duration{method:GET,name:/a}: p(95)", "http_req_failed: rate", "http_reqs: rate"],
    ),
    (
        "of several each has its durations and failures",
        {"/a": 5000, "/b": 6000},
        [
            "http_req_duration{method:GET,name:/b}: p(95)",
            "http_req_duration{method:GET,name:/a}: p(95)",
            "http_req_failed: rate",
            "http_req_failed{method:GET,name:/b}: rate",
            "http_req_failed{method:GET,name:/a}: rate",
            "http_reqs: rate",
        ],
    ),
    (
        "where one is thin the whole is judged, too",
        {"/a": 199, "/b": 6000},
        [
            "http_req_duration: p(95)",
            "http_req_duration{method:GET,name:/b}: p(95)",
            "http_req_duration{method:GET,name:/a}: p(95)",
            "http_req_failed: rate",
            "http_req_failed{method:GET,name:/b}: rate",
            "http_req_failed{method:GET,name:/a}: rate",
            "http_reqs: rate",
        ],
    ),
    (
        "where each has just enough it is not",
        {"/a": 200, "/b": 6000},
        [
            "http_req_duration{method:GET,name:/b}: p(95)",
            "http_req_duration{method:GET,name:/a}: p(95)",
            "http_req_failed: rate",
            "http_req_failed{method:GET,name:/b}: rate",
            "http_req_failed{method:GET,name:/a}: rate",
            "http_reqs: rate",
        ],
    ),
    ("nothing was measured", {}, []),
]


@pytest.mark.parametrize("endpoints, rules", [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_what_is_compared(endpoints, rules):
    """Durations of the endpoints with the most requests first, then failures, then throughput."""
    assert names(rules_for([run(endpoints)], replace(POLICY, quantiles=(95.0,)))) == rules


def test_a_named_selection_comes_first_and_must_be_judged():
    """With its own limit, by method or for all of them."""
    selector = Selector("http_req_duration")
    policy = replace(POLICY, own_limits={selector: {"p(95)": 0.1, "": 0.5}}, kinds={"http_req_duration": Kind.TREND})
    first = rules_for([run({"/a": 5000})], policy)[0]
    assert (first.selector, first.method, first.limit, first.required) == (selector, "p(95)", 0.1, True)
    policy = replace(policy, own_limits={selector: {"": 0.5}})
    assert [(one.method, one.limit) for one in rules_for([run({"/a": 5000})], policy)[:2]] == [
        ("p(95)", 0.5),
        ("p(99)", 0.5),
    ]


FLOORS = [(Kind.TREND, 5.0), (Kind.RATE, RATE_FLOOR), (Kind.COUNTER, 0.0)]


@pytest.mark.parametrize("kind, floor", FLOORS)
def test_what_differs_by_so_little_does_not_matter(kind, floor):
    """By kind; half a percent of a share."""
    assert _rule(Selector("m"), kind, "rate", POLICY).floor == floor
    assert RATE_FLOOR == 0.005


def test_fewer_requests_are_worse():
    """And more of anything else."""
    assert _rule(Selector("http_reqs"), Kind.COUNTER, "rate", POLICY).rising is False
    assert _rule(Selector("http_req_failed"), Kind.RATE, "rate", POLICY).rising is True


def test_endpoints_are_bounded():
    """Fifty of them, those with the most requests; what was lumped together and what has no name is none."""
    many = run({f"/{number:02}": number + 1 for number in range(MOST_ENDPOINTS + 2)})
    many.store.leaf("http_req_duration", tags_of({"name": OTHER}), Kind.TREND).record_all([1.0] * 1000)
    many.store.leaf("http_req_duration", (), Kind.TREND).record_all([1.0] * 1000)
    found = [dict(tags)["name"] for tags in _endpoints("http_req_duration", [many, many])]
    assert (len(found), found[0], found[-1]) == (50, "/51", "/02")


def rule(metric, kind, method):
    """Return a rule on a metric."""
    return Rule(Selector(metric), kind, method, 0.3, 0.0)


def test_figures():
    """A percentile, a share, and a count over the time that is not left out; each with its interval."""
    one = run({"/a": 1000})
    assert figure_of(rule("http_req_duration", Kind.TREND, "p(95)"), one, POLICY, 0.05) == Figure(
        10.0, 10.0, 10.0, 1000
    )
    share = figure_of(rule("http_req_failed", Kind.RATE, "rate"), one, POLICY, 0.05)
    assert (share.value, share.low, share.count) == (0.0, 0.0, 1000)
    count = figure_of(rule("http_reqs", Kind.COUNTER, "rate"), one, POLICY, 0.05)
    assert (count.value, count.count) == (20.0, 1)
    assert count.low < 20.0 < count.high
    assert (
        figure_of(rule("http_reqs", Kind.COUNTER, "rate"), one, replace(POLICY, excluded=()), 0.05).value == 1000 / 60
    )


def test_what_was_not_measured_has_no_figure():
    """Nor has a count over no time."""
    empty = run({})
    for metric, kind in (
        ("http_req_duration", Kind.TREND),
        ("http_req_failed", Kind.RATE),
        ("http_reqs", Kind.COUNTER),
    ):
        assert figure_of(rule(metric, kind, "p(95)" if kind is Kind.TREND else "rate"), empty, POLICY, 0.05) is None
    short = replace(run({"/a": 5}), duration=10.0)
    assert figure_of(rule("http_reqs", Kind.COUNTER, "rate"), short, POLICY, 0.05) is None


def test_phases_that_are_left_out():
    """Unless somebody names one."""
    warm = run({"/a": 7}, phase="warmup")
    chosen = Selector("http_reqs", (("phase", "warmup"),))
    assert select(Selector("http_reqs"), Kind.COUNTER, warm, ("warmup",)).value == 0
    assert select(Selector("http_reqs"), Kind.COUNTER, warm, ()).value == 7
    assert select(chosen, Kind.COUNTER, warm, ("warmup",)).value == 7
    assert select(chosen, Kind.COUNTER, warm, ("warmup",)) is select(chosen, Kind.COUNTER, warm, ("warmup",))


def test_spectra():
    """Of all durations first, then of each selection; failures and counts have none."""
    one = run({"/a": 1000, "/b": 1000})
    spectra = spectra_of(rules_for([one], POLICY), [one, one], POLICY)
    assert [str(selector).split("{")[0] for selector in spectra] == ["http_req_duration"] * 3
    assert next(iter(spectra)) == Selector("http_req_duration")
    assert spectra[Selector("http_req_duration")][-1] == (100 - 50 / 4000, 10.0)


def test_in_what_two_runs_differ():
    """By key; what one of them does not know is unknown, and nothing is like nothing."""
    assert mismatches({"a": "1", "b": "2", "c": ""}, {"a": "1", "b": "3"}) == ["b 3, here 2"]
    assert mismatches({"a": "1"}, {"b": "2"}) == ["a unknown, here 1", "b 2, here unknown"]


P95 = rule("http_req_duration", Kind.TREND, "p(95)")
FEW, MANY = Figure(1.0, None, None, 199), Figure(2.0, None, None, 200)
UNJUDGED = [
    ("not measured here", [None], [MANY], "not measured in this run", 0, None),
    ("not measured before", [MANY], [None], "new: not measured in the earlier runs", 200, 2.0),
    ("too few samples", [MANY, FEW], [MANY], "only 199 samples; needs 200", 199, 2.0),
    ("too few before", [MANY], [FEW, MANY], "only 1 earlier run had the 200 samples that are needed", 200, 2.0),
]


@pytest.mark.parametrize("now, then, reason, count, value", [r[1:] for r in UNJUDGED], ids=[r[0] for r in UNJUDGED])
def test_why_a_figure_cannot_be_judged(now, then, reason, count, value):
    """It says what is missing, with what there is."""
    row = _unjudged(P95, now, then)
    assert (row.status, row.reason, row.count, row.value) == (Status.INCONCLUSIVE, reason, count, value)
    assert row.before == tuple(figure.value for figure in then if figure)


def compared(*ratios, **more):
    """Return a comparison with rows that failed by these ratios."""
    return Comparison(rows=tuple(Compared(P95, Status.FAILED, ratio=ratio, suspect=True) for ratio in ratios), **more)


def test_the_worst_regression_comes_first():
    """Whichever way it went; a figure that is gone is the worst."""
    assert [row.ratio for row in compared(1.5, 0.4, 3.0, 0.0, 1.4).regressions] == [0.0, 3.0, 0.4, 1.5, 1.4]


def test_the_status_of_a_comparison():
    """A failure before all, then a gap."""
    passed = Comparison(rows=(Compared(P95, Status.PASSED),))
    assert compared(2.0, gaps=("x",)).status is Status.FAILED
    assert (passed.status, replace(passed, gaps=("x",)).status) == (Status.PASSED, Status.INCONCLUSIVE)
    assert (passed.suspect, compared(2.0).suspect) == (False, True)


def test_a_comparison_in_doubt():
    """No row keeps its verdict, nor its suspicion; the reasons of those that had none stay."""
    open_row = Compared(P95, Status.INCONCLUSIVE, reason="mine")
    found = replace(compared(2.0), rows=(*compared(2.0).rows, open_row), gaps=("before",)).doubted("a gap", "why")
    assert [(row.status, row.suspect, row.reason) for row in found.rows] == [
        (Status.INCONCLUSIVE, False, "why"),
        (Status.INCONCLUSIVE, False, "mine"),
    ]
    assert found.gaps == ("a gap", "before")
    assert compared(2.0).doubted("a gap").rows[0].reason == "a gap"


def test_too_few_runs():
    """They are a gap, or, where they are optional, a note; the first note says why."""
    few = compared(2.0, notes=("one was left out",))
    assert _short(few, "1 run", POLICY).gaps == ("1 run (one was left out)",)
    optional = _short(few, "1 run", replace(POLICY, optional=True))
    assert (optional.gaps, optional.notes) == ((), ("1 run (one was left out)", "one was left out"))
    assert _short(compared(2.0), "1 run", POLICY).gaps == ("1 run",)
