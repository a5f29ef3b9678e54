"""The orders of a run, and what is said before and after them.

Law: pure. What a worker follows is checked as a whole before any part of it: orders that do not fit are refused, and
no door opens.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from locust_ext.process.message_types import FOLLOWS, HELLO, ORDERS
from locust_ext.process.wire import LONGEST_NAME, MOST_CLASSES, Message, Name, Seconds, Sentence, Text

MOST_PARTS = 100


class Hello(Message):
    """A worker's first message: it can hear us now."""

    type: ClassVar[str] = HELLO


class Orders(Message):
    """What every process follows in a run: the one message that begins it. What a part is told is its to read."""

    type: ClassVar[str] = ORDERS

    id: Annotated[Name, StringConstraints(min_length=1)]
    host: Text | None
    parts: Annotated[dict[Name, dict[str, Any]], Field(max_length=MOST_PARTS)]
    """What each is told, by its name."""


class Follows(Message):
    """A worker's answer to orders: the run, and why it does not follow, if so."""

    type: ClassVar[str] = FOLLOWS

    run: Name
    refused: Sentence = ""
    who: Sentence = ""


class Spawn(Message):
    """Locust's own message that asks a worker for users, as far as it must fit to be obeyed."""

    type: ClassVar[str] = "spawn"

    timestamp: Seconds
    user_classes_count: Annotated[dict[str, Annotated[int, Field(ge=0, le=1_000_000)]], Field(max_length=MOST_CLASSES)]
    host: str | None
    stop_timeout: Seconds | None
    parsed_options: dict[str, Any]


def run_named(data: object) -> str:
    """Return the run that unreadable orders name, as far as that can be told."""
    found = data.get("id") if isinstance(data, dict) else None
    return found if isinstance(found, str) and len(found) <= LONGEST_NAME and found.isprintable() else ""
