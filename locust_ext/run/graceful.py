"""The graceful end: users leave when the requests that they have begun are over, and begin no others.

Law: a user without an open request is stopped at once; one with an open request is when that ends, at the latest after
``graceful_stop``. One that is only finishing does not count as a user any more, and only the end of the run waits for
it. An explicit ``--stop-timeout`` leaves everything to Locust.

::

    leaving --no open request--> stopped --on_stop is over--> gone
            --open request-----> finishing --it ends--> stopped
                                           --time is up--> stopped, the request is lost
            stopped, time is up --> stopped once more, in the middle of on_stop --> given up
"""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from locust_ext.measure.open_requests import OpenRequests
from locust_ext.measure.reporting import Drain, hearing_seams
from locust_ext.process.part import Listener, Part
from locust_ext.process.seam import Seam
from locust_ext.process.supervised import Work
from locust_ext.process.wire import Item, Seconds
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

logger = logging.getLogger(__name__)

LOOKING_AFTER = Work("the watch over users that leave")

LOOK = 0.02
"""Seconds from one look at who has finished to the next."""

LAST = 1.0
"""Seconds that an ``on_stop`` has when time is up."""

MOST_STOPS = 2
"""Times that a user is stopped before it is given up."""


class Leaving:
    """One user on its way out."""

    __slots__ = ("greenlet", "since", "stopped_at", "stops", "user")

    def __init__(self, user: Any, greenlet: Any, now: float) -> None:
        self.user, self.greenlet, self.since = user, greenlet, now
        self.stops, self.stopped_at = 0, math.inf
        """How often it was stopped, and when it was last."""

    def stop(self, now: float, unbar: Callable[[Any], None]) -> None:
        """Stop it, without waiting for its ``on_stop``; ``unbar`` lets that send requests.

        It is barred until the very moment: between an order to stop and the stop it could begin a request.
        """
        self.stops, self.stopped_at = self.stops + 1, now
        gevent.get_hub().loop.run_callback(self._deliver, unbar)

    def _deliver(self, unbar: Callable[[Any], None]) -> None:
        if not self.greenlet.ready():
            unbar(self.user)
            self.greenlet.throw(gevent.GreenletExit)


class GracefulTold(Item):
    """How long requests may take that have begun when their users leave."""

    limit: Seconds


