"""A run of this process beside another one: of this process, or of the directories that are configured.

Law: what may be chosen is listed by name, and only what is on the list is read. To read and to compare takes its time,
so it is done when somebody asks, one at a time, and aside of a run that is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust_ext.archive.baselines import read_baselines
from locust_ext.archive.known_runs import KnownRun, chosen, known_runs
from locust_ext.archive.report_dir import UnreadableRunError, read_report_dir
from locust_ext.config.plan import Plan
from locust_ext.gates.baseline import Comparison, compare
from locust_ext.gates.policy import Policy
from locust_ext.reports.compared_rows import compared_rows, heads_of, title_of
from locust_ext.reports.console import MARK
from locust_ext.reports.formats import MOST_ROWS, clock, moment
from locust_ext.reports.redacted import redacted_comparison
from locust_ext.run.past_runs import PastRun
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.actions import Done
from locust_ext.web.runs import RunsOfThisProcess, shown_text

if TYPE_CHECKING:
    from locust_ext.gates.figures import Snapshot

EARLIER = "earlier"
"""The key of all the runs in the baseline directory together."""

REPORTS, BASELINES = "report directory", "baseline"

NOT_LISTED = "there is no such run to compare with any more; open the list again"


class Comparing:
    """Compares the runs of one process; ``plan`` is the one that is configured."""

    def __init__(self, runs: RunsOfThisProcess, plan: Callable[[], Plan]) -> None:
        self._runs, self._plan = runs, plan

    def choices(self, given: Mapping[str, Any]) -> Done:
        """Return with what a run can be compared, by name; raises ConfigurationError where there is no such run."""
        run = self._runs.named(given)
        listed = self._runs.aside.do(self._listed)
        has_baseline = any(one.name.startswith(BASELINES) for one in listed)
        earlier = [(EARLIER, "all runs of the baseline")] if has_baseline else []
        own = [(one.head.id, _called(one)) for one in self._runs.past if one is not run]
        found = [*earlier, *own, *((one.key, one.name) for one in listed)]
        return Done("", {"choices": [{"key": key, "name": shown_text(name)} for key, name in found]})

    def compare(self, given: Mapping[str, Any]) -> Done:
        """Return how a run compares with the one that was chosen; raises ConfigurationError."""
        run, key = self._runs.named(given), given.get("with")
        redaction = OUTLET.redaction
        policy = run.plan.policy.renamed(redaction.selector)
        comparison = self._runs.aside.do(_compared, run, self._reads(key), policy)
        shown = redacted_comparison(comparison, redaction)
        rows = compared_rows(shown)
        title = shown_text(title_of(shown))
        table = {
            "title": title,
            "heads": ["", "figure", *heads_of(shown), ""],
            "rows": [
                {
                    "status": row.status.value,
                    "mark": MARK[row.status],
                    "name": shown_text(row.name),
                    "cells": list(row.cells),
                    "text": shown_text(row.text),
                }
                for row in rows[:MOST_ROWS]
            ],
            "left_out": max(0, len(rows) - MOST_ROWS),
            "notes": [shown_text(note) for note in (*shown.gaps, *shown.notes)],
        }
        return Done(f"{title}.", {"comparison": table})

    def _listed(self) -> list[KnownRun]:
        plan = self._plan()
        places = ((plan.report_dir, REPORTS), (plan.baseline, BASELINES))
        return [one for place, called in places if place for one in known_runs(Path(place), called)]

    def _reads(self, key: object) -> Callable[[], tuple[list[Snapshot], list[str]]]:
        """Return what reads the runs that were chosen; it says which cannot be read."""
        if (other := self._runs.past.find(key)) is not None:
            return lambda: ([other.result.snapshot], [])
        if key == EARLIER and (baseline := self._plan().baseline):
            return lambda: _earlier(Path(baseline))
        known = chosen(self._runs.aside.do(self._listed), key)
        if known is None:
            raise ConfigurationError([Problem("with", NOT_LISTED)])
        return lambda: ([_read(known)], [])


def _earlier(directory: Path) -> tuple[list[Snapshot], list[str]]:
    shelved = read_baselines(directory)
    return [run.snapshot for _, run in shelved.runs], list(shelved.unreadable)


def _read(known: KnownRun) -> Snapshot:
    try:
        return read_report_dir(known.place).snapshot
    except UnreadableRunError as error:
        raise ConfigurationError([Problem("with", str(error))]) from None


def _compared(run: PastRun, reads: Callable[[], tuple[list[Snapshot], list[str]]], policy: Policy) -> Comparison:
    before, unreadable = reads()
    return compare([run.result.snapshot], before, policy, unreadable)


def _called(run: PastRun) -> str:
    head = run.head
    return f"this process: {moment(head.started_at)}, {clock(round(head.duration, 1))}, {head.word}"
