"""What a run leaves on disk while it lasts, so that a process that is killed loses no more than an interval.

Law: it changes nothing: what cannot be written is said once, and no verdict and no exit code depends on it. It never
holds up a process that makes load for longer than it takes to encode one series, and it takes at most a twentieth of
its time. Once a run is judged nothing is written here any more: the verdict has the last word.

::

    each interval: run.hlog + what is new of each trend | probes.jsonl + what was read | summary.json: all the rest
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent

from locust_ext.archive.journal import Journal
from locust_ext.load.shapes import ScheduleShape
from locust_ext.measure.report_ledger import WORKER_PERIOD
from locust_ext.process.part import Part
from locust_ext.process.supervised import Stake, Work
from locust_ext.run.controller import MOST_MENTIONED, RunController
from locust_ext.run.readiness import PAUSE
from locust_ext.run.run import Run
from locust_ext.run.turns import Turns
from locust_ext.safety.outlet import OUTLET

if TYPE_CHECKING:
    from locust_ext.reports.interval_log import IntervalLog
    from locust_ext.reports.probe_lines import Reading

logger = logging.getLogger(__name__)

WRITING = Work("the journal of the run", Stake.LOOKS)

SHORTEST, LONGEST = 1.0, 10.0
"""Seconds of an interval."""

INTERVALS = 20
"""Intervals of a short run."""

FIRST = 3.0
"""Seconds until the first one, at the least: what judges the run is loaded before it."""

SHARE = 20.0
"""It waits for so many times as long as it has worked."""

MOST_LINES = 2_000
"""Lines of the log, or four for each series where that is more; then it is written whole again, a line a series."""

MOST_PROBE_BYTES = 8 << 20
"""Bytes of probes.jsonl; then every second line goes."""

MOST_READINGS = 1_000
"""Readings of one interval; of more every second one goes."""

MODULES = ("locust_ext.reports.interval_log", "locust_ext.reports.probe_lines", "locust_ext.archive.liveness")


class Journalling(Part[str, Any]):
    """Writes the runs of one environment down while they last; a part's intent is the report directory."""

    def __init__(self, environment: Any, controller: RunController) -> None:
        self._environment, self._controller = environment, controller
        self._greenlet: gevent.Greenlet | None = None
        self._writer: _Writer | None = None

    def begins(self, intent: str, run: str) -> None:  # noqa: ARG002 the controller has it
        """Begin to write, where there is a directory."""
        if intent and self._controller.run is not None:
            shape = self._environment.shape_class
            seconds = shape.current.duration if isinstance(shape, ScheduleShape) else None
            seconds = seconds or getattr(self._environment.parsed_options, "run_time", None)
            self._writer = _Writer(self._controller, self._controller.run, Path(intent), interval_of(seconds))
            self._greenlet = WRITING.start(self._writer.write)

    def note(self, at: float, values: Mapping[tuple[str, str], float], restarted: Collection[str] = ()) -> None:
        """Keep what the probes have read ``at`` seconds into the run, by series and instance, for probes.jsonl.

        ``restarted``: the instances whose process has begun again since the reading before.
        """
        if self._writer is not None:
            self._writer.note(at, values, restarted)

    def leave(self) -> None:
        """Stop writing; what the probes have read since the last interval is still written."""
        greenlet, writer, self._greenlet, self._writer = self._greenlet, self._writer, None, None
        if greenlet is not None:
            greenlet.kill(block=False)
        if writer is not None:
            writer.end()


def interval_of(seconds: float | None) -> float:
    """Return the seconds of an interval of a run that lasts so long; None: nobody knows how long."""
    return LONGEST if not seconds else max(SHORTEST, min(LONGEST, seconds / INTERVALS))


