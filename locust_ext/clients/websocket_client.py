"""What the users of WebSockets hear, and for how long they hear nothing.

Law: a message is measured by when it reached this machine, not by when a busy user looked; where that is not known it
is not measured. A user is silent only while it waits for a message, so one that only sends is never silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import websocket
from gevent import getcurrent

from locust_ext.clients.beginning import was_told
from locust_ext.measure.feeds import AGE, MISSED, STALE, Feed, Feeds
from locust_ext.measure.messages import Told, missed, read, seconds_of
from locust_ext.measure.open_requests import CONNECTS, Begun, Sample
from locust_ext.measure.silence import SHORTEST
from locust_ext.measure.sinks import Kind

MOST_DOUBT = 0.1
"""Seconds by which the arrival of a message may be unknown, if it shall be measured."""


def receive(connection: websocket.WebSocket) -> tuple[str | bytes, float, float]:
    """Return the next message, when it arrived, and by how many seconds it may have arrived earlier.

    Raises WebSocketConnectionClosedException when the server closes, also when it does so politely.
    """
    opcode, data = connection.recv_data()
    if opcode == websocket.ABNF.OPCODE_CLOSE:
        raise websocket.WebSocketConnectionClosedException("closed by the server")
    message = data.decode() if opcode == websocket.ABNF.OPCODE_TEXT and isinstance(data, bytes) else data
    sock = connection.sock
    return message, getattr(sock, "read_at", None) or perf_counter(), getattr(sock, "doubt", 0.0)


class Connect(Begun):
    """A connect of a WebSocketUser that has begun."""

    __slots__ = ("_user", "greenlet")

    def __init__(self, user: Any) -> None:
        super().__init__()
        self._user, self.greenlet = user, getcurrent()

    @property
    def user(self) -> Any:
        """The user that connects."""
        return self._user

    def describe(self) -> tuple[str, object, Mapping[str, object]]:
        """Return type, name and tags, as its event will have them."""
        tags = self._user.context().get("tags")
        return "WS", f"connect {self._user.path}", tags if isinstance(tags, Mapping) else {}


@contextmanager
def connecting(user: Any) -> Iterator[None]:
    """Note that ``user`` connects; its event is fired in the block, or it will never end."""
    recorder = getattr(getattr(user.environment, "locust_ext_storms", None), "recorder", None)
    if recorder is None:
        yield
        return
    begun = Connect(user)
    begun.phase = recorder.phases.name
    if recorder.by_iteration:
        begun.iteration = recorder.iteration_now()
    recorder.open.begin(begun)
    around = getattr(begun.greenlet, CONNECTS, None)  # whose event is told, in a listener that connects, too
    setattr(begun.greenlet, CONNECTS, begun)
    try:
        yield
    except BaseException as error:
        if not was_told(error):
            recorder.open.lose(begun)
        raise
    finally:
        setattr(begun.greenlet, CONNECTS, around)
        recorder.open.end(begun)


class Listener:
    """Listens to the messages of one user: how long it waits for them, and which numbers are missing."""

    def __init__(self, user: Any, feeds: Feeds, reader: Callable[[Any], Told]) -> None:
        self._user, self._feeds, self._reader = user, feeds, reader
        self._recorder = feeds.recorder
        self._feed: Feed | None = None
        self._since: float | None = None
        """Since when it has been waiting, if it is."""
        self._waited = 0.0
        """For how long it had waited before, without hearing anything."""
        self._seq: int | None = None

    def connected(self, url: str) -> None:
        """Note a new connection: numbers start again."""
        self._seq = None
        if self._feed is None:
            self._feed = self._feeds.feed(type(self._user), urlsplit(url).netloc)
            self._recorder.open.others[self] = self
            greenlet = self._user.greenlet
            if greenlet is not None:
                greenlet.link(lambda _: self.leave())

    def leave(self) -> None:
        """Note that the user is gone: a silence that outlived it will never end."""
        register = self._recorder.open
        if register.others.pop(self, None) is not None:
            for sample in self.samples(perf_counter()):
                register.lose_sample(sample)

    def wait(self) -> None:
        """Begin to wait for a message, or go on with it."""
        if self._since is None:
            self._since = perf_counter()

    def give_up(self) -> None:
        """Stop waiting: the time counts, should it wait again without having heard anything."""
        if self._since is not None:
            self._waited += perf_counter() - self._since
            self._since = None

    def forget(self) -> None:
        """Note that the user heard nothing for a reason of our own: it was dropped by a storm."""
        self._since, self._waited = None, 0.0

    def silence(self, now: float) -> float:
        """Return for how many seconds it has waited without a message."""
        return self._waited + (now - self._since if self._since is not None else 0.0)

    def hear(self, message: object, arrived: float, doubt: float, *, is_lost: bool) -> None:
        """Take a message; ``is_lost``: the first after a lost connection, whose staleness others measure."""
        waited = max(0.0, self.silence(arrived))
        self.forget()
        feed, recorder = self._feed, self._recorder
        if feed is None:
            return
        if self._is_silence(feed, waited, if_unknown=False):
            self._end_silence(feed, waited, arrived, is_lost=is_lost)
        feed.rhythm.note(waited, arrived)
        time, seq = self._reader(message)
        if time is not None:
            feed.is_timed = True
            age = feed.offset.age(arrived, time)
            if doubt <= MOST_DOUBT:
                recorder.add(AGE, Kind.TREND, age * 1000, feed.tags)
        if seq is not None:
            feed.numbered(recorder)
            gap = missed(self._seq, seq)
            if gap:
                recorder.add(MISSED, Kind.COUNTER, float(gap), feed.tags)
            self._seq = seq

    def samples(self, now: float) -> Iterator[Sample]:
        """Yield what is known of a silence that lasts: how stale the user's data is, and which messages are missing."""
        feed, waited, storm = self._feed, self.silence(now), self._user._storm  # noqa: SLF001 its own part in storms
        if feed is None or not self._is_silence(feed, waited, if_unknown=True):
            return
        began, phases = now - waited, self._recorder.phases
        if storm is None or not (storm.is_away and storm.is_stale):  # else the storm itself says how stale its data is
            yield Sample(STALE, {"phase": phases.at(began)}, waited * 1000)
        if feed.is_timed:
            for after, age, times in feed.rhythm.so_far(waited):
                yield Sample(AGE, {**feed.tags, "phase": phases.at(began + after)}, age * 1000, times)

    def _is_silence(self, feed: Feed, waited: float, *, if_unknown: bool) -> bool:
        """Tell whether a wait is too long; ``if_unknown``: also where nobody knows yet what is usual.

        A wait that ended is then none, since feeds may be slow. One that goes on is: nothing says that it will end.
        """
        given = self._user.silent_after
        if given is not None:
            return bool(waited > given)
        if waited <= SHORTEST:
            return False
        return waited > feed.rhythm.patience() if feed.rhythm.is_known else if_unknown

    def _end_silence(self, feed: Feed, waited: float, arrived: float, *, is_lost: bool) -> None:
        began, recorder = arrived - waited, self._recorder
        if not is_lost:
            recorder.add(STALE, Kind.TREND, waited * 1000, {"phase": recorder.phases.at(began)})
        if not feed.is_timed:
            return
        by_phase: dict[str, list[float]] = {}
        for after, age in feed.rhythm.due(waited):
            by_phase.setdefault(recorder.phases.at(began + after), []).append(age * 1000)
        for phase, ages in by_phase.items():
            recorder.add_all(AGE, ages, {**feed.tags, "phase": phase})


def listener_for(user: Any, plain: Callable[..., Any]) -> Listener | None:
    """Return the ear of a user, where something is measured at all; ``plain`` is the hook that nobody overrode."""
    storms = getattr(user.environment, "locust_ext_storms", None)
    feeds: Feeds | None = getattr(storms, "feeds", None)
    if feeds is None:
        return None
    if getattr(type(user), "message_time", plain) is plain:
        return Listener(user, feeds, read)

    def told(message: Any) -> Told:
        return Told(seconds_of(user.message_time(message)), read(message).seq)

    return Listener(user, feeds, told)
