"""Which loads of a run end with their iterations, and what of that the locustfile does not allow.

Law: pure; what passes here is a load whose permits can be lent.
"""

from __future__ import annotations

from typing import Any

from locust_ext.config.plan import Plan
from locust_ext.load.quota import Quota
from locust_ext.load.quota_plan import QuotaPlan
from locust_ext.text.problems import Problem


def quota_of(plan: Plan) -> Quota | None:
    """Return the iterations of the run itself, where it has no loads of its own that end with theirs."""
    quota = Quota.of(plan.config.iterations, plan.config.max_duration)
    return quota.scaled(plan.time_scale) if quota is not None and not plan.scenarios else None


def quotas_of(plan: Plan) -> tuple[QuotaPlan, ...]:
    """Return the loads of a run that end with their iterations."""
    if (quota := quota_of(plan)) is not None:
        return (QuotaPlan(quota, users=_most(plan.schedule.peak) if plan.schedule else None),)
    return tuple(
        QuotaPlan(one.quota, one.name, one.name if one.tags is not None else "", _most(one.schedule.peak), one.start)
        for one in plan.scenarios
        if one.quota is not None
    )


def _most(level: float) -> int:
    return int(level + 0.5)


def misplaced_quotas(plan: Plan, *, own_shape: str, opens: bool) -> list[Problem]:
    """Return what of ``iterations`` the locustfile does not allow.

    ``own_shape`` is a shape of its own that says itself how many users there are, ``opens`` tells that one of its user
    classes has a rate of arrivals.
    """
    quota = quota_of(plan)
    if quota is None or quota.per_user is None:
        return []
    together = "write how many they are together, as iterations: 1000"
    found = []
    if own_shape and plan.schedule is None:
        found.append(f"{own_shape} of the locustfile does not say how many users it will have at the most; {together}")
    if opens:
        found.append(f"a user class of the locustfile has a rate of arrivals, whichever user makes them; {together}")
    return [plan.document.problem(("iterations",), what) for what in found]


def shape_name(shape: Any) -> str:
    """Return the name of a shape, or of its class; ``""`` for none."""
    return "" if shape is None else (shape if isinstance(shape, type) else type(shape)).__name__
