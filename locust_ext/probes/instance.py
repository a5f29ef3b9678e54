"""One instance of the target in one run: read again and again, recorded, and what went wrong with it.

Law: nothing that an instance does raises here. Each trouble is said once and counted; a series whose readings are not
evidence any more is named to those who judge.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Protocol

from locust_ext.measure.interval_history import History
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.probes.readings import MIXED, InstanceReadings, Read
from locust_ext.probes.selection import DURATION, FAILED, INSTANCE, PROBE, SERIES, SIZE
from locust_ext.probes.series import ABOUT
from locust_ext.probes.source import Source, UnreadError
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

logger = logging.getLogger(__name__)

MOST_TROUBLES = 50
"""Different troubles of one instance that are kept apart."""

MOST_TOLD = 5
"""Of those that are told at the end of a run."""

ABSENT = "it is not there"
"""Why a series was not read where others were."""

MISSED = 3
"""Reads in a row without a series after which its last value says nothing of now."""


class Doubts(Protocol):
    """Where series are named whose readings are not evidence."""

    def doubt(self, metric: str, tags: Mapping[str, str], why: str, *, whole: bool = False) -> None:
        """Doubt what was measured of it; ``whole``: also what fails."""

    def trust(self, metric: str, tags: Mapping[str, str]) -> None:
        """Take back a doubt that was not whole."""


@dataclass(frozen=True)
class Reading:
    """How an instance is read: from where, how often, for how long, and which series are asked for."""

    name: str
    source: Source
    every: float
    timeout: float
    asked: tuple[str, ...] = ()
    """Series that somebody names; the rest of those that are read is there, or is not."""
    parts: str = "label sets"
    """What a value is the sum of, where it is the sum of several."""


class Instance:
    """Reads one instance; ``clock`` gives the seconds of the run."""

    def __init__(self, how: Reading, recorder: Recorder, doubts: Doubts, clock: Callable[[], float]) -> None:
        self.how = how
        self._recorder, self._doubts, self._clock = recorder, doubts, clock
        self.readings = InstanceReadings(how.every, how.asked)
        self.troubles: Counter[str] = Counter()
        self.notes: dict[str, None] = {}
        """What a reader of its figures must know; as many as it has series, at the most."""
        self.reads = self.failed = 0
        self.on_read: Callable[[Mapping[str, float], bool], None] = lambda *_: None
        """Called with what was read, and whether its process has begun again."""
        self._missing = dict.fromkeys(how.asked, 0)
        """By series: for how many reads in a row it was not there."""
        self._seen: set[str] = set()
        self.why: dict[str, str] = {}
        """By series: why it is not there now."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.how.name

    def read(self) -> None:
        """Read it once."""
        began = monotonic()
        try:
            read, unread = self.how.source.read(self.how.timeout), ""
        except UnreadError as error:
            read, unread = Read({}), str(error)
        tags = {INSTANCE: self.name}
        self._recorder.add(DURATION, Kind.TREND, (monotonic() - began) * 1000, tags)
        self._recorder.add(FAILED, Kind.RATE, bool(unread), tags)
        self.reads, self.failed = self.reads + 1, self.failed + bool(unread)
        if unread:
            self._say(unread)
        else:
            self._recorder.add(SIZE, Kind.COUNTER, read.size, tags)
        self._take(read, unread)

    def _take(self, read: Read, unread: str) -> None:
        before = self.readings.restarted
        values = self.readings.take(self._clock(), read.values)
        self._tell(read, values, began_again=self.readings.restarted > before)
        if self.readings.is_mixed:
            self._doubts.doubt(PROBE, {INSTANCE: self.name}, f"the probe {self.name}: {MIXED}", whole=True)
        for series, value in values.items():
            if series not in ABOUT or series in self.how.asked:
                self._recorder.add(PROBE, Kind.GAUGE, value, {SERIES: series, INSTANCE: self.name})
                self._note(series)
        self.on_read(values, self.readings.restarted > before)
        for series in [name for name in self._missing if name not in read.values]:
            wrong = read.troubles.get(series)
            self._miss(series, unread or (f"it {wrong}" if wrong else ABSENT))

    def _tell(self, read: Read, values: Mapping[str, float], *, began_again: bool) -> None:
        """Say what is odd in what was read."""
        if self.readings.is_mixed:
            self._say(MIXED)
        elif began_again:
            self._say("its process began again")
        if self.readings.has_too_many:
            self._say("it has more series than are followed")
        for series, trouble in read.troubles.items():
            self._say(f"{series} {trouble}")
        for series, reading in read.values.items():
            if reading.parts > 1 and series in values:
                self.notes[f"{series} is the sum of several {self.how.parts}"] = None

    def _note(self, series: str) -> None:
        """Note that a series is there."""
        if self._missing.get(series, 0):
            self._doubts.trust(PROBE, self._tags(series))
        self._seen.add(series)
        self._missing[series] = 0
        self.why.pop(series, None)

    def _miss(self, series: str, why: str) -> None:
        self._missing[series] += 1
        self.why[series] = why
        is_lost = self._missing[series] >= MISSED
        if is_lost and why == ABSENT:  # some come with the first request
            self._say(f"there is no {series}")
        if is_lost or series not in self._seen:
            self._doubts.doubt(PROBE, self._tags(series), self._lack(series, why))

    def _lack(self, series: str, why: str) -> str:
        how = "does not read it any more" if series in self._seen else "has not read it"
        return f"the probe {self.name} {how}: {why}"

    def _tags(self, series: str) -> dict[str, str]:
        phase = self._recorder.phases.name
        tags = {SERIES: OUTLET.label(series), INSTANCE: self.name}
        return {**tags, "phase": phase} if phase else tags

    def _say(self, trouble: str) -> None:
        if trouble not in self.troubles:
            if len(self.troubles) >= MOST_TROUBLES:
                return
            logger.warning("probe %s: %s", self.name, trouble)
        self.troubles[trouble] += 1

    def account(self) -> str:
        """Return what went wrong with it, in a sentence; ``""`` where nothing did."""
        if not self.troubles and not self.notes:
            return ""
        told = [f"{trouble} ({plural(count, 'time')})" for trouble, count in self.troubles.most_common(MOST_TOLD)]
        more = len(self.troubles) - MOST_TOLD
        told += [f"and {more} more"] if more > 0 else []
        told += list(self.notes)[:MOST_TOLD]
        return f"probe {self.name}, of {plural(self.reads, 'read')}: {'; '.join(told)}"

    def history(self, series: str) -> History:
        """Return a series over time; without points, and with the reason, where those are not evidence."""
        if self.readings.is_mixed:
            return History(interval=self.how.every, missing=MIXED)
        found = self.readings.history(series)
        if found.points:
            return found
        why = self.why.get(series, ABSENT if self.reads else "it was not asked")
        return History(interval=found.interval, missing=self._lack(series, why))
