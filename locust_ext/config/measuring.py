"""The client that a run is measured with: the one that its user classes have, or a faster one in its place.

Law: pure; the command line wins over the file, and a name that nobody knows is refused with the nearest one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

from locust_ext.text.lengths import quoted
from locust_ext.text.problems import Problem
from locust_ext.text.spelling import nearest

if TYPE_CHECKING:
    from locust_ext.config.command_line import CommandLine
    from locust_ext.config.schema import Config
    from locust_ext.text.document import Document

ClientName = Literal["as_written", "lean"]
"""``as_written``: each user class has the client that its code says. ``lean``: FastHttpUsers have LeanHttpUser's."""

AS_WRITTEN, LEAN = CLIENTS = get_args(ClientName)

ABOUT: Mapping[str, str] = {AS_WRITTEN: "each user class has its own", LEAN: "FastHttpUsers have that of LeanHttpUser"}


def check_client(name: object) -> object:
    """Return ``name``; raises ValueError with the nearest name for a text that names no client."""
    if isinstance(name, str) and name not in CLIENTS:
        raise ValueError(f"there is no client {quoted(name)}{nearest(name, CLIENTS)}")
    return name


def with_client(config: Config, command_line: CommandLine) -> tuple[Config, list[Problem]]:
    """Return the configuration with the client of the command line, if that names one, and what is wrong with it."""
    name = command_line.client
    try:
        check_client(name or AS_WRITTEN)
    except ValueError as error:
        return config, [Problem("--client", str(error))]
    return (config.model_copy(update={"client": name}) if name else config), []


def nobody_lean(document: Document) -> Problem:
    """Return the problem of a run that is to be lean, and has no user class that could be."""
    what = "no user class is a FastHttpUser, so nothing would be measured with it; leave it out"
    is_configured = document.values.get("client") == LEAN
    return document.problem(("client",), what) if is_configured else Problem("--client", what)
