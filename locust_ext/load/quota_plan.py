"""A load of a run that ends with its iterations.

Law: pure data.
"""

from __future__ import annotations

from locust_ext.load.quota import Quota
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class QuotaPlan:
    """The iterations of a scenario, or of the run."""

    quota: Quota
    scenario: str = ""
    """Empty: it is the run's, whose users and end Locust or a shape says."""
    tag: str = ""
    """What its measurements carry; empty: it is the only load."""
    users: int | None = None
    """How many there are to be at the most; None: as many as Locust is told to have."""
    start: float = 0.0
    """When it begins, in seconds of the run."""
