"""The feeders of a plan: what code has declared of them, and what is wrong with that.

Law: a run without a feeder loads nothing of them; all mistakes are said before the first request.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING

import gevent

from locust_ext.config.plan import Plan
from locust_ext.feeders.on_demand import is_asked
from locust_ext.text.problems import ConfigurationError, Problem

if TYPE_CHECKING:
    from locust_ext.feeders.resolved import Declared, Resolved

LOOKS, ENDING = 8, 0.05
"""How often it is looked whether a feeder that cannot be lent is still anybody's, and after how many seconds each."""

HEADING = "the rows of a feeder cannot be lent; nothing was sent"


def declared() -> Sequence[Declared]:
    """Return the feeders that code of this process has declared."""
    if not is_asked():
        return ()
    from locust_ext.feeders.feeder import DECLARED  # noqa: PLC0415 only where code has imported it

    DECLARED[:] = [one for one in DECLARED if not one.is_gone]
    return tuple(DECLARED)


def feeders_in(plan: Plan) -> tuple[Resolved, ...]:
    """Return the feeders of a run; raises ConfigurationError with all that is wrong with them."""
    found, problems = _resolved(plan)
    if problems:
        raise ConfigurationError(problems, HEADING)
    return tuple(found)


def feeder_problems(plan: Plan) -> list[Problem]:
    """Return what is wrong with the feeders of a plan, and with their files."""
    return _resolved(plan)[1]


def _resolved(plan: Plan) -> tuple[list[Resolved], list[Problem]]:
    written, code = plan.config.feeders, declared()
    if not written and not code:
        return [], []
    from locust_ext.feeders.resolved import resolve  # noqa: PLC0415 only a run with feeders

    found, problems = resolve(written, plan.document, code)
    for _ in range(LOOKS):
        if not problems or all(one.owner is None for one in declared()):
            break
        gevent.sleep(ENDING)  # whatever of a run before this one in the same process, as of a test, still ends
        gc.collect()
        found, problems = resolve(written, plan.document, declared())
    return found, problems
