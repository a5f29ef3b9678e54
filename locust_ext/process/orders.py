"""The orders of a run, and what is said before and after them.

Law: pure. What a worker follows is checked as a whole before any part of it: orders that do not fit are refused, and
no door opens.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from locust_ext.process.wire import LONGEST_NAME, LONGEST_SENTENCE, Message, Name, Part, Seconds, Sentence

HELLO = "locust_ext.hello"
ORDERS = "locust_ext.orders"
FOLLOWS = "locust_ext.follows"

MOST_SCENARIOS = 100
MOST_CLASSES = 1000
MOST_HOSTS = 10_000

Text = Annotated[str, StringConstraints(max_length=LONGEST_SENTENCE)]
"""A text that is not cut: it would not be the same."""


Hosts = Annotated[tuple[Text, ...], Field(max_length=MOST_HOSTS, strict=False)]


class Hello(Message):
    """A worker can hear us now."""

    type: ClassVar[str] = HELLO


class ScenarioTold(Part):
    """What processes are told of a scenario."""

    name: Text
    users: Annotated[tuple[Text, ...], Field(max_length=MOST_CLASSES, strict=False)]
    originals: Annotated[dict[Text, Text], Field(max_length=MOST_CLASSES)]
    """Its user classes by the locustfile's, where there are several scenarios."""
    tags: Annotated[dict[Text, Text], Field(max_length=MOST_CLASSES)]
    open: bool
    spacing: Annotated[str, StringConstraints(pattern="^(uniform|poisson)$")]
    patience: Seconds


class Orders(Message):
    """What every process follows in a run; what its parts are told is theirs to check, when they follow it."""

    type: ClassVar[str] = ORDERS

    id: Annotated[Name, StringConstraints(min_length=1)]
    host: Text | None
    tenant: dict[str, Any] | None
    signed: bool
    acks: bool
    safety: dict[str, Any]
    named: Hosts
    """Those that the configuration, the command line and the locustfile name: the token and the key go there."""
    production: Hosts
    """Those in production that the go-ahead is for."""
    secret_variables: Annotated[tuple[Text, ...], Field(max_length=MOST_CLASSES, strict=False)]
    """The names of those that hold secrets, beside the ones whose names say so."""
    iterations: bool
    scenarios: Annotated[tuple[ScenarioTold, ...], Field(max_length=MOST_SCENARIOS, strict=False)]
    storm: dict[str, Any] | None
    retry: dict[str, Any] | None
    graceful: Seconds | None


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
