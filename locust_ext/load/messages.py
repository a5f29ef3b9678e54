"""What a process and the master say to each other of arrivals.

Law: a share that does not hang together is refused as a whole; a schedule travels as rows of numbers.

::

    process --presence: idle, busy, missing users-->  master
            <--share: index of how many, since when, the run's age, new schedules--
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, InstanceOf, PlainSerializer, StringConstraints, model_validator

from locust_ext.load.schedule import Schedule, from_rows, to_rows
from locust_ext.process.message_types import PRESENCE, SHARE
from locust_ext.process.wire import (
    MOST_CLASSES,
    MOST_COUNT,
    Count,
    Item,
    Message,
    Moment,
    Name,
    Number,
    Seconds,
    Sentence,
    Text,
)

MOST_SCENARIOS = 100


class ScenarioTold(Item):
    """What processes are told of a scenario."""

    name: Text
    users: Annotated[tuple[Text, ...], Field(max_length=MOST_CLASSES, strict=False)]
    originals: Annotated[dict[Text, Text], Field(max_length=MOST_CLASSES)]
    """Its user classes by the locustfile's, where there are several scenarios."""
    tags: Annotated[dict[Text, Text], Field(max_length=MOST_CLASSES)]
    open: bool
    spacing: Annotated[str, StringConstraints(pattern="^(uniform|poisson)$")]
    patience: Seconds


class ArrivalsTold(Item):
    """The loads of a run."""

    scenarios: Annotated[tuple[ScenarioTold, ...], Field(max_length=MOST_SCENARIOS, strict=False)]


class QueueState(Item):
    """How one queue of a process stands."""

    name: Sentence
    idle: Count
    busy: Count
    waiting: Count
    short: Count
    """Users that were missing."""
    dropped: Count
    schedule: Annotated[int, Field(ge=-1, le=MOST_COUNT)]
    """The number of its schedule; -1: it has none yet."""


class Presence(Message):
    """The report of a process on its queues, with which it asks for its share."""

    type: ClassVar[str] = PRESENCE

    run: Name
    asked: Moment
    """On its own clock."""
    queues: Annotated[tuple[QueueState, ...], Field(max_length=MOST_SCENARIOS, strict=False)]


def _travelled(rows: object) -> Schedule:
    return rows if isinstance(rows, Schedule) else from_rows(rows)


TravellingSchedule = Annotated[
    InstanceOf[Schedule], BeforeValidator(_travelled), PlainSerializer(to_rows, return_type=list)
]


class ShareTold(Message):
    """What a process takes of the arrivals, how old the run is, and new schedules."""

    type: ClassVar[str] = SHARE

    run: Name
    asked: Moment | None
    """When the process asked; None: it did not, and learns nothing of the clock."""
    elapsed: Moment | None
    """The age of the arrivals; None: they have not begun."""
    share: Annotated[tuple[Count, Number, Seconds], Field(strict=False)] | None
    """Index, of how many, since when; None: nothing."""
    schedules: Annotated[
        tuple[Annotated[tuple[Sentence, Count, TravellingSchedule], Field(strict=False)], ...],
        Field(max_length=MOST_SCENARIOS, strict=False),
    ]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.share is not None and self.share[0] >= self.share[1]:
            raise ValueError("the share is one that there is not")
        if self.asked is not None and self.elapsed is None:
            raise ValueError("the one that asks is told the age of the run")
        return self
