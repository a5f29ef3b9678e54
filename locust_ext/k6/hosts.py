"""The host that all requests of a script have in common: it becomes the run's, and their addresses become paths.

Law: pure; a host is taken away only if every request has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from locust_ext.drafts.journey import AtOnce, Env, Group, Journey, Request, Step, Template, walk
from locust_ext.text.frozen import dataclass

_ORIGIN = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)


@dataclass(frozen=True)
class CommonHost:
    """What all addresses begin with: a variable of the environment, or an origin such as ``https://example.com``."""

    variable: str = ""
    origin: str = ""
    """The origin, or what the variable is without a value."""


def common_host(journeys: Sequence[Journey]) -> CommonHost | None:
    """Return what all addresses begin with, or None."""
    found = {_base(request.target) for journey in journeys for request in _requests(journey)}
    return found.pop() if len(found) == 1 else None


def without_host(journeys: Sequence[Journey]) -> list[Journey]:
    """Return the same with paths for addresses."""
    return [
        replace(
            journey,
            steps=tuple(map(_as_path, journey.steps)),
            on_start=tuple(map(_as_path, journey.on_start)),
        )
        for journey in journeys
    ]


def _requests(journey: Journey) -> list[Request]:
    return [step for step in walk((*journey.on_start, *journey.steps)) if isinstance(step, Request)]


def _base(target: Template) -> CommonHost | None:
    """Return with what an address begins, if a path can follow it."""
    first, *rest = target.pieces or ("",)
    if isinstance(first, Env):
        is_path = not rest or (isinstance(rest[0], str) and rest[0][:1] in {"/", "?"})
        match = _ORIGIN.fullmatch((first.default or "").rstrip("/"))
        return CommonHost(first.name, match[0] if match else first.default or "") if is_path else None
    match = _ORIGIN.match(first) if isinstance(first, str) else None
    if match is None or (match.end() == len(str(first)) and rest) or "@" in match[0]:
        return None
    return CommonHost(origin=match[0])


def _as_path(step: Step) -> Step:
    match step:
        case Request():
            return replace(step, target=_path(step.target), name=_named(step.name))
        case AtOnce():
            return replace(
                step,
                requests=tuple(
                    replace(each, target=_path(each.target), name=_named(each.name)) for each in step.requests
                ),
            )
        case Group():
            return replace(step, steps=tuple(map(_as_path, step.steps)))
    return step


def _path(target: Template) -> Template:
    first, *rest = target.pieces
    path = "" if isinstance(first, Env) else _ORIGIN.sub("", str(first), count=1)
    made = Template.of(path, *rest)
    start = made.pieces[0] if made.pieces else ""
    return made if isinstance(start, str) and start.startswith("/") else Template.of("/", *made.pieces)


def _named(name: str) -> str:
    """Return a name without the host, which it has from an http.url`...`."""
    return re.sub(r"^\$\{[\w.]+\}(?=/)", "", _ORIGIN.sub("", name, count=1)) or name
