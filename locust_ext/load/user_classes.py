"""The user classes of scenarios: of several, each has its own, so that their users are told and counted apart.

Law: the locustfile's classes stay as they are; those that were made for a run are gone in the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locust_ext.measure.iteration_context import IterationContext, begin

SCENARIO = "scenario"
"""The tag that carries a scenario's name, as in k6."""

MADE = "locust_ext_made_for_a_scenario"
"""The mark of a user class that was made for a scenario."""


def name_in(scenario: str, user: str) -> str:
    """Return what a user class is called in a scenario."""
    return f"{user} ({scenario})"


def own_classes(classes: Iterable[type[Any]]) -> list[type[Any]]:
    """Return the user classes of the locustfile, without those that were made for the scenarios of an earlier run."""
    return [user for user in classes if not getattr(user, MADE, False)]


def adopt_classes(classes: list[type[Any]], scenarios: Iterable[Mapping[str, Any]]) -> None:
    """Let every scenario have user classes of its own, in ``classes``: their users are told apart and counted apart."""
    classes[:] = own_classes(classes)
    known = {user.__name__: user for user in classes}
    for scenario in scenarios:
        for original, name in scenario.get("originals", {}).items():
            if name not in known and original in known:
                known[name] = _subclass(known[original], name, scenario["tags"])
                classes.append(known[name])


def _subclass(user: type[Any], name: str, tags: dict[str, str]) -> type[Any]:
    def run(self: Any) -> None:
        begin(IterationContext(dict(tags)))
        user.run(self)

    made = type(name, (user,), {"run": run, "__module__": user.__module__, "__doc__": user.__doc__})
    setattr(made, MADE, True)
    made.abstract = False  # type: ignore[attr-defined]
    return made


def told_of(scenarios: Sequence[Any], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Return what processes are told of ``scenarios``: of several, each has classes of its own."""
    several = any(scenario.tags is not None for scenario in scenarios)
    found = []
    for scenario in scenarios:
        users = scenario.users or tuple(classes)
        originals = {user: name_in(scenario.name, user) for user in users} if several else {}
        pool = scenario.pool
        found.append(
            {
                "name": scenario.name,
                "users": list(originals.values()) or list(users),
                "originals": originals,
                "tags": {**(scenario.tags or {}), SCENARIO: scenario.name} if originals else {},
                "open": pool is not None,
                "spacing": pool.spacing if pool else "uniform",
                "patience": pool.patience if pool else 0.0,
            }
        )
    return found
