"""What a process and the master say to each other of rows.

Law: both ways are numbered and wait for each other. A batch of rows is sent again until its number is asked beyond, and
a chunk of rows that come back until its number is confirmed; what comes twice, late or in another order changes
nothing.

::

    process --ask: next batch, how many, what comes back, who waits-->  master
            <--rows: the batch, confirmed chunk, whether others wait--
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from locust_ext.feeders.options import MOST_FEEDERS, Lost, OnEmpty
from locust_ext.feeders.records import MOST_COLUMNS
from locust_ext.process.message_types import FEEDER_ASK, FEEDER_ROWS
from locust_ext.process.wire import Count, Item, Message, Moment, Name, Number, Seconds, Text

MOST_ROWS = 2000
"""Rows of one batch."""

MOST_BACK = 5000
"""Rows that come back in one chunk."""

BATCH_BYTES = 1 << 18
"""Bytes of a batch, unless one row alone has more."""

Rows = Annotated[tuple[Count, ...], Field(max_length=MOST_BACK, strict=False)]


class FeederTold(Item):
    """What processes are told of a feeder: what it is called in code, and how its rows are handed out."""

    name: Text
    columns: Annotated[tuple[Name, ...], Field(max_length=MOST_COLUMNS, strict=False)]
    """Empty: they come with the rows."""
    hidden: Annotated[tuple[Count, ...], Field(max_length=MOST_COLUMNS, strict=False)]
    """The numbers of those columns whose values are hidden in texts."""
    public: Annotated[tuple[Name, ...], Field(max_length=MOST_COLUMNS, strict=False)]
    """The names of those whose values never are."""
    on_empty: OnEmpty
    lost: Lost
    shares: bool


class FeedersTold(Item):
    """The feeders of a run."""

    feeders: Annotated[tuple[FeederTold, ...], Field(max_length=MOST_FEEDERS, strict=False)]


class Ask(Message):
    """How a process stands with a feeder, what it wants, and which rows come back."""

    type: ClassVar[str] = FEEDER_ASK

    run: Name
    feeder: Text
    asked: Moment
    """On its own clock."""
    session: Number
    """Rows of a session that is over are not its any more."""
    number: Number
    """Of the batch that it wants: it has all before."""
    want: Annotated[int, Field(ge=0, le=MOST_ROWS)] = 0
    waiting: Count = 0
    """Users that wait for a row now."""
    idle: Count = 0
    """Rows that it has, and no user."""
    chunk: Count = 0
    """The number of the chunk that comes back; 0: none has."""
    used: Rows = ()
    unused: Rows = ()
    taken: Count = 0
    """How often its users were handed a row, in all."""
    waits: Count = 0
    waited: Seconds = 0.0
    longest: Seconds = 0.0
    """How often they waited for one, for how long in all, and at the most."""
    users: Count = 0
    """Users that there are."""
    leaves: bool = False
    """Whether the run is over there."""


class RowsLent(Message):
    """A batch of rows, or how things stand."""

    type: ClassVar[str] = FEEDER_ROWS

    run: Name
    feeder: Text
    asked: Moment
    """As in the ask that this answers."""
    session: Number
    number: Count
    """Of the batch; without rows of the last one that was sent."""
    ids: Annotated[tuple[Count, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    rows: Annotated[
        tuple[Annotated[tuple[Any, ...], Field(max_length=MOST_COLUMNS, strict=False)], ...],
        Field(max_length=MOST_ROWS, strict=False),
    ] = ()
    columns: Annotated[tuple[Name, ...], Field(max_length=MOST_COLUMNS, strict=False)] = ()
    """Where they were not known when the run began."""
    chunk: Count = 0
    """The last chunk that was taken back."""
    recall: bool = False
    """Whether others wait: rows that nobody has must come back."""
    empty: bool = False
    """Whether there is no row for anybody who waits."""
    expired: bool = False
    """Whether the session is over: all its rows are others' by now."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if len(self.ids) != len(self.rows) or len({len(row) for row in self.rows}) > 1:
            raise ValueError("each row has a number, and all of them the same columns")
        return self
