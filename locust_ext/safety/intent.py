"""What safety must know of a run.

Law: pure data; where a plan has it is the plan's own business.
"""

from __future__ import annotations

from dataclasses import field

from locust_ext.load.schedule import Schedule
from locust_ext.safety.options import SafetyOptions, TenantOptions
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class SafetyIntent:
    """The rules of a run, whose mark it bears, and what it does to its target."""

    options: SafetyOptions = field(default_factory=SafetyOptions)
    tenant: TenantOptions | None = None
    name: str = ""
    source: str = ""
    """The file in which the rules stand."""
    schedule: Schedule | None = None
    """Its load over time, where that is known."""
    seeks_limit: bool = False
    """Whether it looks for the point at which its target breaks."""
    shape: str = ""
    secret_variables: tuple[str, ...] = ()
    """The names of the variables that hold secrets, beside those whose names say so."""
    hosts: tuple[str, ...] = ()
    """Where it goes."""
    named: tuple[str, ...] = ()
    """The hosts that the configuration, the command line and the locustfile name."""
    git_sha: str = ""
    users: float | None = None
    """How many there may be at once; None where the command line says it."""
