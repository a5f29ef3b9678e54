"""What surrounds a run: the runs to compare it with, the way it is made, the secrets that must not be seen.

Law: everything is read before the first request; what cannot be read is said at once, and is not a reason not to run.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust_ext.archive.provenance import fingerprint
from locust_ext.config.changes import Changes
from locust_ext.config.measuring import LEAN
from locust_ext.config.plan import Plan
from locust_ext.gates.policy import CHANGED, CLIENT
from locust_ext.run.context import RunContext
from locust_ext.safety.guard import Targets
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.redaction import Redaction

if TYPE_CHECKING:
    from locust_ext.gates.figures import Snapshot

UNCHANGED = Changes()

DEMO_WARNING = "no host was given: this is a run of the embedded demo target"

logger = logging.getLogger(__name__)


def survey(
    plan: Plan,
    environment: Any,
    hosts: Sequence[str] = (),
    *,
    demo: bool = False,
    changes: Changes = UNCHANGED,
) -> RunContext:
    """Return the context of a run against ``hosts`` that is about to start in Locust's ``environment``.

    ``demo``: they are the embedded target; ``changes`` are those of the web UI.
    """
    from locust_ext.clients.sessions import clients_of  # noqa: PLC0415 commands import this, and do without Locust

    before, unreadable = _baseline(Path(plan.baseline)) if plan.baseline else ((), ())
    users = environment.user_classes
    clients = clients_of(users, lean=plan.config.client == LEAN)
    how = fingerprint(plan, environment.parsed_options, environment.shape_class, users)
    return RunContext(
        {**how, CLIENT: ", ".join(clients), **({CHANGED: changes.mark} if changes.mark else {})},
        before,
        unreadable,
        (*changes.warnings, *([DEMO_WARNING] if demo else [])),
        changes.reservation,
        redaction_for(plan, hosts),
        clients,
        Targets.of(hosts, plan.config.safety).abort,
    )


def _baseline(directory: Path) -> tuple[tuple[Snapshot, ...], tuple[str, ...]]:
    """Return the runs to compare with, and a sentence for each that cannot be read."""
    from locust_ext.archive.baselines import read_baselines  # noqa: PLC0415 only a run with a baseline

    shelved = read_baselines(directory)
    for sentence in shelved.unreadable:
        logger.warning("baseline: %s; it is left out", sentence)
    return tuple(run.snapshot for _, run in shelved.runs), shelved.unreadable


def redaction_for(plan: Plan, hosts: Sequence[str] = ()) -> Redaction:
    """Return what hides the secrets of this process's environment, those that the configuration names among them.

    The passwords in ``hosts`` and in the addresses of probes and of a collector are secret, too.
    """
    addresses = [probe.url for probe in plan.config.probes.values()]
    addresses += [otlp.endpoint] if (otlp := plan.config.export.otlp) else []
    return OUTLET.know(plan.secret_variables, [*hosts, *addresses])
