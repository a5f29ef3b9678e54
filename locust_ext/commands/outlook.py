"""What ``locust-ext check`` says of safety: where a run would go, what holds it, and what is still open.

Law: nothing is asked and nothing is sent; what is open now is not a mistake, it only keeps a run from starting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from locust_ext.config.plan import Plan
from locust_ext.config.schema import DEMO
from locust_ext.safety.guard import Targets, go_ahead_problems
from locust_ext.text.units import format_rate

FLAGS = ("file", "url", "env", "openfeature")
"""The kinds of flags that a kill switch can read."""


def outlook(plan: Plan, now: datetime, hosts: Sequence[str] | None = None) -> Iterator[str]:
    """Yield lines about a run of ``plan`` that began at ``now`` (with a zone).

    ``hosts`` are those under test, where more is known of them than the configuration.
    """
    safety = plan.safety.options
    if hosts is None:
        hosts = [plan.host] if plan.host not in ("", DEMO) else []
    targets = Targets.of(hosts, safety)
    if hosts or safety.origins:
        yield f"host         {', '.join(hosts) or 'from the command line'}: {targets.kind}"
    if safety.rate_cap is not None:
        duration = plan.schedule.duration if plan.schedule else 0.0
        most = f", {safety.rate_cap * duration:,.0f} requests in all" if duration else ""
        yield f"cap          at most {format_rate(safety.rate_cap)}{most}"
    if safety.kill_switch is not None:
        named = [kind for kind in FLAGS if getattr(safety.kill_switch, kind)]
        yield f"kill switch  {', '.join(named)}"
    for problem in go_ahead_problems(plan.safety, hosts, now):
        yield f"open         {problem.path}: {problem.message}"
