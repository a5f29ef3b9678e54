"""What storms and stampedes must know of a run.

Law: pure data; where a plan has it is the business of the one who starts the run.
"""

from __future__ import annotations

from locust_ext.load.schedule import Schedule
from locust_ext.safety.options import TenantOptions
from locust_ext.storms.options import RetryOptions, StampedeOptions, StormOptions
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class StormIntent:
    """The storms of a run: how they strike, the planned load, if it is known, and how far its times are stretched."""

    options: StormOptions | None = None
    schedule: Schedule | None = None
    scale: float = 1.0
    retry: RetryOptions | None = None


@dataclass(frozen=True)
class StampedeIntent:
    """The stampedes of a run, how far its times are stretched, and whose mark its requests bear."""

    options: StampedeOptions | None = None
    scale: float = 1.0
    tenant: TenantOptions | None = None
