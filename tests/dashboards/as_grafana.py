"""A dashboard as Grafana reads it: its queries, with the variables of that moment put in.

Only what ours use of it is here: regular expressions of chosen values, ``$__all``, and the windows of Prometheus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SPECIAL = re.compile(r"[\\^$*+?.()|{}\[\]/]")
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")


@dataclass(frozen=True)
class Asked:
    """A query of a panel, of a mark or of a variable."""

    where: str
    """The panel's title, and the query's letter."""
    query: str
    at_once: bool
    """Whether one moment is asked for, not a span."""
    points: int | None = None
    """How many points the panel asks for, where it is not as many as it is wide."""


@dataclass(frozen=True)
class Shown:
    """What Grafana knows of the moment: the span that is shown, and how often its data source scrapes, in seconds."""

    span: int
    scrape: int
    points: int = 1000
    """How many pixels a panel is wide."""

    @property
    def interval(self) -> int:
        """Seconds between two points."""
        return max(self.scrape, -(-self.span // self.points))

    @property
    def windows(self) -> dict[str, str]:
        """The variables that Grafana makes of it."""
        rate = max(self.interval + self.scrape, 4 * self.scrape)
        return {"__interval": f"{self.interval}s", "__rate_interval": f"{rate}s", "__range": f"{self.span}s"}


def panels(board: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield all panels that ask for something."""
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels") or ()


def queries(board: Mapping[str, Any]) -> list[Asked]:
    """Return the queries of all panels, and of what is marked in them."""
    found = []
    for panel in panels(board):
        for target in panel["targets"]:
            where = f"{panel['title']} {target['refId']}"
            found.append(Asked(where, target["expr"], bool(target.get("instant")), panel.get("maxDataPoints")))
    marks = board["annotations"]["list"]
    return [*found, *(Asked(f"marked: {mark['name']}", mark["expr"], at_once=False) for mark in marks)]


def asks(board: Mapping[str, Any]) -> dict[str, str]:
    """Return the queries of the variables."""
    listed = board["templating"]["list"]
    return {one["name"]: one["query"]["query"] for one in listed if one["type"] == "query"}


def interpolated(query: str, shown: Shown, chosen: Mapping[str, str | Sequence[str]]) -> str:
    """Return a query as it is sent: a text is one value, a sequence several, ``.*`` is all."""

    def put(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if name in shown.windows:
            return shown.windows[name]
        value = chosen[name]
        if value == ".*":
            return ".*"
        if match[2] == "regex":
            values = [value] if isinstance(value, str) else list(value)
            escaped = [SPECIAL.sub(r"\\\g<0>", one) for one in values]
            return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
        assert isinstance(value, str), name
        return value.replace("\\", "\\\\").replace("'", "\\\\'")

    return _VARIABLE.sub(put, query)
