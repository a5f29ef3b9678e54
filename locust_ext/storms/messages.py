"""What the master and its workers say to each other of storms and stampedes.

Law: an order names its instant as seconds from now, for the clocks of two processes do not agree.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from locust_ext.process.message_types import RELEASE, STORM_COUNT, STORM_COUNTED, STORM_DROP
from locust_ext.process.wire import Count, Item, Message, Name, Number, Seconds

STORM, RECOVERY = "storm", "recovery"
"""The phases that a storm brings along."""

FURTHEST = 60.0
"""Seconds ahead for which a drop is ordered at the most; it is about one."""


class StormsTold(Item):
    """How users of a run come back, and try again."""

    storm: dict[str, Any] | None
    retry: dict[str, Any] | None


class StormCount(Message):
    """The master asks how many users could drop in a storm."""

    type: ClassVar[str] = STORM_COUNT

    storm: Number


class StormCounted(Message):
    """The answer of a process: how many of its users could drop."""

    type: ClassVar[str] = STORM_COUNTED

    storm: Number
    live: Count


class StormDrop(Message):
    """So many users of a process drop in so many seconds."""

    type: ClassVar[str] = STORM_DROP

    storm: Number
    quota: Count
    cause: Annotated[str, StringConstraints(pattern="^(reset|close|half_open)$")]
    seed: Name
    due: Annotated[float, Field(alias="in", ge=0, le=FURTHEST)]


class Release(Message):
    """All users are let go on a key in so many seconds."""

    type: ClassVar[str] = RELEASE

    key: Name
    due: Seconds = Field(alias="in")
