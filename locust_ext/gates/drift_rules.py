"""What is watched for drift: a figure of a selection, and how much it may grow.

Law: pure; a rule says everything that a judgement needs to know of its figure.
"""

from __future__ import annotations

from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class DriftRule:
    """A selection's figure and its least growth, as a share of its level over the load."""

    selector: Selector
    kind: Kind
    method: str = "value"
    """As in a threshold: ``value``, ``rate``, ``avg``, ``p(99)``."""
    percent: float | None = None
    """The percentile, where the method is one."""
    min_growth: float = 0.05
    limit: float | None = None
    """The value at which it breaks; None: what the probe says, where it does."""
    must_return: bool = False
    """Whether what the load took has to come back in the hold without load."""
    is_written: bool = True
    """Whether somebody wrote it: one that is there by default fails a run, but puts none in doubt."""

    def __str__(self) -> str:
        return str(self.selector) if self.kind is Kind.GAUGE else f"{self.selector}: {self.method}"
