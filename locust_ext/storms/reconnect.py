"""ReconnectStormUser: users that lose their connection at once, and come back as their client does.

Law: the way back runs beside the user's own tasks, which wait for it; a user that never comes back stays, idle, and
stays in the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

import gevent
from gevent.event import Event
from locust.exception import InterruptTaskSet, RescheduleTask, StopTest, StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.measure.open_requests import Sample
from locust_ext.process.supervised import Work
from locust_ext.storms.comeback import LONGEST_ATTEMPT, Limits, come_back
from locust_ext.storms.link import Link, RequestLink
from locust_ext.storms.waits import Waits

if TYPE_CHECKING:
    from locust_ext.storms.agent import StormAgent

COMING_BACK = Work("a user's way back", again=False)

FLOW = (RescheduleTask, InterruptTaskSet, StopUser, StopTest, gevent.GreenletExit)
"""What tasks raise to say where to go on; never swallowed."""


class State(Enum):
    """Where a user is with its connection."""

    NEW = "not connected yet"
    READY = "connected"
    AWAY = "on its way back"
    GONE = "given up"


class ReconnectStormUser:
    """Mixin: ``class TickUser(ReconnectStormUser, WebSocketUser)``; before HttpUser and FastHttpUser too.

    Also before any user class that gives ``connect()`` and ``disconnect()`` (and ``sockets()``, if they shall drop
    for real). When it drops, and how it comes back, stands under ``storm:`` in the configuration. Needs
    ``locust_ext.install()``.
    """

    environment: ClassVar[Any]
    _storm: Member | None = None

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)  # type: ignore[call-arg]
        storms: StormAgent | None = getattr(environment, "locust_ext_storms", None)
        if storms is not None:
            link = storms.links.link(self, storms.options.connect_path)
            self._storm = Member(self, storms, link)
            if isinstance(link, RequestLink):
                link.gate(self._storm.wait, self._storm.saw_data)

    def saw_data(self) -> None:
        """Note that fresh data has come; a class with its own connection calls it for each message."""
        if self._storm is not None:
            self._storm.saw_data()


class Member:
    """One user's part in storms."""

    def __init__(self, user: Any, storms: StormAgent, link: Link) -> None:
        self.user, self.link, self.state = user, link, State.NEW
        self._storms = storms
        self._waits = Waits(storms.policy, storms.next_rng())
        self._back = Event()
        self._greenlet: gevent.Greenlet | None = None
        self._ready_at = self._dropped_at = self._data_at = 0.0
        self._stale_since: float | None = None
        self._refused_until = -math.inf
        self._phase = ""
        self._attempts = 0
        self._slot: Callable[[float], None] | None = None
        self.was_dropped = False
        """Whether the last loss was ours, as part of a storm."""

    @property
    def is_stale(self) -> bool:
        """Whether no data has come since the last loss."""
        return self._stale_since is not None

    @property
    def is_away(self) -> bool:
        """Whether the user has no connection that it knows to be alive."""
        return self.state in (State.AWAY, State.GONE)

    def arrive(self) -> None:
        """Take the user in; one that must connect first does so, by its policy."""
        if self.state is not State.NEW:
            return
        self._storms.members[self] = None
        self._storms.recorder.open.others[self] = self
        self.user.greenlet.link(lambda _: self.leave())
        if isinstance(self.link, RequestLink) or not hasattr(self.user, "storm_link"):
            self._is_ready()
            return
        self.state = State.AWAY
        try:
            self._storms.turn(self.user)
            timeout = self._storms.options.connect_timeout or self._waits.policy.timeout.at(0, 0.0)
            self.link.connect(min(timeout, LONGEST_ATTEMPT), self._waits.opened)
        except gevent.GreenletExit:
            raise
        except Exception as failure:  # noqa: BLE001 a first connect that fails is tried again like any other
            self.state = State.READY
            self.lost(getattr(failure, "cause", "refused"))
            return
        self._waits.ready()
        self._is_ready()

    def _is_ready(self) -> None:
        self.state, self._ready_at = State.READY, monotonic()
        self._back.set()

    def drop(self, cause: str, detection: float, limits: Limits) -> None:
        """Lose the connection, as part of a storm; ``detection`` seconds later the client notices."""
        self._slot, self.was_dropped = self._storms.count_attempt, True
        self._begin(cause, limits, detection)

    def lost(self, cause: str) -> None:
        """Note that the connection was lost by itself; in a storm it is known already."""
        if self.state is State.READY:
            self._slot, self.was_dropped = None, False
            self._begin(cause, self._storms.limits(), 0.0)

    def _begin(self, cause: str, limits: Limits, detection: float) -> None:
        now = self._dropped_at = monotonic()
        self.state, self._attempts, self._refused_until = State.AWAY, 0, limits.refused_until
        self._back.clear()
        self._phase = self._storms.recorder.phases.name
        self._stale_since = self._stale_since or self._data_at or None
        self._waits.lost(now - self._ready_at)
        self.link.drop(cause)
        self._greenlet = COMING_BACK.start(self._come_back, cause, limits, detection)

    def _come_back(self, cause: str, limits: Limits, detection: float) -> None:
        gevent.sleep(detection)
        back = come_back(
            self._waits,
            self.link,
            limits,
            clock=monotonic,
            sleep=gevent.sleep,
            starting=self._starting,
            note=self._storms.note_attempt,
            cause=cause,
        )
        self.link.forget()
        if back:
            self._is_ready()
        else:
            self.state = State.GONE
        self._tell(back=back)

    def _starting(self, lag: float) -> None:
        self._attempts += 1
        self._storms.lag(lag, self._phase)
        if monotonic() >= self._refused_until:
            self._wait_for_turn()
        if self._slot is not None:
            self._slot(monotonic())

    def _wait_for_turn(self) -> None:
        """Wait as the cap demands; that time is none of the target's."""
        waited = self._storms.turn()
        self._dropped_at += waited
        if self._stale_since is not None:
            self._stale_since += waited

    def _tell(self, *, back: bool) -> None:
        self._storms.came_back(monotonic() - self._dropped_at, self._attempts, self._phase, back=back)

    def saw_data(self) -> None:
        """Note that fresh data has come; the first after a loss ends the time in which it was stale."""
        now = self._data_at = monotonic()
        if self._stale_since is not None and self.state is State.READY:
            self._storms.stale(now - self._stale_since, self._phase)
            self._stale_since = None

    def wait(self) -> None:
        """Wait until the user is back; as long as a user waits it can be stopped. Its own way back passes."""
        if self.state is State.READY or self.state is State.NEW or gevent.getcurrent() is self._greenlet:
            return
        user = self.user
        if user._state == LOCUST_STATE_STOPPING:  # noqa: SLF001 as Locust's own TaskSet.wait
            raise StopUser
        user._state = LOCUST_STATE_WAITING  # noqa: SLF001
        self._back.wait()
        user._state = LOCUST_STATE_RUNNING  # noqa: SLF001

    def run_task(self, execute: Callable[[], Any]) -> Any:
        """Run one task while connected; one that fails because the connection dropped under it just ends."""
        self.arrive()
        self.wait()
        before = self._dropped_at
        try:
            return execute()
        except FLOW:
            raise
        except Exception:
            if self._dropped_at == before:
                raise
            return None

    def leave(self) -> None:
        """Let the user go; one that was away for longer than a storm lasts counts as never back."""
        self._storms.members.pop(self, None)
        self._storms.recorder.open.others.pop(self, None)
        lasting = monotonic() - self._dropped_at >= self._storms.options.lasts
        if lasting or not self.was_dropped:
            for sample in self.samples():
                self._storms.recorder.open.lose_sample(sample)
        if self.state is State.AWAY and self._greenlet is not None:
            self._greenlet.kill(block=False)
            self.link.forget()
            if lasting:
                self._tell(back=False)
        self.state = State.GONE

    def samples(self, _: float = 0.0) -> Iterator[Sample]:
        """Yield for how long a user that is away has had no fresh data, as long as nothing has come."""
        if self.is_away and self._stale_since is not None:
            yield Sample("stale_time", {"phase": self._phase}, (monotonic() - self._stale_since) * 1000)


def guarded(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``TaskSet.execute_task``: storm users run no task while they are away."""

    def execute_task(task_set: Any, task: Any) -> Any:
        member = getattr(task_set.user, "_storm", None)
        if member is None or isinstance(task, type):
            return execute(task_set, task)
        return member.run_task(partial(execute, task_set, task))

    return execute_task
