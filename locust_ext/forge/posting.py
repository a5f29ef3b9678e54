"""A comment posted, or a sentence on why it was not.

Law: it never waits longer than a minute in all, raises nothing, and repeats no token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent

from locust_ext.forge.api import FORBIDDEN, Api, RefusedError
from locust_ext.forge.ci_run import GITHUB, Place
from locust_ext.forge.comments import comments_of, headers_for
from locust_ext.forge.one_comment import keep_one
from locust_ext.reports.comment_marker import Marker
from locust_ext.text.frozen import dataclass

ENOUGH = 60.0
"""Seconds that all of it may take: a job waits for it."""

UNKNOWN, GONE = 401, 404


@dataclass(frozen=True)
class Posted:
    """What became of it."""

    sentence: str
    is_done: bool = True


def post(
    place: Place, marker: Marker, body: str, sleep: Callable[[float], Any] = gevent.sleep, enough: float = ENOUGH
) -> Posted:
    """Make ``body`` the comment of its load test there."""
    late = gevent.Timeout(enough)
    try:
        with late, Api(place.api, headers_for(place)) as api:
            return Posted(f"{place}: the comment {keep_one(comments_of(api, place), marker, body, sleep)}")
    except gevent.Timeout as over:
        if over is not late:
            raise
        said = "it is not certain that the comment was written"  # what was sent last may have been done
        return Posted(f"{place}: {said}: {place.forge} did not answer within {enough:g} s", is_done=False)
    except RefusedError as error:
        why = f"{place.forge} {error}{_advice(place, error.status)}"
    except Exception as error:  # noqa: BLE001 a comment is not worth a traceback, and a text may hold what was sent
        why = f"{type(error).__name__}"
    return Posted(f"{place}: there is no comment: {why}", is_done=False)


def _advice(place: Place, status: int) -> str:
    """Return what to do, where that is plain."""
    if status == FORBIDDEN and place.is_fork:
        return ": runs of a fork may only read, so they leave no comment"
    if status == FORBIDDEN and place.forge == GITHUB:
        return (
            f": {place.variable} may not comment there; give the job permissions: {{contents: read, pull-requests:"
            " write}. Runs of a fork and of Dependabot may only read, whatever it says"
        )
    if status == FORBIDDEN:
        return f": {place.variable} needs the role Reporter and the scope api"
    if status == UNKNOWN:
        return f": it did not accept {place.variable}, which may have expired"
    if status == GONE:
        return f": either there is nothing with that number, or {place.variable} may not see it"
    return ""
