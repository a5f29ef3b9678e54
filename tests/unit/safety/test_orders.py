"""What the master tells every process of safety: nothing of it is lost on the way."""

from __future__ import annotations

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.process.orders import Orders
from locust_ext.safety.coordinator import SafetyCoordinator


def test_all_that_is_told_is_read():
    """A key that the message does not have would be left out in silence, and the rule with it."""
    plan = Plan("feed", Config.model_validate({"tenant": {}, "safety": {"rate_cap": 5}}))
    told = SafetyCoordinator.orders(None, plan.safety, ["https://shop.example.com"])
    assert set(told) <= set(Orders.model_fields)
    rest = {"iterations": False, "scenarios": (), "storm": None, "retry": None, "graceful": None}
    sent = Orders(id="a", host=None, named=("http://a",), **told, **rest).told()
    assert (*sent["production"], *sent["named"]) == ("https://shop.example.com", "http://a")
    assert set(sent["secret_variables"]) == {"LOAD_TEST_TOKEN", "LOAD_TEST_KEY"}
