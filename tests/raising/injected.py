"""Make one part of ours raise: the part that ``$RAISES`` names, in the process that ``$RAISES_IN`` names.

A locustfile of the tests begins with ``import injected``. Parts are the names of greenlets, the events and messages that
we listen to, and the methods of the installation.
"""

import os
import sys

from locust_ext import plugin
from locust_ext.measure import reporting
from locust_ext.process import supervised
from locust_ext.run import own_faults, participation, planning
from locust_ext.run import start as run_start

PART, PLACE = os.environ.get("RAISES", ""), os.environ.get("RAISES_IN", "local")

BOOM = "this part was made to raise"


def boom(*_arguments, **_named):
    """Raise where the part belongs to the process that was named."""
    sys.stderr.write(f"raised: {PART}\n")
    raise RuntimeError(BOOM)


def _place(runner):
    return type(runner).__name__.removesuffix("Runner").lower()


_roles = []

BEFORE_ALL = ("Planning._check",)
"""What happens before a process knows its place."""


def is_here():
    """Tell whether this process is the one that is to fail."""
    return PLACE in _roles


_make = own_faults.OwnFaults.__init__


def _made(self, runner, *arguments, **named):
    _roles.append(_place(runner))
    _make(self, runner, *arguments, **named)


own_faults.OwnFaults.__init__ = _made

_guard = own_faults.OwnFaults.guard


def _guarded(self, event, listener):
    return _guard(self, event, boom if event == PART and is_here() else listener)


own_faults.OwnFaults.guard = _guarded

_start = supervised.Work.start


def _started(work, function, *arguments):
    return _start(work, boom if work.name == PART and is_here() else function, *arguments)


supervised.Work.start = _started

for owner in (
    plugin.Installation,
    planning.Planning,
    participation.Participation,
    run_start.RunStart,
    reporting.Reports,
):
    if (name := PART.partition(".")[2]) and PART.startswith(f"{owner.__name__}.") and hasattr(owner, name):
        stock = getattr(owner, name)

        def method(self, *arguments, _stock=stock, **named):
            """Raise, where the process is the one."""
            environment = next((one for one in (*arguments, *named.values()) if hasattr(one, "runner")), None)
            here = is_here() or (environment is not None and _place(environment.runner) == PLACE)
            return boom() if here or PART in BEFORE_ALL else _stock(self, *arguments, **named)

        setattr(owner, name, method)
