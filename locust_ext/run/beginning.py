"""What is known of a run when it begins, for the intents of its parts.

Law: pure data.
"""

from __future__ import annotations

from dataclasses import replace

from locust_ext.config.plan import Plan
from locust_ext.safety.intent import SafetyIntent
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class Beginning:
    """A run that begins."""

    plan: Plan
    hosts: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """The hosts that the configuration, the command line and the locustfile name."""
    git_sha: str = ""
    has_arrivals: bool = False
    is_one_open: bool = False
    """Whether it is one open load, and nothing beside it."""
    stops_by_itself: bool = False
    """Whether Locust itself is told how long users may take to stop."""

    @property
    def safety(self) -> SafetyIntent:
        """What safety must know of it."""
        return replace(self.plan.safety, hosts=self.hosts, named=self.named, git_sha=self.git_sha)
