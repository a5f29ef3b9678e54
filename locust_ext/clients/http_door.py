"""What the doors of Locust's two HTTP clients have in common: what ``request`` does before its clock, and its answer.

Law: a wait comes before the client's clock starts; an answer reaches its caller as it came.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locust_ext.safety.interceptors import Interceptors, Place


CLOCK = "_build_url"
"""What ``request`` of both clients calls before it starts its clock."""


def turn_before_the_clock(session: type[Any]) -> Place:
    """Return the place at which requests of a session take their turn."""
    return session, CLOCK, _ask_before_the_clock


def repeats_before_the_clock(session: type[Any]) -> Place:
    """Return the place at which requests of a session wait that the guard is going to block."""
    return session, CLOCK, _hold_repeats


def answers_of(session: type[Any]) -> Place:
    """Return the place at which answers to a session come in."""
    return session, "request", _look_at_answers


def _hold_repeats(interceptors: Interceptors, build_url: Callable[..., str]) -> Callable[..., str]:
    """Wrap what ``request`` of Locust's clients does before it starts the clock: what will be blocked waits there."""

    @functools.wraps(build_url)
    def built(client: Any, path: str) -> str:
        url = build_url(client, path)
        interceptors.expect(url)
        return url

    return built


def _ask_before_the_clock(interceptors: Interceptors, build_url: Callable[..., str]) -> Callable[..., str]:
    """Wrap what ``request`` of Locust's clients does before it starts the clock: the turn comes first."""
    prepay, has_turn = interceptors.admission.prepay, interceptors.admission.has_turn

    @functools.wraps(build_url)
    def built(client: Any, path: str) -> str:
        if not has_turn():
            prepay(client.user)
        return build_url(client, path)

    return built


def _look_at_answers(interceptors: Interceptors, request: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``request`` of Locust's clients: some of its answers are looked at."""
    acks = interceptors.acks
    assert acks is not None

    @functools.wraps(request)
    def answered(client: Any, *arguments: Any, **options: Any) -> Any:
        response = request(client, *arguments, **options)
        acks.look(response)
        return response

    return answered
