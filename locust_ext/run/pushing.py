"""Figures of the runs of one environment are pushed to a collector by OTLP, while they last and when they are judged.

Law: it decides nothing, and nobody waits for it: one push at a time, each with an end in time, and nothing queues up:
sums count from the start, so that the next push tells what one before could not. What fails is said once for each kind,
and counted.
"""

from __future__ import annotations

import logging
from time import monotonic, time_ns
from typing import Any

import gevent
from gevent.event import Event
from gevent.lock import Semaphore
from opentelemetry.sdk.resources import Resource

from locust_ext.exports.family import Exposition
from locust_ext.exports.otlp_events import Outbox, records_of
from locust_ext.exports.otlp_metrics import Stamp, parts_of
from locust_ext.exports.otlp_resource import resource_of
from locust_ext.exports.otlp_settings import Collector
from locust_ext.process.exceptions import in_a_line
from locust_ext.process.supervised import Stake, Work
from locust_ext.run.exposing import Exposing
from locust_ext.run.otlp_sending import Sender, UndeliveredError, ours
from locust_ext.run.turns import Turns
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.units import format_duration

logger = logging.getLogger(__name__)

PUSHING = Work("the push of live figures", Stake.LOOKS)

EVERY_SECOND = 1.0
"""Between two looks for storms."""

AT_THE_END = 5.0
"""Seconds that the end of the process waits for the last push at the most."""

UNDER_WAY = 1.0
"""Seconds of those for a push of before, so that nothing of it is sent twice."""

MOST_AFTER = 6
"""Tries to tell the verdict of a run that is over, before it is given up until the process ends."""

MOST_SAID = 20
"""Kinds of failures that are said in one run."""


class Pushing:
    """Pushes to one collector."""

    def __init__(self, exposing: Exposing, collector: Collector, sender: Sender) -> None:
        self._exposing, self._collector, self._sender = exposing, collector, sender
        self._one, self._ending = Semaphore(), Semaphore()
        self._course: Course | None = None
        self._greenlets: list[gevent.Greenlet] = []
        self._takes_events = bool(collector.logs)
        self._is_told = False

    def begins(self) -> None:
        """Begin with a run; the verdict of one before it is still told."""
        if not self._is_told:
            self._is_told = True
            every = format_duration(self._collector.interval)
            logger.info("live figures go to %s by %s every %s", self._collector.host, self._collector.protocol, every)
            for note in self._collector.notes:
                logger.warning("%s", note)
        before, course = self._course, Course()
        self._course = course
        if before is not None:
            before.awake.set()
        alive = [one for one in self._greenlets if not one.dead]
        for old in alive[:-1]:
            old.kill(block=False)
        self._greenlets = [*alive[-1:], PUSHING.start(self._follow, course)]

    def leave(self) -> None:
        """Have the report say what failed, before the run is judged."""
        course = self._course
        if course is not None and course.failed:
            self._exposing.mention(f"{course.account}: {self._collector.host} has only a part of the live figures")
        if course is not None and course.refused:
            self._exposing.mention(f"{self._collector.host} refused {course.refused:,} of the live figures")

    def judged(self) -> None:
        """Keep what is told of the run, which was judged: another one may begin before it is delivered."""
        course, exposition = self._course, self._exposing.now()
        if course is not None and exposition is not None and course.is_of(exposition):
            course.final, course.after = exposition, 0
            course.awake.set()

    def finish(self) -> None:
        """Deliver the last word, unless it was delivered, within a bounded time; who comes second waits for that."""
        with self._ending:
            course, until = self._course, monotonic() + min(AT_THE_END, self._collector.timeout)
            if course is None:
                return
            failed = course.failed
            self._wait_for(course, until)
            self._end()
            if course.owes_verdict:
                self._push(course, until - monotonic())
            if course.failed > failed and course.owes_verdict:
                logger.warning("%s: %s was not told the verdict", course.account, self._collector.host)

    def let_go(self) -> None:
        """End at once."""
        self._end()
        self._sender.drop()

    def _end(self) -> None:
        self._course = None
        gevent.killall(self._greenlets, timeout=EVERY_SECOND)
        self._greenlets = []

    def _wait_for(self, course: Course, until: float) -> None:
        """Wait for a push that is under way: with the verdict to its end, else for a moment."""
        waits = (until - monotonic()) if course.is_telling_verdict else UNDER_WAY
        if self._one.acquire(timeout=waits):
            self._one.release()

    def _follow(self, course: Course) -> None:
        """Push a run's figures, each interval and when it is judged, until another run begins."""
        interval, due = self._collector.interval, monotonic()
        while True:
            is_over = self._course is not course
            if course.final is None and not is_over:
                self._exposing.note_storms()
            is_new = course.owes_verdict and course.after == 0
            if is_new or (monotonic() >= due and not is_over and course.goes_on):
                self._push(course, self._collector.timeout)
                due = max(due + interval, monotonic()) if not is_new else monotonic() + interval
            if self._course is not course and not (course.owes_verdict and course.after == 0):
                return
            course.awake.wait(EVERY_SECOND)
            course.awake.clear()

    def _push(self, course: Course, within: float) -> None:
        """Tell how the run stands; what fails is said and counted."""
        until = monotonic() + within
        with self._one:
            exposition = course.final or self._exposing.now()
            if exposition is None or not course.is_of(exposition):
                return
            try:
                course.begin(exposition)
                self._send(course, exposition, until)
            except UndeliveredError as error:
                course.fail(str(error), self._collector.host)
            except Exception as error:  # noqa: BLE001 whatever the SDK raises changes nothing of the run
                course.fail(f"they could not be sent: {in_a_line(error)}", self._collector.host)
            except BaseException:
                course.failed += 1  # the end of the process came first: it tries once more
                raise
            else:
                course.arrive(exposition, self._collector.host)
            finally:
                course.end(self._sender)

    def _send(self, course: Course, exposition: Exposition, until: float) -> None:
        sender, resource, stamp = self._sender, course.resource, course.stamp
        assert resource is not None
        turns = Turns()  # it is put together in this process, which may make load
        for part in parts_of(exposition.families, resource, stamp):
            if part is not None:
                sender.send(part, _left(until))
            turns.give()
        waiting = course.outbox.waiting(exposition.moments) if self._takes_events else []
        if not waiting:
            return
        try:
            sender.tell(records_of(waiting, resource, stamp.start, stamp.now), _left(until))
        except UndeliveredError as error:
            if not error.unknown:
                raise
            self._takes_events = False
            logger.warning("%s takes figures, and no events: %s", self._collector.host, error)
        else:
            course.outbox.sent(waiting)


