"""What holds where a configuration says nothing: of storms, retries and stampedes, and of each client's options."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from locust_ext.config.schema import Config
from locust_ext.storms.budget import AwsQuota, Envoy, budget_for
from locust_ext.storms.clients import CLIENTS
from locust_ext.storms.intents import StampedeIntent, StormIntent
from locust_ext.storms.options import BudgetOptions, RetryOptions, StampedeOptions, StormOptions
from locust_ext.storms.policy import read_policy

STORM = {
    "users": (), "at": None, "phase": "", "every": None, "times": 1, "drop": 0.3, "cause": "reset", "outage": 0.0,
    "backoff": {"client": "socket.io"}, "server_hint": "client", "connect_path": "/", "connect_timeout": None,
    "detect": None, "max_attempts": 1000, "lasts": 10.0, "recovery": 30.0,
}  # fmt: skip
BUDGET = {
    "kind": "none", "percent": 0.2, "min_per_second": 10.0, "ttl": 10.0, "max_tokens": 10.0, "token_ratio": 0.1,
    "capacity": 500.0, "retry_cost": 14.0, "throttling_cost": 5.0, "min_concurrency": 3, "scope": "shared",
}  # fmt: skip
RETRY = {
    "users": (), "policy": {"client": "aws-standard"}, "attempts": None, "statuses": (429, 500, 502, 503, 504),
    "methods": (), "server_hint": "client", "budget": BUDGET,
}  # fmt: skip
STAMPEDE = {
    "path": "/hot/{key}", "at": 5.0, "every": 5.0, "times": 3, "life": 1.0,
    "origin_metric": "app_origin_computations_total", "metrics_path": "/metrics",
}  # fmt: skip


@pytest.mark.parametrize("section, defaults", [("storm", STORM), ("retry", RETRY), ("stampede", STAMPEDE)])
def test_what_a_section_says_by_itself(section, defaults):
    """As the documents say."""
    assert getattr(Config.model_validate({section: {}}), section).model_dump() == defaults


BOUNDS = [
    pytest.param(StormOptions, "times", (1, 1000), (0, 1001), id="how often a storm comes"),
    pytest.param(StormOptions, "max_attempts", (1, 100_000), (0, 100_001), id="attempts of a user to come back"),
    pytest.param(StormOptions, "drop", (0.001, 1.0), (0.0, 1.01), id="who drops"),
    pytest.param(RetryOptions, "attempts", (1, 100), (0, 101), id="attempts of a request"),
    pytest.param(RetryOptions, "statuses", ([100], [599]), ([99], [600]), id="statuses"),
    pytest.param(StampedeOptions, "times", (1, 1000), (0, 1001), id="how often keys go cold"),
    pytest.param(BudgetOptions, "min_per_second", (0,), (-0.1, float("inf")), id="retries a second"),
    pytest.param(BudgetOptions, "max_tokens", (0.1,), (0, float("inf")), id="tokens"),
    pytest.param(BudgetOptions, "token_ratio", (0.1,), (0, float("inf")), id="what a success brings"),
    pytest.param(BudgetOptions, "capacity", (0.1,), (0, float("inf")), id="a quota"),
    pytest.param(BudgetOptions, "retry_cost", (0.1,), (0, float("inf")), id="what a retry costs"),
    pytest.param(BudgetOptions, "throttling_cost", (0.1,), (0, float("inf")), id="what a throttled one costs"),
    pytest.param(BudgetOptions, "min_concurrency", (0,), (-1,), id="retries at once"),
]


@pytest.mark.parametrize("options, key, fits, wrong", BOUNDS)
def test_a_bound(options, key, fits, wrong):
    """What is just within it is taken, what is just beyond is not."""
    for value in fits:
        options.model_validate({key: value})
    for value in wrong:
        with pytest.raises(ValidationError):
            options.model_validate({key: value})


def test_each_budget_by_its_defaults():
    """Is what its client ships."""
    aws, envoy = budget_for(BudgetOptions(kind="aws")), budget_for(BudgetOptions(kind="envoy"))
    assert vars(aws) == vars(AwsQuota())
    assert vars(envoy) == vars(Envoy())
    for _ in range(50):
        envoy.asked(0.0)
    assert sum(envoy.may_retry(0.0, throttled=False) for _ in range(50)) == 10
    envoy.failed(0.0)
    assert not envoy.may_retry(0.0, throttled=False)
    envoy.ended(0.0)
    assert not envoy.may_retry(0.0, throttled=False)


def test_what_is_not_scaled():
    """A run whose configuration says no scale goes at its own pace."""
    assert (StormIntent().scale, StampedeIntent().scale) == (1.0, 1.0)


WRITTEN = (Path(__file__).with_name("client_options.txt")).read_text("utf-8").splitlines()


def said(client, name, option):
    """Return an option as it is written there: its default, and what it may be."""
    if option.choices:
        may = "|".join(option.choices)
    else:
        may = "true or false" if isinstance(option.default, bool) else f"{option.low:g}..{option.high:g}"
    none = " or none" if (option.optional or option.default is None) and not option.choices else ""
    return f"{client.name}@{client.version} {name} = {option.default!r}: {may}{none}"


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}@{client.version}")
def test_the_options_of_a_client(client):
    """Its defaults and bounds are those that were read in its package; just beyond a bound is a mistake."""
    told = [said(client, name, option) for name, option in client.options.items()]
    assert told == [line for line in WRITTEN if line.startswith(f"{client.name}@{client.version} ")]
    policy = {"client": client.name, "version": client.version}
    assert read_policy(policy, "")[1] == []
    for name, option in client.options.items():
        is_number = isinstance(option.default, (float, int)) and not isinstance(option.default, bool)
        if (is_number or option.default is None) and not option.choices:
            (problem,) = read_policy({**policy, name: option.low - 0.001}, "")[1]
            assert problem.path == name
            assert f"must be a number of at least {option.low:g}" in problem.message
