"""What judges a run is loaded while it begins: an installation that changes beneath it takes no verdict away.

Law: not before the first request, which would wait for it, and a module at a time, so that no other waits for long.
"""

from __future__ import annotations

from importlib import import_module

import gevent

from locust_ext.process.supervised import Stake, Work

LOADING = Work("the loading of what judges a run", Stake.LOOKS)

AFTER = 1.0
"""Seconds of a run after which loading begins."""

PAUSE = 0.02
"""Seconds between two modules."""

MODULES = (
    "locust_ext.gates.coverage",
    "locust_ext.gates.shortage",
    "locust_ext.gates.run_health",
    "locust_ext.gates.verdict",
    "locust_ext.measure.timeline",
    "locust_ext.load.user_time",
    "locust_ext.archive.provenance",
    "locust_ext.reports.open_requests",
    "locust_ext.reports.result",
    "locust_ext.reports.compared",
    "locust_ext.reports.feeders",
    "locust_ext.reports.iterations",
    "locust_ext.reports.open_load",
    "locust_ext.reports.redacted",
    "locust_ext.reports.connections",
    "locust_ext.reports.probes",
    "locust_ext.reports.restraint",
    "locust_ext.reports.storm",
    "locust_ext.run.conclusion",
)
"""What :mod:`locust_ext.run.conclusion` imports, in the order in which it can be, and that itself."""


def load() -> None:
    """Load what judges a run."""
    gevent.sleep(AFTER)
    for module in MODULES:
        import_module(module)
        gevent.sleep(PAUSE)
