"""Whether the system under test still says that it takes our requests for synthetic.

Law: a few answers a second are enough to see it stop, and cost the others next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.safety.origin import Origins
from locust_ext.safety.tenant import MarkHolder

EVERY = 0.1
"""Seconds from one answer that is looked at to the next, in each process."""

SERVER_ERROR = 500
"""From this status on, somebody else may have answered in the application's place."""


class Acknowledgements:
    """Looks for the acknowledging header in answers of the hosts under test; ``silent`` ones need not know it."""

    def __init__(self, header: str, marks: MarkHolder, recorder: Recorder, silent: Iterable[str] = ()) -> None:
        self._header, self._marks, self._recorder = header, marks, recorder
        self._silent = Origins.of(silent)
        self._next = 0.0

    def look(self, response: Any) -> None:
        """Look at an answer, if it is time to."""
        now = monotonic()
        if now < self._next:
            return
        status, url, mark = getattr(response, "status_code", 0) or 0, str(response.url or ""), self._marks.mark
        if not 0 < status < SERVER_ERROR or mark is None or not mark.origins.covers(url) or self._silent.covers(url):
            return
        self._next = now + EVERY
        acknowledged = response.headers is not None and self._header in response.headers
        self._recorder.add("tenant_acks", Kind.RATE, acknowledged)
