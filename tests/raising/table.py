"""What of ours can raise: built from the code's own lists, so that a new part joins by itself.

``python -m tests.raising.table`` writes it as JSON: anyone who imports it has Locust's patches.
"""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module

from locust.env import Environment

import locust_ext
from locust_ext.parts import table
from locust_ext.plugin import attach
from locust_ext.process import supervised
from locust_ext.process.part_table import LOCAL, WORKER, PartTable

for _found in pkgutil.walk_packages(locust_ext.__path__, "locust_ext."):
    if not _found.name.endswith(("__main__", "autoload")):
        import_module(_found.name)  # parts that are loaded on demand have greenlets too


def _heard():
    """Return the events and the messages that are listened to, in a local process and on a worker."""
    environment = Environment(user_classes=[])
    environment.create_local_runner()
    run = attach(environment)._run
    run.let_go()
    listeners, messages = ["a run's begin"], []
    for role in (LOCAL, WORKER):
        run.is_worker, run.parts = role is WORKER, PartTable(table(run), role)
        listeners += [event for event, _ in run.listeners()]
        messages += [message for message, *_ in run.messages()]
    return list(dict.fromkeys(listeners)), list(dict.fromkeys(messages))


GREENLETS = sorted(supervised.ALL)
LISTENERS, MESSAGES = _heard()
HOOKS = [
    "Planning._check",
    "Installation._take_charge",
    "Installation.on_quitting",
    "Installation.on_quit",
    "RunStart.begin",
    "Reports.begin",
    "Participation._stop_run",
    "Participation._judge",
    "Participation.quitting",
    "Participation.close",
]
"""Methods that stand behind what the installation registers."""

EVERYTHING = [*GREENLETS, *MESSAGES, *LISTENERS, *HOOKS]

if __name__ == "__main__":
    print(json.dumps(EVERYTHING))
