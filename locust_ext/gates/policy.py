"""How much worse than the earlier runs a run may be, and what is left out of the comparison.

Law: pure; what a configuration says of a comparison is here, how one is made is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace

from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass

FEWER_IS_WORSE = frozenset({"http_reqs", "reqs", "iterations", "checks"})
"""Metrics that get worse when they fall; all others get worse when they rise."""

CLIENT = "client"
"""The key of a fingerprint that says with whose clients a run was measured.

A run without it is older than LeanHttpUser: it is like every run but those that were measured with that.
"""

CHANGED = "changed"
"""The key of a fingerprint that says what somebody chose before the run in the web UI; without it: nothing."""

WARM_UP = ("warmup", "ramp", "cooldown")
"""Phases that are left out: what they measure is the change, not the state."""


@dataclass(frozen=True)
class Policy:
    """How much worse a run may be, and what is needed to say so."""

    max_regression: float = 0.3
    own_limits: Mapping[Selector, Mapping[str, float]] = field(default_factory=dict)
    """For selections that were named: limits by method, or under ``""`` for all of its methods. They are required."""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """The kinds of the metrics in ``own_limits``."""
    floor: float = 5.0
    """Milliseconds."""
    quantiles: tuple[float, ...] = (95.0, 99.0)
    excluded: tuple[str, ...] = WARM_UP
    min_runs: int = 3
    most_runs: int = 10
    """Of more runs the last ones are taken."""
    optional: bool = False
    """Whether too few runs to compare with are a warning instead of a doubt."""

    def renamed(self, rename: Callable[[Selector], Selector]) -> Policy:
        """Return the policy with the selections renamed as the series are, such as without secrets."""
        return replace(self, own_limits={rename(selector): limits for selector, limits in self.own_limits.items()})
