"""What a process and the master say to each other of permits to begin iterations.

Law: each message says all that its sender knows, with a number that grows: a lost one is made up for by the next, and
one that is doubled or comes late changes nothing.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from locust_ext.load.messages import MOST_SCENARIOS
from locust_ext.load.permits import Asked, Entry, Lent
from locust_ext.process.message_types import PERMITS_ASKED, PERMITS_LENT
from locust_ext.process.wire import MOST_CLASSES, Count, Item, Message, Name, Number, Sentence, Text

MOST_ACCOUNTS = 20_000
"""Accounts in one message."""

_Entry = Annotated[tuple[Number, Count, Count, Count, bool, Count], Field(strict=False), AfterValidator(Entry._make)]
_Lent = Annotated[tuple[Number, Count, Count], Field(strict=False), AfterValidator(Lent._make)]


class PocketTold(Item):
    """What processes are told of the iterations of one load."""

    name: Text
    per_user: bool
    users: Annotated[tuple[Text, ...], Field(max_length=MOST_CLASSES, strict=False)]
    """Its user classes; none: all."""


class PermitsTold(Item):
    """The loads of a run that end with their iterations."""

    loads: Annotated[tuple[PocketTold, ...], Field(max_length=MOST_SCENARIOS, strict=False)]


class PocketAsked(Item):
    """What a process says of one load, and asks for."""

    name: Sentence
    waiting: Count
    spare: Count
    wish: Count
    idle: Count
    """Users that wait, for whatever."""
    interrupted: Count = 0
    """Iterations that were begun and whose users were stopped before their end."""
    accounts: Annotated[tuple[_Entry, ...], Field(max_length=MOST_ACCOUNTS, strict=False)]

    @property
    def asked(self) -> Asked:
        """What it asks for."""
        return Asked(self.waiting, self.spare, self.wish, self.accounts)  # type: ignore[arg-type]


class PermitsAsked(Message):
    """The report of a process on its iterations, with which it asks for more."""

    type: ClassVar[str] = PERMITS_ASKED

    run: Name
    number: Number
    """Of its messages in this run."""
    loads: Annotated[tuple[PocketAsked, ...], Field(max_length=MOST_SCENARIOS, strict=False)]


class PocketLent(Item):
    """What a process may begin of one load."""

    name: Sentence
    tail: bool
    """Whether nobody is to hold a permit for which no user waits."""
    left: bool
    """Whether there are any that are not lent."""
    accounts: Annotated[tuple[_Lent, ...], Field(max_length=MOST_ACCOUNTS, strict=False)]


class PermitsLent(Message):
    """What a process may begin."""

    type: ClassVar[str] = PERMITS_LENT

    run: Name
    heard: Number
    """The number of the message that it answers."""
    loads: Annotated[tuple[PocketLent, ...], Field(max_length=MOST_SCENARIOS, strict=False)]
