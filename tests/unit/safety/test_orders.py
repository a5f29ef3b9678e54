"""What the master tells every process of safety: nothing of it is lost on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.process.wire import UnfitError
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.safety.messages import SafetyTold
from locust_ext.safety.options import AbortOptions, AlarmOptions, TenantOptions


def test_all_that_is_told_is_read():
    """It travels, and is read as it was said; of secrets only the names of their variables."""
    plan = Plan("feed", Config.model_validate({"tenant": {}, "safety": {"rate_cap": 5}}))
    intent = replace(plan.safety, hosts=("https://shop.example.com",), named=("http://a",))
    told = SafetyCoordinator.orders(None, intent)
    read = SafetyTold.of(told.told())
    assert read == told
    assert (*read.production, *read.named) == ("https://shop.example.com", "http://a")
    assert set(read.secret_variables) == {"LOAD_TEST_TOKEN", "LOAD_TEST_KEY"}
    assert read.safety == {"rate_cap": 5.0}


@pytest.mark.parametrize("key", ["named", "production"])
def test_how_many_hosts_travel(key):
    """Ten thousand; more are refused."""
    told = {**SafetyCoordinator.orders(None, Plan("feed", Config(), source="feed.yml").safety).told()}
    hosts = ["http://a"] * 10_000
    assert len(getattr(SafetyTold.of({**told, key: hosts}), key)) == 10_000
    with pytest.raises(UnfitError):
        SafetyTold.of({**told, key: [*hosts, "http://a"]})


def test_what_holds_where_nothing_is_written():
    """The defaults, as the documentation has them."""
    rules = AbortOptions()
    assert (rules.error_rate, rules.error_window, rules.min_requests) == (0.05, 10.0, 50)
    assert (rules.p99_ratio, rules.p99_for, rules.ack, rules.alarm) == (2.0, 30.0, True, None)
    assert AlarmOptions(url="http://a").every == 5.0
    assert TenantOptions().lifetime == 900.0
