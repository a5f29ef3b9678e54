"""One comment a load test: found again, written, and left alone where a newer run has written it.

Law: pure but for what it is given. Each attempt begins by looking: what may have been written, though nobody said so,
is found and not written twice. Two jobs at once end with one comment, that of the newer run. Other comments are not
touched, whatever stands in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust_ext.forge.api import BusyError, RefusedError
from locust_ext.forge.comments import Comment, Comments
from locust_ext.reports.comment_marker import Marker

LOOKS = 4
"""How often it is looked whether it stands there, where others write at the same time."""

PAUSES = (1.0, 3.0, 8.0)
"""Seconds between attempts, where the server does not say how many."""

LONGEST_PAUSE = 20.0
"""Seconds that a server may ask for; where it asks for more, there is no comment."""

MOST_DELETED = 5
"""Comments of ours that are one too many, taken away at once."""

GONE = 404

WRITTEN, ADDED, NEWER = "was updated", "was added", "is that of a newer run, and stays"


def keep_one(comments: Comments, marker: Marker, body: str, sleep: Callable[[float], Any]) -> str:
    """Make ``body`` the one comment with the key of ``marker``; return what became of it. Raises RefusedError."""
    keeper = _Keeper(comments, marker, body)
    try:
        for pause in PAUSES:
            try:
                return keeper.settle()
            except BusyError as busy:
                if (busy.wait or 0) > LONGEST_PAUSE:
                    raise RefusedError(f"{busy}, and asks for {busy.wait:,.0f} s", busy.status) from None
                sleep(pause if busy.wait is None else busy.wait)
        return keeper.settle()
    except RefusedError:
        if keeper.done:  # it stands there, and what could not be had was another look
            return keeper.done
        raise


class _Keeper:
    """What was done so far."""

    def __init__(self, comments: Comments, marker: Marker, body: str) -> None:
        self._comments, self._marker, self._body = comments, marker, body
        self.done = ""

    def settle(self) -> str:
        """Look, write, and look again: another job may have done the same."""
        for _ in range(LOOKS):
            ours = self._ours()
            if not ours and self.done:
                return self.done  # it was written, and the server has not yet heard of it
            if not ours:
                self._comments.create(self._body)
                self.done = ADDED
                continue
            kept, *others = ours
            run = _run_of(kept)
            if run > self._marker.run > (0, 0):
                self._clear(others)
                return NEWER
            if run != self._marker.run or not self.done:
                self._update(kept)
                continue
            self._clear(others)
            return self.done
        if not self.done:
            raise RefusedError("lost it each time that it was to be updated")
        return self.done

    def _ours(self) -> list[Comment]:
        found = []
        for each in self._comments.mine():
            marker = Marker.read(each.body)
            if marker is not None and marker.key == self._marker.key:
                found.append(each)
        return found

    def _update(self, kept: Comment) -> None:
        try:
            self._comments.update(kept.number, self._body)
        except RefusedError as error:
            if error.status != GONE:
                raise
            return  # somebody has deleted it meanwhile
        self.done = self.done or WRITTEN

    def _clear(self, others: list[Comment]) -> None:
        """Take away what two jobs have written at the same time, but not what a newer run still has to move."""
        for each in [each for each in others if _run_of(each) <= self._marker.run][:MOST_DELETED]:
            try:
                self._comments.delete(each.number)
            except RefusedError:
                return  # the next run tries again


def _run_of(comment: Comment) -> tuple[int, int]:
    marker = Marker.read(comment.body)
    return marker.run if marker else (0, 0)
