"""Model the worst moment with Locust, measure it exactly, judge it by percentiles, and do no harm.

Importing this package registers nothing and patches nothing; the names below are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from locust_ext.process.collector import paused
from locust_ext.text.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from locust_ext.clients.lean.user import LeanHttpUser
    from locust_ext.clients.own import request
    from locust_ext.clients.synthetic_tenant import SyntheticTenant
    from locust_ext.clients.websocket_user import WebSocketUser
    from locust_ext.feeders.feeder import Feeder
    from locust_ext.load.rate import arrival_rate
    from locust_ext.load.shapes import (
        MarketOpenShape,
        ReplayShape,
        SmokeShape,
        SoakShape,
        SpikeShape,
        StagesShape,
        StressShape,
    )
    from locust_ext.measure.metrics import Counter, Gauge, Rate, Trend, check
    from locust_ext.plugin import attach, install
    from locust_ext.replicas.read_your_writes import ReadYourWritesUser
    from locust_ext.storms.reconnect import ReconnectStormUser
    from locust_ext.storms.retry import RetryStormUser
    from locust_ext.storms.stampede import CacheStampedeUser

_HOMES = {
    "install": "locust_ext.plugin",
    "attach": "locust_ext.plugin",
    "Feeder": "locust_ext.feeders.feeder",
    "arrival_rate": "locust_ext.load.rate",
    "request": "locust_ext.clients.own",
    **dict.fromkeys(
        ("MarketOpenShape", "ReplayShape", "SmokeShape", "SoakShape", "SpikeShape", "StagesShape", "StressShape"),
        "locust_ext.load.shapes",
    ),
    **dict.fromkeys(("Counter", "Gauge", "Rate", "Trend", "check"), "locust_ext.measure.metrics"),
    "SyntheticTenant": "locust_ext.clients.synthetic_tenant",
    "ReadYourWritesUser": "locust_ext.replicas.read_your_writes",
    "ReconnectStormUser": "locust_ext.storms.reconnect",
    "RetryStormUser": "locust_ext.storms.retry",
    "CacheStampedeUser": "locust_ext.storms.stampede",
    "LeanHttpUser": "locust_ext.clients.lean.user",
    "WebSocketUser": "locust_ext.clients.websocket_user",
}

__all__ = [
    "CacheStampedeUser",
    "Counter",
    "Feeder",
    "Gauge",
    "LeanHttpUser",
    "MarketOpenShape",
    "Rate",
    "ReadYourWritesUser",
    "ReconnectStormUser",
    "ReplayShape",
    "RetryStormUser",
    "SmokeShape",
    "SoakShape",
    "SpikeShape",
    "StagesShape",
    "StressShape",
    "SyntheticTenant",
    "Trend",
    "WebSocketUser",
    "arrival_rate",
    "attach",
    "check",
    "install",
    "request",
]

_LIGHT = {"locust_ext.load.rate", "locust_ext.measure.metrics"}
"""The homes that do without Locust: a module that only counts or paces can be imported, and tested, alone."""


if not TYPE_CHECKING:  # which would take every name for one of ours

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        with paused():
            if home not in _LIGHT:
                import_module("locust_ext.process.patched")
            found = getattr(import_module(home), name)
        globals()[name] = found  # a task may ask for it with each request
        return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
