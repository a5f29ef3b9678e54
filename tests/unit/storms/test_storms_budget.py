"""Retry budgets: what each grants, and what none of them ever exceeds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.storms.budget import AwsQuota, Envoy, Finagle, GrpcThrottling, NoBudget, budget_for
from locust_ext.storms.options import BudgetOptions


def granted(budget, most=1000, throttled=False):
    """Return how many retries in a row a total failure gets, of at most ``most``."""
    count = 0
    budget.asked(0.0)
    budget.failed(0.0)
    while count < most and budget.may_retry(0.0, throttled=throttled):
        count += 1
        budget.failed(0.0, retried=True)
    return count


def after(budget, requests=0, successes=0):
    for _ in range(requests):
        budget.asked(0.0)
    for _ in range(successes):
        budget.succeeded(0.0, retried=False)
    return budget


TOTAL_FAILURES = [
    ("without a budget there is no end", NoBudget(), 1000),
    ("finagle: 10 a second for 10 seconds, and a fifth of the one request", Finagle(), 100),
    ("finagle: what it allows by itself, and a fifth of 50 requests", after(Finagle(), requests=49), 110),
    ("finagle: a fifth of 50 requests, the last of them this one", after(Finagle(0.2, 0.0), requests=49), 10),
    ("finagle: fractions do not lose a retry to rounding", after(Finagle(0.29, 0.0), requests=99), 29),
    ("finagle: no share and no reserve allow no retry", after(Finagle(0.0, 0.0), requests=100), 0),
    ("grpc: the failures of 4 retries and of the first leave half", GrpcThrottling(), 4),
    ("grpc: one token is gone with the first failure", GrpcThrottling(max_tokens=1.0), 0),
    ("grpc: successes give no more than there was", after(GrpcThrottling(), successes=1000), 4),
    ("aws: 500 tokens at 14, as botocore 1.44.5", AwsQuota(), 35),
    ("aws: 500 tokens at 5, as botocore 1.38.0", AwsQuota(retry_cost=5.0), 100),
    ("aws: first successes give no more than there was", after(AwsQuota(), successes=1000), 35),
    ("aws: what is dearer than everything is never bought", AwsQuota(capacity=13.0), 0),
]


@pytest.mark.parametrize("budget, retries", [row[1:] for row in TOTAL_FAILURES], ids=[row[0] for row in TOTAL_FAILURES])
def test_a_total_failure(budget, retries):
    assert granted(budget) == retries


def test_aws_throttled_retries_are_cheaper():
    assert granted(AwsQuota(), throttled=True) == 100


AWS = [
    ("a first success earns one", 100, [("ok", False, False)], 101),
    ("a retry that succeeds brings its cost back", 100, [("retry", False), ("ok", True, False)], 100),
    ("a throttled one brings back what it cost, not more", 100, [("retry", True), ("ok", True, True)], 100),
    ("of two retries only the second comes back", 100, [("retry", False), ("retry", False), ("ok", True, False)], 86),
    ("it is never fuller than full", 500, [("ok", False, False), ("ok", True, False)], 500),
]


@pytest.mark.parametrize("tokens, story, left", [row[1:] for row in AWS], ids=[row[0] for row in AWS])
def test_aws_tokens(tokens, story, left):
    budget = AwsQuota()
    budget.tokens = tokens
    for what, *how in story:
        if what == "ok":
            budget.succeeded(0.0, retried=how[0], throttled=how[1])
        else:
            assert budget.may_retry(0.0, throttled=how[0])
    assert budget.tokens == left


def test_finagle_forgets_deposits_after_its_window():
    budget = after(Finagle(0.2, 0.0, ttl=10.0), requests=50)
    assert budget.may_retry(8.9, throttled=False)
    assert not budget.may_retry(10.0, throttled=False)


def test_finagle_gets_its_reserve_back_after_its_window():
    budget = Finagle(0.0, 1.0, ttl=10.0)
    assert granted(budget) == 10
    assert not budget.may_retry(10.0, throttled=False)
    assert budget.may_retry(11.0, throttled=False)


def test_finagles_memory_does_not_grow():
    budget = Finagle(0.2, 10.0, ttl=10.0)
    for now in range(100_000):
        budget.asked(now / 7)
        budget.may_retry(now / 7, throttled=False)
    assert len(budget._slices) <= 11


def test_grpc_recovers_by_successes():
    budget = GrpcThrottling(max_tokens=10.0, token_ratio=0.5)
    assert granted(budget) == 4
    budget.succeeded(0.0, retried=False)
    assert budget.may_retry(0.0, throttled=False)


ENVOY = [
    ("at least three at once, however few the requests", 1, 3),
    ("a fifth of the requests in flight", 100, 20),
    ("no part of a retry: a fifth of 19 is 3", 19, 3),
]


@pytest.mark.parametrize("requests, at_once", [row[1:] for row in ENVOY], ids=[row[0] for row in ENVOY])
def test_envoy_at_once(requests, at_once):
    budget = after(Envoy(), requests=requests)
    assert sum(budget.may_retry(0.0, throttled=False) for _ in range(requests + 10)) == at_once


@pytest.mark.parametrize(
    "leave",
    [
        lambda budget: budget.succeeded(0.0, retried=True),
        lambda budget: budget.failed(0.0, retried=True),
        lambda budget: budget.ended(0.0, retrying=True),
    ],
    ids=["it succeeds", "it fails", "its user is stopped"],
)
def test_envoys_retry_makes_room_when(leave):
    budget = after(Envoy(0.0, 1), requests=2)
    assert budget.may_retry(0.0, throttled=False)
    assert not budget.may_retry(0.0, throttled=False)
    leave(budget)
    assert budget.may_retry(0.0, throttled=False)


KINDS = [("none", NoBudget), ("finagle", Finagle), ("grpc", GrpcThrottling), ("aws", AwsQuota), ("envoy", Envoy)]


@pytest.mark.parametrize("kind, made", KINDS)
def test_options_make_a_budget(kind, made):
    assert type(budget_for(BudgetOptions(kind=kind))) is made


OPTIONS = [
    ("finagle", {"percent": 0.0, "min_per_second": 0.5, "ttl": 4.0}, 2),
    ("grpc", {"max_tokens": 4.0}, 1),
    ("aws", {"capacity": 20.0, "retry_cost": 6.0}, 3),
]


@pytest.mark.parametrize("kind, options, retries", OPTIONS)
def test_options_reach_the_budget(kind, options, retries):
    assert granted(budget_for(BudgetOptions(kind=kind, **options))) == retries


# Laws, by histories of many requests that overlap at will.

STEPS = st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["ask", "fail", "throttle", "succeed"])), max_size=150)


def play(budget, steps, note=lambda now, what: None):
    """Let requests live: each asks, then fails as often as it gets retries, then ends; ``note`` hears of it all."""
    now, alive = 0.0, []  # each: whether it is in a retry, and whether that was granted for a throttled answer
    for pause, what in steps:
        now += pause
        if what == "ask":
            budget.asked(now)
            alive.append((False, False))
            note(now, "asked")
        elif alive:
            retried, throttled = alive.pop(0)
            if what == "succeed":
                budget.succeeded(now, retried=retried, throttled=throttled)
                budget.ended(now)
                note(now, "retry succeeded" if retried else "succeeded")
                continue
            budget.failed(now, retried=retried)
            note(now, "retry failed" if retried else "failed")
            if budget.may_retry(now, throttled=what == "throttle"):
                alive.append((True, what == "throttle"))
                note(now, "granted")
            else:
                budget.ended(now)
                note(now, "refused")


@given(STEPS, st.floats(0, 1), st.floats(0, 3), st.floats(0.5, 20))
def test_finagle_exceeds_its_bound_in_no_window(steps, percent, least, ttl):
    asked, retries = [], []

    def note(now, what):
        if what == "asked":
            asked.append(now)
        if what == "granted":
            retries.append(now)
            since = now - ttl
            bound = percent * sum(at > since for at in asked) + least * ttl
            assert sum(at > since for at in retries) <= bound + 1e-6

    play(Finagle(percent, least, ttl), steps, note)


@given(STEPS, st.integers(1, 20), st.floats(0.01, 1))
def test_grpc_grants_less_than_half_of_its_tokens_and_what_successes_bring(steps, most, ratio):
    count = {"granted": 0, "succeeded": 0, "retry succeeded": 0}

    def note(now, what):
        count[what] = count.get(what, 0) + 1
        assert count["granted"] < most / 2 + ratio * (count["succeeded"] + count["retry succeeded"]) + 1e-6

    play(GrpcThrottling(most, ratio), steps, note)


@given(STEPS, st.integers(1, 100), st.integers(1, 20))
def test_aws_lets_no_more_retries_be_lost_than_it_has_tokens(steps, capacity, cost):
    count = {"granted": 0, "succeeded": 0, "retry succeeded": 0}

    def note(now, what):
        count[what] = count.get(what, 0) + 1
        lost = count["granted"] - count["retry succeeded"]
        assert lost * cost <= capacity + count["succeeded"]
        assert 0 <= budget.tokens <= capacity

    budget = AwsQuota(capacity, retry_cost=cost, throttling_cost=cost)
    play(budget, steps, note)


@given(STEPS, st.floats(0, 1), st.integers(0, 5))
def test_envoy_never_has_more_retries_in_flight(steps, percent, least):
    flying = {"requests": 0, "retries": 0}

    def note(now, what):
        flying["requests"] += {"asked": 1, "succeeded": -1, "retry succeeded": -1, "refused": -1}.get(what, 0)
        flying["retries"] += {"granted": 1, "retry succeeded": -1, "retry failed": -1}.get(what, 0)
        if what == "granted":
            assert flying["retries"] <= max(least, percent * flying["requests"] + 1e-6)
        assert flying["retries"] >= 0

    play(Envoy(percent, least), steps, note)
