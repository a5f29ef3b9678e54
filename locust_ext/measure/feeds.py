"""The feeds of messages that users hear: what is known of each, and of its host's clock.

Law: bounded; all users of one class and host share a feed, and all classes of a host its clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust_ext.measure.messages import Offset
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.silence import Rhythm
from locust_ext.measure.sinks import Kind

AGE, STALE, MISSED = "message_age", "stale_time", "messages_missed"

MOST_FEEDS = 1000
"""Feeds that are remembered; those of further hosts and classes are each on their own."""


class Feed:
    """What all users of one class hear from one host."""

    __slots__ = ("_phase", "is_timed", "offset", "rhythm", "tags")

    def __init__(self, offset: Offset, tags: Mapping[str, str]) -> None:
        self.rhythm = Rhythm()
        self.offset = offset
        self.tags = tags
        self.is_timed = False
        """Whether any message of it carried a time."""
        self._phase: str | None = None

    def numbered(self, recorder: Recorder) -> None:
        """Note that its messages carry numbers: missing none is 0 then, in each phase, and not unknown."""
        if self._phase != recorder.phases.name:
            self._phase = recorder.phases.name
            recorder.add(MISSED, Kind.COUNTER, 0, self.tags)


class Feeds:
    """The feeds of one process."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._feeds: dict[tuple[object, str], Feed] = {}
        self._offsets: dict[str, Offset] = {}

    def begin(self) -> None:
        """Begin a run: nothing is known."""
        self._feeds.clear()
        self._offsets.clear()

    def feed(self, user_class: type[Any], host: str) -> Feed:
        """Return the feed of a class and a host; all classes of a host share its clock."""
        key = (user_class, host)
        feed = self._feeds.get(key)
        if feed is None:
            offset = self._offsets.get(host) or Offset()
            path = getattr(user_class, "path", None)
            feed = Feed(offset, {"name": path} if isinstance(path, str) else {})
            if len(self._feeds) < MOST_FEEDS:
                self._feeds[key], self._offsets[host] = feed, offset
        return feed
