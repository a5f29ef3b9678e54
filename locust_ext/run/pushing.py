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
from gevent.lock import Semaphore
from opentelemetry.sdk.resources import Resource

from locust_ext.exports.family import Exposition
from locust_ext.exports.otlp_events import Outbox, records_of
from locust_ext.exports.otlp_metrics import Stamp, parts_of
from locust_ext.exports.otlp_resource import resource_of
from locust_ext.exports.otlp_settings import Collector
from locust_ext.process.exceptions import in_a_line
from locust_ext.process.supervised import Stake, Work
from locust_ext.reports.result import RunResult
from locust_ext.run.exposing import Exposing
from locust_ext.run.live_watch import AT_ONCE
from locust_ext.run.otlp_sending import Sender, UndeliveredError
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.units import format_duration

logger = logging.getLogger(__name__)

PUSHING = Work("the push of live figures", Stake.LOOKS)

TICK = 0.25
"""Seconds between two looks whether the run was judged."""

EVERY_SECOND = 1.0

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
        self._one = Semaphore()
        self._course: Course | None = None
        self._greenlet: gevent.Greenlet | None = None
        self._takes_events = bool(collector.logs)

    def begins(self) -> None:
        """Begin with a run; what is under way of one before goes on to its end."""
        if self._course is None:
            every = format_duration(self._collector.interval)
            how = f"by {self._collector.protocol} every {every}"
            logger.info("live figures go to %s %s", self._collector.host, how)
            for note in self._collector.notes:
                logger.warning("%s", note)
        course = self._course = Course()
        self._greenlet = PUSHING.start(self._follow, course)

    def leave(self) -> None:
        """Have the report say what failed, before the run is judged."""
        course = self._course
        if course is not None and course.failed:
            self._exposing.mention(f"{course.account}: {self._collector.host} has only a part of the live figures")
        if course is not None and course.refused:
            self._exposing.mention(f"{self._collector.host} refused {course.refused:,} of the live figures")

    def finish(self) -> None:
        """Deliver the last word, unless it was delivered, within a bounded time."""
        course, until = self._course, monotonic() + min(AT_THE_END, self._collector.timeout)
        if course is None:
            return
        failed = course.failed
        self._wait_for(course, until)
        self._end()
        if self._exposing.result is not None and course.delivered is not self._exposing.result:
            self._push(course, until - monotonic())
        if course.failed > failed and course.delivered is not self._exposing.result:
            logger.warning("%s: %s was not told the verdict", course.account, self._collector.host)

    def let_go(self) -> None:
        """End at once."""
        self._end()
        self._sender.drop()

    def _end(self) -> None:
        self._course = None
        if self._greenlet is not None:
            self._greenlet.kill(timeout=EVERY_SECOND)
            self._greenlet = None

    def _wait_for(self, course: Course, until: float) -> None:
        """Wait for a push that is under way: with the verdict to its end, else for a moment."""
        waits = (until - monotonic()) if course.is_telling_verdict else UNDER_WAY
        if self._one.acquire(timeout=waits):
            self._one.release()

    def _follow(self, course: Course) -> None:
        """Push a run's figures, each interval and when it is judged, until another run begins."""
        exposing, noted, due = self._exposing, 0.0, 0.0
        while self._course is course:
            now, result = monotonic(), exposing.result
            if result is None and now >= noted + EVERY_SECOND:
                exposing.note_storms()
                noted = now
            is_judged = result is not None and result is not course.tried
            if is_judged or (now >= due and course.goes_on(result)):
                self._push(course, self._collector.timeout)
                due = max(due + self._collector.interval, monotonic()) if due else now + self._collector.interval
            gevent.sleep(TICK)

    def _push(self, course: Course, within: float) -> None:
        """Tell how the run stands; what fails is said and counted."""
        until = monotonic() + within
        with self._one:
            result, exposition = self._exposing.result, self._exposing.now()
            if exposition is None or not course.is_of(exposition):
                return
            try:
                course.begin(result, exposition)
                self._send(course, exposition, until)
            except UndeliveredError as error:
                course.fail(str(error), self._collector.host)
            except Exception as error:  # noqa: BLE001 whatever the SDK raises changes nothing of the run
                course.fail(f"they could not be sent: {in_a_line(error)}", self._collector.host)
            except BaseException:
                course.failed += 1  # the end of the process came first: it tries once more
                raise
            else:
                course.arrive(result, exposition, self._collector.host)
            finally:
                course.end(self._sender)

    def _send(self, course: Course, exposition: Exposition, until: float) -> None:
        sender, resource, stamp = self._sender, course.resource, course.stamp
        assert resource is not None
        turn = monotonic() + AT_ONCE
        for part in parts_of(exposition.families, resource, stamp):
            if part is not None:
                sender.send(part, _left(until))
            if monotonic() > turn:
                gevent.sleep(0)  # it is put together in this process, which may make load
                turn = monotonic() + AT_ONCE
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
        self.pushes = self.failed = self.refused = self.after = 0
        self.outbox = Outbox()
        self.resource: Resource | None = None
        self.stamp = Stamp(0, 0)
        self.tried: RunResult | None = None
        """The verdict that was last tried to tell."""
        self.delivered: RunResult | None = None
        self.is_telling_verdict = False

    @property
    def account(self) -> str:
        """How many pushes failed."""
        return f"{self.failed} of {_pushes(self.pushes)} of live figures failed"

    def is_of(self, exposition: Exposition) -> bool:
        """Tell whether this is the run; the first that comes is."""
        return self._run in ("", exposition.run.id)

    def goes_on(self, result: RunResult | None) -> bool:
        """Tell whether there is something to push: the run is under way, or its verdict was not delivered."""
        return result is None or (result is not self.delivered and self.after < MOST_AFTER)

    def begin(self, result: RunResult | None, exposition: Exposition) -> None:
        """Begin with a push."""
        now = monotonic()
        if not self._run:
            self._run, self._began = exposition.run.id, now - exposition.at
            self._start = time_ns() - int(exposition.at * 1e9)
        self.after = self.after + 1 if result is not None and result is self.tried else 0
        self.tried, self.is_telling_verdict = result, exposition.is_final
        self.pushes += 1
        self.resource = self.resource or resource_of(exposition.run, OUTLET.text)
        self.stamp = Stamp(self._start, self._start + int((now - self._began) * 1e9))

    def fail(self, why: str, host: str) -> None:
        """Count a push that failed, and say so if none has failed so."""
        self.failed, self._is_down = self.failed + 1, True
        if why not in self._said and len(self._said) < MOST_SAID:
            self._said.add(why)
            so_far = f"{_pushes(self.failed)} {'has' if self.failed == 1 else 'have'} failed"
            logger.warning("live figures do not reach %s: %s; the run goes on, and %s", host, why, so_far)

    def arrive(self, result: RunResult | None, exposition: Exposition, host: str) -> None:
        """Note that all of a push arrived."""
        if exposition.is_final:
            self.delivered = result
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