class Course:
    """The pushes of one run."""

    def __init__(self) -> None:
        self._run = ""
        self._start = 0
        self._began = 0.0
        self._said: set[str] = set()
        self._is_down = False
        self._refused = 0
        self.pushes = self.failed = self.refused = 0
        self.after = 0
        """Pushes since the verdict."""
        self.outbox = Outbox()
        self.resource: Resource | None = None
        self.stamp = Stamp(0, 0)
        self.final: Exposition | None = None
        """What is told of the run since it was judged."""
        self._delivered: Exposition | None = None
        self.is_telling_verdict = False
        self.awake = Event()
        """Set when there is something to look at."""

    @property
    def account(self) -> str:
        """How many pushes failed."""
        return f"{self.failed} of {_pushes(self.pushes)} of live figures failed"

    def is_of(self, exposition: Exposition) -> bool:
        """Tell whether this is the run; the first that comes is."""
        return self._run in ("", exposition.run.id)

    @property
    def owes_verdict(self) -> bool:
        """Whether the run was judged, and the collector has not been told."""
        return self.final is not None and self.final is not self._delivered

    @property
    def goes_on(self) -> bool:
        """Whether there is something to push: the run is under way, or its verdict was not delivered."""
        return self.final is None or (self.owes_verdict and self.after < MOST_AFTER)

    def begin(self, exposition: Exposition) -> None:
        """Begin with a push."""
        now = monotonic()
        if not self._run:
            self._run, self._began = exposition.run.id, now - exposition.at
            self._start = time_ns() - int(exposition.at * 1e9)
        self.is_telling_verdict = exposition is self.final
        self.after += self.is_telling_verdict
        self.pushes += 1
        with ours():
            self.resource = self.resource or resource_of(exposition.run, OUTLET.text)
        self.stamp = Stamp(self._start, self._start + int((now - self._began) * 1e9))

    def fail(self, why: str, host: str) -> None:
        """Count a push that failed, and say so if none has failed so."""
        self.failed, self._is_down = self.failed + 1, True
        if why not in self._said and len(self._said) < MOST_SAID:
            self._said.add(why)
            so_far = f"{_pushes(self.failed)} {'has' if self.failed == 1 else 'have'} failed"
            logger.warning("live figures do not reach %s: %s; the run goes on, and %s", host, why, so_far)

    def arrive(self, exposition: Exposition, host: str) -> None:
        """Note that all of a push arrived."""
        self._delivered = exposition
        if self._is_down:
            self._is_down = False
            logger.info("live figures reach %s again", host)

    def end(self, sender: Sender) -> None:
        """End a push, however it ended."""
        self.is_telling_verdict = False
        refused, self._refused = sender.refused - self._refused, sender.refused
        if refused and not self.refused:
            logger.warning("the collector took the live figures, and refused %s of them", f"{refused:,}")
        self.refused += refused


def _pushes(count: int) -> str:
    return f"{count:,} {'push' if count == 1 else 'pushes'}"


def _left(until: float) -> float:
    """Return the seconds that are left; raises UndeliveredError where there are none."""
    left = until - monotonic()
    if left <= 0:
        raise UndeliveredError("it took too long")
    return left


def make(environment: Any, exposing: Exposing, collector: Collector) -> Pushing:  # noqa: ARG001 as others are made
    """Return what pushes to a collector."""
    OUTLET.know(urls=[collector.metrics, collector.logs])
    if collector.protocol == "grpc":
        from locust_ext.run.otlp_grpc import GrpcSender  # noqa: PLC0415 gRPC is loaded where it is asked for

        return Pushing(exposing, collector, GrpcSender(collector))
    from locust_ext.run.otlp_http import HttpSender  # noqa: PLC0415 as above

    return Pushing(exposing, collector, HttpSender(collector))
