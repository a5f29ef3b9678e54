"""ReadYourWritesUser: users that write, and then read until they see what they wrote.

Law: one clock, that of the process that wrote. A write is open from its answer until it is seen, as a request is until
it is answered: what was not seen when the run ends, or its user does, counts as unseen for at least so long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any, ClassVar

import gevent
from gevent import GreenletExit

from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.open_requests import LOSES, Begun, Sample
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.exceptions import in_a_line
from locust_ext.replicas.lookout import Ending, Look, look_out
from locust_ext.replicas.returned import MistakenUseError, Newest, Sight, Written, sight_of, written_of
from locust_ext.replicas.terms import Terms, terms_of
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

logger = logging.getLogger(__name__)

WRITE_FAILED = "write() returned None: it counts as a write that failed, and nothing is looked for"
READ_FAILED = (
    "a read failed, so that it says neither that the value is there nor that it is not (reads_failed counts them)"
)


def read_your_writes(user: Any) -> None:
    """Write once, and read until it is seen: the task of a ReadYourWritesUser."""
    user.read_your_writes()


class ReadYourWritesUser:
    """Mixin over any user class that writes, and then reads until it sees what it wrote.

    A subclass gives ``write()`` and ``read(key)``. It has one task, which calls ``read_your_writes()``; tasks of its
    own come beside it. ``read_pause`` (from one read to the next) and ``read_deadline`` (after it a write counts as
    never seen) are seconds, or texts such as ``"20ms"``; ``measured_as`` is the ``name`` of what is measured, else that
    of the class. Needs ``locust_ext.install()``.
    """

    environment: ClassVar[Any]
    read_pause: ClassVar[float | str] = 0.02
    read_deadline: ClassVar[float | str] = 30.0
    measured_as: ClassVar[str] = ""
    tasks: ClassVar[Any] = [read_your_writes]
    _newest: Newest | None = None

    def write(self) -> Any:
        """Write something, and return its key, or ``(key, version)`` with a whole number that grows with each write.

        None says that the write failed: nothing is looked for. What it raises goes on to Locust, as from any task.
        """
        raise MistakenUseError(f"{type(self).__name__} needs write(self), which returns the key of what it wrote")

    def read(self, key: Any) -> Any:  # noqa: ARG002
        """Return what a reader sees under ``key``: with versions the version, else anything; None: it is not there.

        A read that can say neither, such as one that was answered with 500, raises any exception.
        """
        raise MistakenUseError(f"{type(self).__name__} needs read(self, key), which returns what it reads")

    def read_your_writes(self) -> float | None:
        """Write, read until the value is visible, and return the seconds that took, the lag; None: nobody saw it."""
        try:
            return Lookout(self, DECLARED.recorder or _unheard()).look()
        except MistakenUseError as mistake:
            _tell(self, mistake, str(mistake))
            return None


@cache
def _unheard() -> Recorder:
    logger.warning("ReadYourWritesUser measures nothing: call locust_ext.install() at the top of the locustfile")
    return Recorder()


class OpenWrite(Begun):
    """A write that was answered, and that nobody has seen."""

    __slots__ = ("_user", "name")

    def __init__(self, user: Any, name: str, phase: str, iteration: Any) -> None:
        super().__init__()
        self._user, self.name, self.phase, self.iteration = user, name, phase, iteration

    @property
    def user(self) -> Any:
        """The user that wrote."""
        return self._user

    @property
    def encloses(self) -> bool:
        """Whether requests may begin within it: the reads that look for it do."""
        return True

    @property
    def tags(self) -> dict[str, object]:
        """What its lag is told under: it belongs to the phase in which the write was answered."""
        return {"name": self.name, "phase": self.phase}

    def known(self, now: float) -> tuple[Sample, ...]:
        """Return that its lag is at least its age, and that it may never be seen."""
        tags = {**(self.iteration.tags if self.iteration is not None else {}), **self.tags}
        return Sample("replica_lag", tags, self.age(now)), Sample("never_seen", tags, self.age(now))


class Lookout:
    """One write of one user, and the reads that look for it."""

    def __init__(self, user: Any, recorder: Recorder) -> None:
        self._user, self._recorder = user, recorder
        self._class = type(user)
        self._terms: Terms = terms_of(self._class)
        self._phase = recorder.phases.name
        """The phase in which the last read began."""

    def look(self) -> float | None:
        """Write, look for it, and return the lag in seconds; None where there is none."""
        register = self._recorder.open
        if register.leaving:
            register.bar(self._user)
        written = written_of(self._user.write(), self._class.__name__)
        if written is None:
            _say_once(self._class, "write", logging.WARNING, lambda: WRITE_FAILED)
            return None
        return self._look_for(written)

    def _look_for(self, written: Written) -> float | None:
        recorder, whose = self._recorder, self._class.__name__
        iteration = recorder.iteration_now() if recorder.by_iteration else None
        begun = OpenWrite(self._user, self._terms.name, recorder.phases.name, iteration)
        recorder.open.begin(begun)

        def read() -> Sight:
            self._phase = recorder.phases.name
            return sight_of(self._user.read(written.key), written.version, whose)

        if written.version is not None:
            self._add("monotonic_violations", Kind.COUNTER, 0)  # from now on it is 0, and not absent
        try:
            ending = look_out(
                read,
                self._terms,
                begun.began,
                clock=perf_counter,
                sleep=gevent.sleep,
                note=lambda look: self._note(look, written),
            )
        except BaseException as error:
            if isinstance(error, GreenletExit):
                setattr(error, LOSES, True)
            recorder.open.lose(begun)
            raise
        self._end(begun, ending)
        return ending.lag

    def _note(self, look: Look, written: Written) -> None:
        self._add("reads_failed", Kind.RATE, look.sight is None)
        failure = look.failure
        if failure is not None:
            _say_once(self._class, "read", logging.WARNING, lambda: f"{READ_FAILED}: {in_a_line(failure)}")
        if look.sight is None:
            return
        which = "first" if look.is_first else "again"
        self._add("stale_reads", Kind.RATE, not look.sight.is_visible, read=which)
        if look.sight.version is None or look.sight.behind is None:
            return
        self._add("versions_behind", Kind.TREND, look.sight.behind)
        newest = self._user._newest = self._user._newest or Newest()  # noqa: SLF001 of our own mixin
        if newest.goes_back(written.key, look.sight.version):
            self._add("monotonic_violations", Kind.COUNTER, 1)

    def _end(self, begun: OpenWrite, ending: Ending) -> None:
        recorder = self._recorder
        if ending.failure is not None:  # it may be there, or not
            recorder.open.lose(begun)
            reads = plural(ending.reads, "read")
            what = f"read() still failed after {reads} in {format_duration(self._terms.deadline)}"
            _tell(self._user, ending.failure, f"{what}: {in_a_line(ending.failure)}")
            return
        recorder.open.end(begun)
        recorder.add("never_seen", Kind.RATE, ending.lag is None, begun.tags)
        if ending.lag is not None:
            recorder.add("replica_lag", Kind.TREND, ending.lag * 1000, begun.tags)
        else:
            recorder.open.lose_sample(begun.known(perf_counter())[0])

    def _add(self, metric: str, kind: Kind, value: float, **more: object) -> None:
        tags = {"name": self._terms.name, "phase": self._phase, **more}
        self._recorder.add(metric, kind, value, tags)


def _tell(user: Any, error: Exception, what: str) -> None:
    """Count an exception of the team's code as Locust counts those of tasks, and say it once without a trace."""
    _say_once(type(user), type(error), logging.ERROR, lambda: what)
    user.environment.events.user_error.fire(user_instance=user, exception=error, tb=error.__traceback__)


MOST_SAID = 1000
"""Sentences of which is known that they were said."""

_said: dict[tuple[type[Any], object], None] = {}


def _say_once(user: type[Any], kind: object, level: int, what: Callable[[], str]) -> None:
    """Log a sentence about a class of users, unless one of its kind was said before."""
    if (user, kind) not in _said and len(_said) < MOST_SAID:
        _said[user, kind] = None
        logger.log(level, "%s: %s", user.__name__, what())
