"""What of ours can raise: built from the code's own lists, so that a new part joins by itself.

``python -m tests.raising.table`` writes it as JSON: whoever imports it has Locust's patches.
"""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module
from types import SimpleNamespace

import locust_ext
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.parts import Parts
from locust_ext.process import supervised
from locust_ext.process.wire import Inbox
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.storms.on_demand import StampedesOnDemand, StormsOnDemand


def _listeners(*, is_worker):
    return [event for event, _ in Parts._listeners(SimpleNamespace(_is_worker=is_worker))]


class Anything(SimpleNamespace):
    """Has whatever it is asked for: listeners are only named here, and not called."""

    def __getattr__(self, name):
        """Return something for any name."""
        return None if name.startswith("__") else Anything()


_PARTS = {
    "_arrivals": SimpleNamespace(messages=lambda inbox: ArrivalsOnDemand.messages(Anything(), inbox)),
    "_storms": SimpleNamespace(messages=lambda inbox: StormsOnDemand.messages(Anything(), inbox)),
    "_stampedes": SimpleNamespace(messages=lambda inbox: StampedesOnDemand.messages(Anything(), inbox)),
    "_safety": SimpleNamespace(messages=lambda inbox: SafetyAgent.messages(Anything(), inbox)),
    "_coordinator": SimpleNamespace(messages=lambda inbox, _: SafetyCoordinator.messages(Anything(), inbox, None)),
}

for _found in pkgutil.walk_packages(locust_ext.__path__, "locust_ext."):
    if not _found.name.endswith(("__main__", "autoload")):
        import_module(_found.name)  # parts that are loaded on demand have greenlets too

GREENLETS = sorted(supervised.ALL)
MESSAGES = [message for message, *_ in Parts._messages(Anything(_inbox=Inbox(print), **_PARTS))]
LISTENERS = list(dict.fromkeys(["a run's begin", *_listeners(is_worker=False), *_listeners(is_worker=True)]))
HOOKS = [
    "Installation._check",
    "Installation._take_charge",
    "Installation.on_quitting",
    "Installation.on_quit",
    "RunStart.begin",
    "Parts._join_run",
    "Parts._stop_run",
    "Parts._judge",
    "Parts.quitting",
    "Parts.close",
]
"""Methods that stand behind what the installation registers."""

EVERYTHING = [*GREENLETS, *MESSAGES, *LISTENERS, *HOOKS]

if __name__ == "__main__":
    print(json.dumps(EVERYTHING))
