"""The course of a run for those who watch: what is new since they last asked, and the past in portions.

Law: what is worked out is worked out once for all who ask, at most once a second, and others have their turn meanwhile.
An answer is small: one that asks late gets the past in portions, the latest first.

::

    the page has   ............[lo ======= hi)            asks: run, names, lo, hi
    it is sent             [lo'...lo)      [hi ... now]   so it has [lo' ... closed), and more is to come or not
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from gevent.lock import Semaphore

from locust_ext.measure.live_timeline import LiveTimeline
from locust_ext.reports.figure import label, shorten
from locust_ext.run.run import Run
from locust_ext.run.turns import take_turns
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.strict_json import compact_json
from locust_ext.web.encoded import Encoded

FRESH = 0.9
"""Seconds for which what was worked out of the open slices is told."""

PORTION = 90_000
"""Characters of slices in one answer, at the most but for one slice: packed they are under 30 kB."""

MOST_ASKED = 10**9
MOST_NAME = 200


class Course:
    """The piece of the live page's state that has the slices of the run under way, or the last."""

    def __init__(self, run: Callable[[], Run | None]) -> None:
        self._run = run
        self._turn = Semaphore()
        self._prepared = -FRESH
        self._of: LiveTimeline | None = None
        self._hidden: Any = None
        self._edition = 0

    def piece(self, asked: Mapping[str, str]) -> Any:
        """Return what the page does not have yet; ``{"run": ""}`` where no run has begun."""
        run = self._run()
        watched = run.watched if run is not None else None
        if run is None or watched is None:
            return {"run": ""}
        self._prepare(watched)
        key = f"{run.id}.{self._edition}"
        if asked.get("run") == key:
            known = [_number(asked, name) for name in ("names", "lo", "hi")]
        else:
            known = [0, len(watched), len(watched)]  # it has nothing
        names = min(known[0], len(watched.names))
        low, high = (min(one, watched.closed) for one in known[1:])
        end, news = _portion(watched, high, 1)
        start, past = _portion(watched, min(low, high), -1) if sum(map(len, news)) < PORTION else (low, [])
        hide = OUTLET.redaction.text
        new = [shorten(hide(name), MOST_NAME) for name in watched.names[names:]]
        head = {
            "run": key,
            "names": new,
            "labels": list(map(label, new)),
            "from": names,
            "lo": start,
            "hi": min(end, watched.closed),
            "more": start > 0 or end < len(watched),
            "requests": watched.requests,
            "failures": watched.failures,
        }
        return Encoded(f'{compact_json(head).rstrip()[:-1]},"slices":[{",".join([*past, *news])}]}}')

    def _prepare(self, watched: LiveTimeline) -> None:
        """Work out what the open slices say now, unless that was done a moment ago."""
        with self._turn:
            if watched is self._of and monotonic() < self._prepared + FRESH:
                return
            take_turns(watched.settle())
            take_turns(watched.prepare())
            if (hidden := OUTLET.redaction) is not self._hidden:
                self._hidden, self._edition = hidden, self._edition + 1
            self._of, self._prepared = watched, monotonic()


def _portion(watched: LiveTimeline, start: int, step: int) -> tuple[int, Sequence[str]]:
    """Return slices from one on, or the ones before it, as many as fit; and where they end."""
    found: list[str] = []
    size, at = 0, start
    while (at < len(watched) if step > 0 else at > 0) and size < PORTION:
        first = at if step > 0 else at - 1
        found += watched.told(first, first + 1)
        size += len(found[-1])
        at += step
    return at, found[::step]


def _number(asked: Mapping[str, str], name: str) -> int:
    """Return a number that a page sent; what is none is 0."""
    text = asked.get(name, "")
    return min(int(text), MOST_ASKED) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004
