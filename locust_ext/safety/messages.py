"""What every process is told of safety: rules and names of variables, never what those hold.

Law: pure; what is told is read as a whole, or refused.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from locust_ext.process.wire import MOST_CLASSES, Item, Text

MOST_HOSTS = 10_000

Hosts = Annotated[tuple[Text, ...], Field(max_length=MOST_HOSTS, strict=False)]


class SafetyTold(Item):
    """The rules of a run."""

    tenant: dict[str, Any] | None
    signed: bool
    """Whether the master has a key to sign with."""
    acks: bool
    """Whether answers must acknowledge the mark."""
    safety: dict[str, Any]
    named: Hosts
    """Those that the configuration, the command line and the locustfile name: the token and the key go there."""
    production: Hosts
    """Those in production that the go-ahead is for: a process that knows another one sends nothing."""
    secret_variables: Annotated[tuple[Text, ...], Field(max_length=MOST_CLASSES, strict=False)]
    """The names of those that hold secrets, beside the ones whose names say so."""
