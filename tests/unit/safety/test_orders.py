"""What the master tells every process of safety: nothing of it is lost on the way."""

from __future__ import annotations

from dataclasses import replace

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.safety.messages import SafetyTold


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
