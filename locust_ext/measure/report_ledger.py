"""The ledger of reports: whose measurements have all arrived?

Law: a run is complete when every worker that took part has sent its last report, with no report missing before
it, and none left before the end. Nothing else is a pass.

::

    enrolled --report(seq)--> reporting --final--> finished      anything else at the end: a problem
                                 |
                                 +--- a gap in seq: some of its measurements are lost
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from locust_ext.text.spelling import plural

WORKER_PERIOD = 3.0
"""Seconds from one report of a worker to the next, as Locust sends them."""

LEFT_EARLY = 2.0
"""Seconds before the end of the test after which a departure belongs to the end (signals reach all at once)."""

MOST_TOLD = 20
"""Workers of which it is told what is wrong with them; of more there is but the number."""

REMEMBERED = 20
"""Reports of a worker of which it is known what they held; an older one does not come twice."""


@dataclass
class Attendance:
    """What is known of one worker."""

    last: int = 0
    missing: int = 0
    final_at: float | None = None
    mute: bool = False
    """It reports to Locust, but not to us."""
    late: bool = False
    """It measured something after its last report."""
    out: str = ""
    """Why it got no users of the run, if so."""
    contradictions: int = 0
    """Reports under a number that another one had, or that came too late: they are in no figure."""
    seen: dict[int, bytes] = field(default_factory=dict)
    """Of the latest reports: what each number held."""


class ReportLedger:
    """Attendance of all workers in one run. Times are of one monotonic clock."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.workers: dict[str, Attendance] = {}

    def enrol(self, workers: Iterable[str]) -> None:
        """Expect these workers."""
        for worker in workers:
            self.workers.setdefault(worker, Attendance())

    def note_mute(self, worker: str) -> None:
        """Note a report of ``worker`` that carried nothing of ours."""
        self.workers.setdefault(worker, Attendance()).mute = True

    def put_out(self, worker: str, reason: str) -> None:
        """Note that ``worker`` does not take part, and why."""
        self.workers.setdefault(worker, Attendance()).out = reason

    def accept(self, worker: str, run: str, sequence: int, contents: bytes = b"") -> bool:
        """Tell whether a report is new and of this run; note what is missing before it.

        ``contents`` tells it from others: the same report may come twice, another one under its number may not.
        """
        if run != self.run:
            return False
        attendance = self.workers.setdefault(worker, Attendance())
        attendance.mute = False
        if sequence <= attendance.last:
            attendance.contradictions += attendance.seen.get(sequence) != contents
            return False
        attendance.missing += sequence - attendance.last - 1
        attendance.last = sequence
        attendance.seen[sequence] = contents
        if len(attendance.seen) > REMEMBERED:
            del attendance.seen[next(iter(attendance.seen))]
        return True

    def knows(self, worker: str, sequence: int, contents: bytes) -> bool:
        """Tell whether this very report was here before."""
        attendance = self.workers.get(worker)
        return attendance is not None and attendance.seen.get(sequence) == contents

    def finish(self, worker: str, at: float) -> None:
        """Note that ``worker`` has sent its last report at ``at``."""
        self.workers.setdefault(worker, Attendance()).final_at = at

    def is_late(self, worker: str) -> bool:
        """Tell whether ``worker`` has sent its last report already."""
        attendance = self.workers.get(worker)
        return attendance is not None and attendance.final_at is not None

    def note_late(self, worker: str) -> None:
        """Note that ``worker`` went on after its last report."""
        self.workers.setdefault(worker, Attendance()).late = True

    def awaited(self, live: Iterable[str]) -> set[str]:
        """Return the live workers whose last report is still to come."""
        alive = set(live)
        return {
            worker
            for worker, attendance in self.workers.items()
            if worker in alive and attendance.final_at is None and not attendance.mute and not attendance.out
        }

    def problems(self, ended_at: float) -> list[str]:
        """Return one sentence for each worker that makes the run incomplete; none when it is complete."""
        found = []
        for worker, attendance in self.workers.items():
            if attendance.out:
                found.append(f"{attendance.out}; it got no users")
            elif attendance.mute:
                found.append(f"worker {worker} sent no measurements: is locust_ext installed and loaded there?")
            elif attendance.final_at is None:
                found.append(f"worker {worker} was lost: its last measurements are missing")
            elif attendance.late:
                found.append(f"worker {worker} went on after its last report: what came then is in no figure")
            elif attendance.missing:
                found.append(f"worker {worker}: {attendance.missing} of its reports are missing")
            elif attendance.contradictions:
                times = plural(attendance.contradictions, "report")
                found.append(f"worker {worker} sent {times} under a number that it had used before")
            elif attendance.final_at < ended_at - LEFT_EARLY:
                found.append(f"worker {worker} left {ended_at - attendance.final_at:.0f} s before the end")
        left_out = len(found) - MOST_TOLD
        return (
            [*found[:MOST_TOLD], f"and the same or the like of {plural(left_out, 'worker')} more"]
            if left_out > 0
            else found
        )
