"""When requests are sent: one after the other, several at once where they were, and the pauses between them.

Law: pure; a pause is the gap between the end of all that was sent before and the next beginning. Pauses are bounded,
and how many were cut is said. Only what really overlapped, each with each, is sent at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from locust_ext.drafts.journey import (
    AtOnce,
    Captured,
    FormBody,
    JsonBody,
    Pause,
    Request,
    Step,
    Template,
    TextBody,
    Value,
)
from locust_ext.har.exchange import Exchange
from locust_ext.text.frozen import dataclass

LEAST, MOST = 0.3, 30.0
"""Seconds: a shorter gap is the work of a page and not a thought; a longer one is cut."""

MOST_AT_ONCE = 6
"""Requests that a browser sends to a host at once."""

SPREAD = 0.5
"""How much shorter and longer a pause may be than the one that was recorded, as a share of it."""


@dataclass(frozen=True)
class Paced:
    """The steps of a journey, and what its times say."""

    steps: tuple[Step, ...]
    cut: int
    """Pauses that were longer than the longest."""
    seconds: float
    """How long it takes once, as it was recorded."""
    mean_pause: float | None


def paced(sent: Sequence[tuple[Exchange, Request]]) -> Paced:
    """Return the steps for requests in the order in which they were sent."""
    steps: list[Step] = []
    group: list[tuple[Exchange, Request]] = []
    ended: float | None = None
    pauses: list[float] = []
    busy, cut = 0.0, 0
    for exchange, request in sent:
        gap = 0.0 if exchange.started is None or ended is None else exchange.started - ended
        if not _overlaps(exchange, request, group):
            steps += _together(group)
            busy += max((each.seconds or 0.0 for each, _ in group), default=0.0)
            group = []
            if gap >= LEAST:
                cut += gap > MOST
                pauses.append(min(gap, MOST))
                steps.append(_pause(pauses[-1]))
        group.append((exchange, request))
        if exchange.ended is not None:
            ended = exchange.ended if ended is None else max(ended, exchange.ended)
    steps += _together(group)
    busy += max((each.seconds or 0.0 for each, _ in group), default=0.0)
    mean = sum(pauses) / len(pauses) if pauses else None
    return Paced(tuple(steps), cut, busy + sum(pauses), mean)


def around(seconds: float) -> Pause:
    """Return a pause of a mean length, from half of it to half as much again."""
    return _pause(seconds)


def _pause(seconds: float) -> Pause:
    return Pause(round(seconds * (1 - SPREAD), 2), round(seconds * (1 + SPREAD), 2))


def _overlaps(exchange: Exchange, request: Request, group: Sequence[tuple[Exchange, Request]]) -> bool:
    """Tell whether a request was sent while all of a group were under way, and needs nothing of their answers."""
    if not group or len(group) >= MOST_AT_ONCE or exchange.started is None:
        return False
    if any(each.ended is None or exchange.started >= each.ended for each, _ in group):
        return False
    kept = {capture.name for _, other in group for capture in other.captures}
    return not any(name in kept for name in captured_in(request))


def _together(group: Sequence[tuple[Exchange, Request]]) -> list[Step]:
    requests = tuple(request for _, request in group)
    return [AtOnce(requests)] if len(requests) > 1 else list(requests)


def captured_in(request: Request) -> Iterator[str]:
    """Yield the names of the values that a request needs of earlier answers."""
    body = request.body
    texts: list[Value] = [request.target, *(value for _, value in request.headers)]
    if isinstance(body, FormBody):
        texts += [value for _, value in body.fields]
    elif isinstance(body, TextBody):
        texts.append(body.text)
    elif isinstance(body, JsonBody):
        texts.append(body.value)
    for text in texts:
        yield from _captured(text)


def _captured(value: Value) -> Iterator[str]:
    if isinstance(value, Captured):
        yield value.name
    elif isinstance(value, Template):
        yield from (each.name for each in value.references if isinstance(each, Captured))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _captured(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _captured(each)
