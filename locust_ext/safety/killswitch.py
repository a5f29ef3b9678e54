"""The kill switch of one process: reads its flags each second, and pulls itself when one does not allow the run.

Law: the flag means *allowed*. Anything but a fresh, plain yes is a no: missing, malformed, hung, an error, not ready.
A pulled switch stays pulled for its run, and the first reason is the one that is told. Reads happen in one greenlet,
with a hard limit of time; should that greenlet itself stand still, what it vouched for runs out after five seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

import gevent

from locust_ext.process.supervised import Stake, Work
from locust_ext.safety.admission import Admission
from locust_ext.safety.flags import Reading, Source, read_all
from locust_ext.safety.outlet import OUTLET

logger = logging.getLogger(__name__)

WATCHING = Work("the kill switch", Stake.SAFETY)

EVERY = 1.0
"""Seconds from the beginning of one read to the beginning of the next."""

TIMEOUT = 1.5
"""Seconds that a read may take: with EVERY, a flip is noticed within 2.5 s."""

STALE = 5.0
"""Seconds after which what was read is no longer known."""


class KillSwitch:
    """The switch of one process; ``tell`` carries the reason to the one that ends the run."""

    def __init__(self, admission: Admission, tell: Callable[[str], None]) -> None:
        self._admission, self._tell = admission, tell
        admission.on_stale = self.pull
        self._greenlet: gevent.Greenlet | None = None
        self.pulled = ""
        """Why it was pulled in this run; empty while it was not."""

    def start(self, sources: tuple[Source, ...]) -> None:
        """Begin a run: forget the last one, and watch these sources; nothing passes before their first yes."""
        self.stop()
        self.pulled = ""
        if sources:
            self._admission.await_word(monotonic() + STALE)
            self._greenlet = WATCHING.start(self._watch, sources)

    def stop(self) -> None:
        """Watch no more."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def _watch(self, sources: tuple[Source, ...]) -> None:
        while not self.pulled:
            began = monotonic()
            try:
                reading = read_all(sources, TIMEOUT)
            except Exception as error:  # noqa: BLE001 whatever a source raises, it did not say yes
                reading = Reading(allowed=False, why=f"the flag could not be read: {type(error).__name__}")
            if not reading.allowed:
                self.pull(f"the kill switch: {reading.why}")
                return
            self._admission.vouch(began + STALE)
            gevent.sleep(max(0.0, began + EVERY - monotonic()))

    def pull(self, reason: str) -> None:
        """Stop everything, for good."""
        if self.pulled:
            return
        reason = self.pulled = OUTLET.text(reason)
        self._admission.close(reason)
        logger.warning("%s: nothing is sent any more", reason)
        self._tell(reason)
