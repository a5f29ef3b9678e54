"""The runs of this process that have ended: the newest few, each whole, for people who ask for them afterwards.

Law: bounded in number and in bytes, the oldest goes first. The last run is at hand; those before it are packed, and
what is unpacked again is equal to what was there. A run is found by its id alone.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator
from dataclasses import replace

from locust_ext.config.plan import Plan
from locust_ext.gates.outcomes import Status
from locust_ext.gates.values import format_value
from locust_ext.reports.result import RunResult
from locust_ext.text.frozen import dataclass

MOST = 20
"""Runs that are kept."""

MOST_BYTES = 64 << 20
"""Bytes that the packed ones may take together. One with 200 endpoints in three phases takes a megabyte."""

QUICK = 1
"""How thoroughly a run is packed: a third of it stays, and a second run begins no later."""


@dataclass(frozen=True)
class RunHead:
    """What a list says of a run."""

    id: str
    name: str
    load: str
    started_at: str
    duration: float
    word: str
    exit_code: int
    reason: str
    thresholds: int
    failed: tuple[tuple[str, str], ...] = ()
    """The thresholds that failed, each with its value."""
    kept: str = ""
    """What it is called among the baselines, where it was put there."""


class PastRun:
    """One run, and what it was planned as."""

    def __init__(self, result: RunResult, plan: Plan) -> None:
        self.plan = plan
        self._result: RunResult | None = result
        self._packed = b""
        failed = [outcome for outcome in result.outcomes if outcome.status is Status.FAILED]
        self.head = RunHead(
            result.id,
            result.name,
            plan.load_name,
            result.started_at,
            result.duration,
            result.verdict.word,
            result.verdict.exit_code,
            result.verdict.reason,
            len(result.outcomes),
            tuple((str(outcome.threshold), format_value(outcome)) for outcome in failed),
        )

    @property
    def result(self) -> RunResult:
        """The run as it was judged."""
        if self._result is not None:
            return self._result
        found: RunResult = pickle.loads(zlib.decompress(self._packed))  # noqa: S301 this very process has packed it
        return found

    @property
    def size(self) -> int:
        """Bytes that it takes where it is packed."""
        return len(self._packed)

    def rest(self) -> bool:
        """Pack it, since another run is the last now; tell whether that could be done."""
        if self._result is not None:
            try:
                self._packed = zlib.compress(pickle.dumps(self._result, pickle.HIGHEST_PROTOCOL), QUICK)
            except Exception:  # noqa: BLE001 the verdict of the run that has just ended does not depend on a list
                return False
            self._result = None
        return True


class PastRuns:
    """The runs of one process, newest first where they are listed."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._runs: dict[str, PastRun] = {}
        self.version = 0
        """Another one whenever the list is another."""

    def note(self, result: RunResult, plan: Plan) -> None:
        """Take a run that was judged; once more where it was judged again."""
        self.version += 1
        self._runs = {one: run for one, run in self._runs.items() if one == result.id or run.rest()}
        before, now = self._runs.get(result.id), PastRun(result, plan)
        if before is not None:
            now.head = replace(now.head, kept=before.head.kept)
        self._runs[result.id] = now
        while len(self._runs) > self._most or sum(run.size for run in self._runs.values()) > self._most_bytes:
            del self._runs[next(iter(self._runs))]

    def find(self, run: object) -> PastRun | None:
        """Return the run with that id, if it is one of them."""
        return self._runs.get(run) if isinstance(run, str) else None

    def keep(self, run: PastRun, place: str) -> None:
        """Note that a run is among the baselines, under that name."""
        self.version += 1
        run.head = replace(run.head, kept=place)

    def __iter__(self) -> Iterator[PastRun]:
        yield from reversed(self._runs.values())

    def __len__(self) -> int:
        return len(self._runs)
