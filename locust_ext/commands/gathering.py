"""The runs of a history: found in the places that were named, chosen, and read.

Law: only evidence counts: what cannot be read, has no end or proves nothing is left out, each with a sentence; the same
run is in a history once, however often it is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from locust_ext.archive.baselines import WHOLE
from locust_ext.archive.report_dir import (
    SUMMARY,
    UnreadableRunError,
    directories_in,
    directory_of,
    read_report_dir,
    summary_in,
)
from locust_ext.exports.history import RunTracked, requests_of, started_of, tracked
from locust_ext.reports.redacted import redacted
from locust_ext.reports.result import RunResult
from locust_ext.reports.running import RUNNING
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_PLACE, quoted
from locust_ext.text.spelling import plural

MOST_RUNS = 1000
"""Runs of a history at the most."""

MOST_TOLD = 5
"""Names that a sentence lists."""

TAKES = "; --all takes it"


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the runs of one test, where one is named; how many endpoints; runs without a proof, too."""

    test: str = ""
    endpoints: int = 50
    everything: bool = False


@dataclass(frozen=True)
class _Candidate:
    place: Path
    id: str
    test: str
    started: datetime
    requests: dict[str, int]
    doubt: str


class Gathering:
    """Gathers the runs of a history, and the sentences that there are to say."""

    def __init__(self, wanted: Wanted, say: Callable[[str], None]) -> None:
        self._wanted = wanted
        self._say = say
        self._others: Counter[str] = Counter()
        self.unproven = 0
        """Runs that were left out since they prove nothing."""

    def gather(self, places: Sequence[Path]) -> list[RunTracked]:
        """Return the runs in order of their start."""
        copies: dict[str, list[_Candidate]] = {}
        for one in self._candidates(places):
            copies.setdefault(one.id or str(one.place.resolve()), []).append(one)
        found = sorted(copies.values(), key=lambda same: (same[0].started, same[0].id, str(same[0].place)))
        if self._others:
            names = ", ".join(map(quoted, sorted(self._others)[:MOST_TOLD]))
            self._say(f"left out: {plural(self._others.total(), 'run')} of other tests: {names}")
        if len(found) > MOST_RUNS:
            self._say(f"left out: {plural(len(found) - MOST_RUNS, 'older run')}: a history has at most {MOST_RUNS:,}")
        found = found[-MOST_RUNS:]
        endpoints = self._endpoints(same[0] for same in found)
        return [run for same in found if (run := self._first_of(same, endpoints)) is not None]

    def _candidates(self, places: Sequence[Path]) -> Iterator[_Candidate]:
        for place in _directories(places, self._say):
            try:
                one = self._candidate(place)
            except (UnreadableRunError, OSError) as error:
                self._say(f"left out: {error}")
            else:
                if self._is_wanted(one):
                    yield one

    def _first_of(self, same: Sequence[_Candidate], endpoints: set[str]) -> RunTracked | None:
        """Return a run from the first place of it where it can be read."""
        for number, one in enumerate(same, 1):
            run = self._read(one, endpoints)
            if run is not None:
                for other in same[number:]:
                    self._say(f"left out: {_shown(other.place)}: it is the run in {_shown(one.place)}")
                return run
        return None

    def _candidate(self, place: Path) -> _Candidate:
        result = _hidden(summary_in(place))
        if result.verdict.word == RUNNING:
            raise UnreadableRunError(f"{_shown(place)}: the run is {result.verdict.reason}; there is no verdict")
        started = started_of(result)
        if started is None:
            raise UnreadableRunError(f"{_shown(place)}: its start is not a time: {quoted(result.started_at)}")
        return _Candidate(place, result.id, result.name, started, requests_of(result), _doubt(result))

    def _is_wanted(self, one: _Candidate) -> bool:
        if self._wanted.test and one.test != self._wanted.test:
            self._others[one.test] += 1
            return False
        if one.doubt and not self._wanted.everything:
            self.unproven += 1
            self._say(f"left out: {_shown(one.place)}: {one.doubt}{TAKES}")
            return False
        return True

    def _endpoints(self, found: Iterable[_Candidate]) -> set[str]:
        """Return the endpoints that are told one by one: those with the most requests in all runs together."""
        counts: Counter[str] = Counter()
        for one in found:
            counts.update(one.requests)
        ranked = sorted(counts, key=lambda name: (-counts[name], name))
        if len(ranked) > self._wanted.endpoints:
            self._say(
                f"left out: all but the {self._wanted.endpoints:,} of {plural(len(ranked), 'endpoint')} with the most "
                "requests; --endpoints N takes more"
            )
        return set(ranked[: self._wanted.endpoints])

    def _read(self, one: _Candidate, endpoints: set[str]) -> RunTracked | None:
        try:
            result = _hidden(read_report_dir(one.place))
        except (UnreadableRunError, OSError) as error:
            self._say(f"left out: {error}")
            return None
        run = tracked(result, one.started, endpoints, [one.doubt] if one.doubt else [])
        if not run.figures:
            self._say(f"left out: {_shown(one.place)}: it has no figures: no requests, or too few of them")
            return None
        for note in run.notes:
            self._say(f"note: {_shown(one.place)}: {note}")
        return run


def _hidden(result: RunResult) -> RunResult:
    return redacted(result, OUTLET.redaction)


def _doubt(result: RunResult) -> str:
    """Return why a run proves nothing; nothing for one that went to its end and was measured whole."""
    if result.complete and result.verdict.word in WHOLE:
        return ""
    return f"it is {result.verdict.word} (exit code {result.verdict.exit_code}): {result.verdict.reason}"


def _directories(places: Sequence[Path], say: Callable[[str], None]) -> Iterator[Path]:
    """Yield the report directories that were named, and those in the directories that were named; says what is none."""
    for place in places:
        directory = directory_of(place)
        try:
            if not directory.is_dir():
                say(f"left out: {_shown(place)}: it is not a directory" if directory.exists() else _nothing(place))
                continue
            runs = [one for one in directories_in(directory) if _may_hold_a_run(one)]
        except OSError as error:
            say(f"left out: {_shown(place)}: it cannot be read: {error.strerror or error}")
            continue
        if not runs:
            say(f"left out: {_shown(place)}: there is no {SUMMARY} in it")
        yield from runs


def _may_hold_a_run(directory: Path) -> bool:
    try:
        return (directory / SUMMARY).exists()
    except OSError:  # one that is closed is told of when it is read, and keeps no other out
        return True


def _nothing(place: Path) -> str:
    return f"left out: {_shown(place)}: there is no such report directory"


def _shown(place: Path) -> str:
    text = str(place)
    return text if len(text) <= LONGEST_PLACE else quoted(text, LONGEST_PLACE)


def ways_of(runs: Sequence[RunTracked]) -> str:
    """Return a sentence where runs were not made in the same way: their figures are not of one kind."""
    ways = dict.fromkeys(run.way for run in runs if run.way)
    if len(ways) <= 1:
        return ""
    return f"note: the runs were made in {len(ways)} ways (load, users, machine): what changes may be that"