class GracefulStop(Part["float | None", GracefulTold]):
    """Ends the users of one process; ``hurry`` returns how many seconds there are at the most, or None.

    The intent is the ``graceful_stop`` of a run; None leaves everything to Locust.
    """

    name = "graceful"

    def __init__(self, runner: Any, register: OpenRequests, hurry: Callable[[], float | None]) -> None:
        self._runner, self._register, self._hurry = runner, register, hurry
        self.limit: float | None = None
        """The seconds of ``graceful_stop``; None: Locust stops users itself."""
        self.finishing = Group()
        """The greenlets of users that are leaving."""
        self.ends = False
        """Whether the test ends: it goes on when all users have left. Locust's state may say that a ramp is over."""
        self.waits = True
        """Whether requests are waited for; an open load has done so when its iterations had their time."""
        self._leaving: dict[Any, Leaving] = {}
        self._until = self._hurried = math.inf
        self._watch: gevent.Greenlet | None = None
        self._seams = [Seam(runner, "stop_users", self._instead), *hearing_seams(runner)]
        register.bar = self.bar

    def reads(self) -> type[GracefulTold]:
        """Return the model of what processes are told."""
        return GracefulTold

    def listeners(self) -> list[Listener]:
        """Hear the beginning of the end."""
        return [("test_stopping", lambda **_: self.end())]

    def end(self) -> None:
        """Go on when all users have left."""
        self.ends = True

    def orders(self, intent: float | None) -> GracefulTold | None:
        """Return the ``graceful_stop`` of a run, if it has one."""
        return None if intent is None else GracefulTold(limit=intent)

    def follow(self, told: GracefulTold | None, run: str) -> None:  # noqa: ARG002 it is the same for each run
        """Take the ``graceful_stop`` of a run, before its first user."""
        self.allow(told.limit if told else None)

    def allow(self, limit: float | None) -> None:
        """Let requests of users that leave have ``limit`` seconds; None leaves everything to Locust."""
        self.leave()
        self.limit, self.waits, self.ends = limit, True, False
        self._until = self._hurried = math.inf
        for seam in self._seams if limit is not None else ():
            seam.open()

    def leave(self) -> None:
        """End with the run: nobody is left, but who was given up and still may begin nothing."""
        for seam in self._seams:
            seam.close()
        self._leaving.clear()
        for user in [user for user in self._register.leaving if user.greenlet is None or user.greenlet.ready()]:
            del self._register.leaving[user]

    def shorten(self, seconds: float | None) -> None:
        """Let all who are leaving have ``seconds`` more at the most."""
        if seconds is not None and seconds < self._hurried:  # the same word again is not a new time
            self._hurried = seconds
            self._until = min(self._until, monotonic() + seconds)

    @property
    def patience(self) -> float | None:
        """For how many seconds users that leave now may finish; None: that is Locust's affair."""
        hurry = self._hurry()
        return self.limit if self.limit is None or hurry is None else min(self.limit, hurry)

    def word(self) -> dict[str, Any]:
        """Return what a master tells its workers, whose users are to leave now."""
        return {"limit": self.patience, "waits": self.waits}

    def obey(self, order: Drain) -> None:
        """Do as a master says."""
        self.shorten(order.limit)
        self.waits = order.waits

    def bar(self, user: Any) -> None:
        """Let ``user`` begin no request if it is leaving; one within another that is open belongs to that."""
        if not self._register.leaving.get(user):
            return
        is_own = gevent.getcurrent() is user.greenlet
        if any(one.user is user and (is_own or one.encloses) for one in self._register.opened):
            return
        if user._state == LOCUST_STATE_STOPPING:  # noqa: SLF001
            raise StopUser
        if is_own:  # its tasks may catch whatever is raised, and try again without a pause: it waits to be stopped
            Event().wait()
        raise gevent.GreenletExit

    def _instead(self, stop_users: Callable[[dict[str, int]], None]) -> Callable[[dict[str, int]], None]:
        """Stand in for ``Runner.stop_users``, which waits for tasks, or for nothing."""

        @functools.wraps(stop_users)
        def stopped(counts: dict[str, int]) -> None:
            for user, greenlet in self._choose(counts):
                self._take(user, greenlet)
            if self.ends:
                self._finish()
            elif self._leaving:
                self._step(monotonic())
                self._watch = self._watch or LOOKING_AFTER.start(self._look_after)

        return stopped

    def _choose(self, counts: Mapping[str, int]) -> list[tuple[Any, Any]]:
        """Return the users to stop with their greenlets, chosen as Locust chooses them."""
        wanted, chosen = dict(counts), []
        for greenlet in self._runner.user_greenlets:
            user = greenlet.args[0] if getattr(greenlet, "args", ()) else None
            name = type(user).__name__
            if wanted.get(name, 0) > 0:
                wanted[name] -= 1
                chosen.append((user, greenlet))
        return chosen

    def _take(self, user: Any, greenlet: Any) -> None:
        """Count a user no more, and let it finish."""
        self._runner.user_greenlets.discard(greenlet)
        self.finishing.add(greenlet)
        user._group = self.finishing  # noqa: SLF001 where user.stop() looks for it
        self._register.leaving[user] = True
        if greenlet is gevent.getcurrent():
            user._state = LOCUST_STATE_STOPPING  # noqa: SLF001 it ends the test itself, and leaves after its task
        else:
            self._leaving[user] = Leaving(user, greenlet, monotonic())

    def _step(self, now: float) -> None:
        """Stop who has finished, and whose time is up."""
        self.shorten(self._hurry())
        busy = self._register.users()
        for user, one in list(self._leaving.items()):
            until = min(one.since + (self.limit or 0.0), self._until)
            if one.greenlet.ready():
                del self._leaving[user]
                self._register.leaving.pop(user, None)
            elif not one.stops and (user not in busy or now >= until or not self.waits):
                one.stop(now, self._unbar)
            elif one.stops and now >= max(until, one.stopped_at + LAST):
                self._register.leaving[user] = True
                if one.stops < MOST_STOPS:
                    one.stop(now, lambda _: None)
                else:
                    del self._leaving[user]
                    logger.warning("a %s did not stop: its on_stop hangs, and is given up", type(user).__name__)

    def _unbar(self, user: Any) -> None:
        """Let the ``on_stop`` of a user say goodbye."""
        self._register.leaving[user] = False

    def _look_after(self) -> None:
        """Look after those whom a shape has taken away."""
        while self._leaving:
            gevent.sleep(LOOK)
            self._step(monotonic())
        self._watch = None

    def _finish(self) -> None:
        """Wait until all have left; the end of the run follows."""
        pause, is_told = 0.001, False
        while self._leaving:
            self._step(monotonic())
            is_told = is_told or self._tell()
            gevent.sleep(pause)
            pause = min(LOOK, 2 * pause)

    def _tell(self) -> bool:
        """Say what is waited for, if anything is."""
        patience = self.patience if self.waits else 0.0
        requests = sum(one.user in self._leaving for one in self._register.opened)
        if requests and patience:
            logger.info("waiting up to %s for %s", format_duration(patience), plural(requests, "request"))
        return bool(requests)
