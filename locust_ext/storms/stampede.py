"""Cache stampedes: all users let go on one key at the moment at which it expires, and what that cost the origin.

Law: the release is one instant for all workers, which they learn ahead of time; what the target does not tell about its
origin is not measured.

::

    warm the key -> its life passes -> release, said three times ahead -> phase stampede -> count -> as before
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import gevent
import requests
from gevent.event import Event
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.supervised import Work
from locust_ext.safety.tenant import RotatingHeaders
from locust_ext.storms.intents import StampedeIntent
from locust_ext.storms.messages import Release
from locust_ext.storms.moments import SETTLES, releases
from locust_ext.storms.on_demand import PhaseAnnouncer
from locust_ext.storms.options import StampedeOptions
from locust_ext.text.spelling import plural

logger = logging.getLogger(__name__)

PLAYING = Work("the rounds of the stampede", again=False)
RELEASING = Work("the release of a stampede", again=False)

PHASE = "stampede"
TIMEOUT = 2.0
"""Seconds for warming a key, and for reading the target's metrics."""

REPEATS = (0.0, 0.2, 0.4)


class CacheStampedeUser:
    """Mixin over HttpUser and FastHttpUser: ``key = self.cold_key()`` waits for the next release.

    When keys go cold stands under ``stampede:`` in the configuration. Needs ``locust_ext.install()``.
    """

    environment: ClassVar[Any]

    def cold_key(self) -> str:
        """Wait until all users are let go, and return the key that has just expired."""
        agent: StampedeAgent | None = getattr(self.environment, "locust_ext_stampede", None)
        if agent is None:
            raise RuntimeError("call locust_ext.install() at the top of the locustfile: nobody releases the users")
        return agent.wait(self)


class StampedeAgent:
    """A process's part: where its users wait, and the release at the instant that the master named."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._released = Event()
        self._key = ""
        self._due: dict[str, float] = {}

    def wait(self, user: Any) -> str:
        """Return the key of the next release; a user that waits can be stopped."""
        if user._state == LOCUST_STATE_STOPPING:  # noqa: SLF001 as Locust's own TaskSet.wait
            raise StopUser
        user._state = LOCUST_STATE_WAITING  # noqa: SLF001
        self._released.wait()
        user._state = LOCUST_STATE_RUNNING  # noqa: SLF001
        return self._key

    def on_release(self, order: Release) -> None:
        """Release in ``due`` seconds; an order that comes again can only bring the instant nearer to the truth."""
        key, due = order.key, monotonic() + order.due
        if key not in self._due:
            self._due = {key: due}
            RELEASING.start(self._release, key)
        self._due[key] = min(due, self._due[key])

    def forget(self) -> None:
        """Release nobody any more: an order belongs to its run."""
        self._due = {}

    def _release(self, key: str) -> None:
        while (rest := self._due.get(key, 0.0) - monotonic()) > 0:
            gevent.sleep(min(rest, 0.05))
        if key not in self._due:
            return  # the run is over, or a later key has taken its place
        self._recorder.enter_phase(PHASE)
        released, self._released, self._key = self._released, Event(), key
        released.set()


class StampedeCoordinator:
    """The master's part: one key after the other, warmed, expired, released and counted."""

    def __init__(self, environment: Any, stage: PhaseAnnouncer, recorder: Recorder) -> None:
        self._environment, self._stage, self._recorder = environment, stage, recorder
        self._greenlet: gevent.Greenlet | None = None
        self._marks: RotatingHeaders | None = None
        self._warned = False
        self._left = 0
        """How many rounds are still to come."""
        self.on_missed: Callable[[str], None] = lambda _: None
        """Is told which rounds did not come."""
        self._read: Callable[[str, str], float | None] = lambda _page, _name: None

    def start(self, intent: StampedeIntent, elapsed: Callable[[], float], run: str) -> None:
        """Play the rounds of a run; ``elapsed`` tells its seconds, ``run`` makes its keys new."""
        options = intent.options
        if options is None:
            return
        from locust_ext.storms.origin_metric import origin_metric  # noqa: PLC0415 before the load, and only for a stampede

        self._read = origin_metric
        self._marks = RotatingHeaders(intent.tenant, [self._environment.host], run) if intent.tenant else None
        self._warned, self._left = False, options.times
        self._greenlet = PLAYING.start(self._play, options, intent.scale, elapsed, run[:12])

    def stop(self) -> None:
        """Play no more rounds."""
        if self._left:
            self.on_missed(f"{plural(self._left, 'stampede')} did not come: the run was over before")
            self._left = 0
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def _play(self, options: StampedeOptions, scale: float, elapsed: Callable[[], float], run: str) -> None:
        for number, release in enumerate(releases(options, scale)):
            while (rest := release - options.life - elapsed()) > 0:
                gevent.sleep(rest)
            self._left -= 1
            key = f"{run}-{number}"
            if self._get(options.path.format(key=key)) is not None:
                self._round(options, key, monotonic() + options.life)
            else:
                logger.warning("the stampede on key %s was left out: it could not be read once before", key)

    def _round(self, options: StampedeOptions, key: str, due: float) -> None:
        before = self._computations(options)
        announced = monotonic()
        for repeat in REPEATS:
            if (rest := min(announced + repeat, due) - monotonic()) > 0:
                gevent.sleep(rest)
            Release(key=key, due=max(0.0, due - monotonic())).send(self._environment.runner)
        gevent.sleep(max(0.0, due - monotonic()))
        self._stage.cover(PHASE)
        gevent.sleep(SETTLES)
        after = self._computations(options)
        if before is not None and after is not None:
            self._record(key, after - before)
        self._stage.uncover()

    def _record(self, key: str, computations: float) -> None:
        """Record what one expiry cost; without one computation nobody met a cold key, which proves nothing."""
        if computations >= 1:
            self._recorder.add("origin_computations", Kind.TREND, computations, {"phase": PHASE})
        else:
            logger.warning(
                "nobody had key %s computed: it had not expired, nobody waited, or the target started again", key
            )

    def _computations(self, options: StampedeOptions) -> float | None:
        found = self._read(self._get(options.metrics_path) or "", options.origin_metric)
        if found is None and not self._warned:
            self._warned = True
            logger.warning("%s tells no %s: its origin is not measured", options.metrics_path, options.origin_metric)
        return found

    def _get(self, path: str) -> str | None:
        url = f"{(self._environment.host or '').rstrip('/')}{path}"
        headers: dict[str, str] = {}
        if self._marks is not None:
            self._marks.mark.stamp(url, headers)
        try:
            with gevent.Timeout(TIMEOUT, requests.Timeout()):
                answer = requests.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return None
        return answer.text if answer.status_code < 300 else None  # noqa: PLR2004 a redirect could leave the host