class _Writer:
    """Writes one run down."""

    def __init__(self, controller: RunController, run: Run, directory: Path, interval: float) -> None:
        self._controller, self._run, self._interval = controller, run, interval
        self._journal = Journal(directory)
        self._log: IntervalLog | None = None
        self._redaction = OUTLET.redaction
        self._lines = self._series = 0
        self._since = self._probed = 0.0
        self._readings: list[Reading] = []
        self._said: set[str] = set()

    @property
    def _is_over(self) -> bool:
        """Whether the run is judged: from then on its directory is that of the verdict."""
        return self._controller.run is not self._run or self._controller.result is not None

    def write(self) -> None:
        """Write each interval down, until the run is judged."""
        pause = max(self._interval, FIRST)
        for module in MODULES:
            gevent.sleep(PAUSE)
            import_module(module)
        while not self._is_over:
            gevent.sleep(pause)
            began = time.monotonic()
            self._step(pause)
            pause = max(self._interval, SHARE * (time.monotonic() - began))

    def note(self, at: float, values: Mapping[tuple[str, str], float], restarted: Collection[str]) -> None:
        """Keep what was read."""
        from locust_ext.reports.probe_lines import Reading  # noqa: PLC0415 only a run with probes

        hide = OUTLET.redaction.text
        told = {(hide(series), hide(instance)): value for (series, instance), value in values.items()}
        if len(self._readings) >= MOST_READINGS:
            self._readings = self._readings[1::2]
        self._readings.append(Reading(at, told, tuple(map(hide, restarted))))

    def end(self) -> None:
        """Write what was read since the last interval."""
        self._try(self._add_readings, self._run.at(time.monotonic()))

    def _step(self, pause: float) -> None:
        now = time.monotonic()
        at = self._run.at(now)
        self._try(self._add_lines, at)
        if not self._is_over:
            self._try(self._add_readings, at)
        self._take_turns(self._run.course.settled())
        if not self._is_over:
            self._try(self._write_summary, now, pause)

    def _try(self, step: Any, *arguments: float) -> None:
        """Take a step; where it fails, that is said, and nothing else comes of it."""
        try:
            step(*arguments)
        except Exception as error:  # noqa: BLE001 whatever it is: the run goes on, and its verdict is written at its end
            why = (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"
            self._say(f"{self._journal.directory}: the run is not written down there while it lasts: {why}")

    def _say(self, sentence: str) -> None:
        sentence = OUTLET.text(sentence)
        if sentence not in self._said and len(self._said) < MOST_MENTIONED:
            self._said.add(sentence)
            logger.warning("%s", sentence)
            if self._controller.run is self._run:
                self._controller.mention(sentence)

    def _take_turns(self, steps: Iterator[Any]) -> list[Any]:
        """Return what the steps yield; others have their turn between them."""
        found, turns = [], Turns()
        for one in steps:
            found.append(one)
            if turns.give() and self._is_over:
                break
        return found

    def _add_lines(self, at: float) -> None:
        from locust_ext.archive.report_dir import LOG  # noqa: PLC0415 what a run needs at its end, it loads then
        from locust_ext.reports.hlog import head  # noqa: PLC0415
        from locust_ext.reports.interval_log import IntervalLog  # noqa: PLC0415

        redaction = OUTLET.redaction
        whole = self._journal.size(LOG) is None or self._lines > max(MOST_LINES, 4 * self._series)
        if self._log is None or redaction is not self._redaction:  # what stands there may show what is secret now
            self._log, self._redaction, whole = IntervalLog(redaction.tags), redaction, True
        start = 0.0 if whole else self._since
        lines = self._take_turns(self._log.lines(self._run.judge.store, start, at - start, whole=whole))
        if self._is_over:
            return
        if whole:
            self._journal.write(LOG, head(self._run.started_at) + "".join(lines))
            self._lines = self._series = len(lines)
        elif lines:
            self._journal.add(LOG, "".join(lines))
            self._lines += len(lines)
        self._log.written()
        self._since = at

    def _add_readings(self, at: float) -> None:
        if not self._readings:
            return
        from locust_ext.reports.probe_lines import PROBES, probe_line, thinned  # noqa: PLC0415 only a run with probes

        line = probe_line(self._probed, at - self._probed, self._readings)
        size = self._journal.size(PROBES)
        if size is None:
            self._journal.write(PROBES, line)
        elif size > MOST_PROBE_BYTES:
            self._journal.write(PROBES, thinned(self._journal.read(PROBES)) + line)
        else:
            self._journal.add(PROBES, line)
        self._readings, self._probed = [], at

    def _write_summary(self, now: float, pause: float) -> None:
        from locust_ext.archive.liveness import this_process  # noqa: PLC0415 as above
        from locust_ext.archive.report_dir import SUMMARY  # noqa: PLC0415
        from locust_ext.reports.summary import interim_summary  # noqa: PLC0415
        from locust_ext.run.interim import interim_of  # noqa: PLC0415

        reports = WORKER_PERIOD if self._run.ledger.workers else 0.0
        writer = this_process(max(pause, self._interval) + reports)
        result = interim_of(self._run, now, self._controller.outcomes, writer, OUTLET.redaction)
        self._journal.write(SUMMARY, interim_summary(result))
