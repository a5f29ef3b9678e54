"""The runs of this process on the live page: their verdicts, their reports in one file, and what becomes of them.

Law: a run is looked up by its id among those that are kept, and an id leads to nothing else. A page never takes a path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Response

from locust_ext.archive.baselines import put_result
from locust_ext.archive.bundle import bundle
from locust_ext.config.plan import Plan
from locust_ext.gates.options import BaselineOptions
from locust_ext.reports.console import plain
from locust_ext.reports.formats import clock, moment
from locust_ext.reports.html import html
from locust_ext.reports.redacted import redacted
from locust_ext.reports.result import RunResult
from locust_ext.run.aside import Aside
from locust_ext.run.controller import RunController
from locust_ext.run.past_runs import PastRun, PastRuns, RunHead
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.redaction import Redaction
from locust_ext.text.lengths import shortened
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import plural
from locust_ext.web.actions import Done
from locust_ext.web.buttons import Buttons, base_path

PATH = "/locust-ext/runs/"

NOT_FOUND, BUSY = 404, 503

UNKNOWN = "there is no such run: this process keeps its last {most}, and forgets them when it ends"

NO_STORE = (
    "no directory of earlier runs is configured: write baseline: {dir: baselines/feed} in the configuration, or start "
    "with --baseline DIR. A stress run has none"
)

MOST_FAILED = 20
"""Failed thresholds of a run that the list names; the rest is counted."""


class RunsOfThisProcess:
    """What the page shows of the runs of one process, and does with them."""

    def __init__(self, controller: RunController, buttons: Buttons, aside: Aside) -> None:
        self._controller, self._buttons, self.aside = controller, buttons, aside
        self.past = PastRuns()
        before = controller.on_judged

        def judged(result: RunResult, plan: Plan) -> None:
            before(result, plan)
            self.past.note(result, plan)

        controller.on_judged = judged

    def piece(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return the list, if the page has not got this one."""
        run = self._controller.run
        under_way = run.id if run is not None and self._controller.result is None else ""
        newest = next((run.head.id for run in self.past), "")  # of another process's list the number may be the same
        version = f"{self.past.version}-{newest}-{under_way}"
        if asked.get("runs") == version:
            return {"version": version}
        return {"version": version, "under_way": bool(under_way), "rows": [_row(run.head) for run in self.past]}

    def named(self, given: Mapping[str, Any]) -> PastRun:
        """Return the run that is asked for; raises ConfigurationError."""
        found = self.past.find(given.get("run"))
        if found is None:
            raise ConfigurationError([Problem("run", UNKNOWN.format(most=plural(len(self.past), "run")))])
        return found

    def keep(self, given: Mapping[str, Any]) -> Done:
        """Put a run among those that others are compared with; raises ConfigurationError where it is not a measure."""
        run = self.named(given)
        if not run.plan.baseline:
            raise ConfigurationError([Problem("run", NO_STORE)])
        keep = (run.plan.config.baseline or BaselineOptions()).keep
        try:
            directory = Path(run.plan.baseline)
            place, gone = self.aside.do(
                _made, lambda result: put_result(result, directory, keep), run, OUTLET.redaction
            )
        except ConfigurationError as error:  # its problems are named for a command line
            raise ConfigurationError([Problem("", problem.message) for problem in error.problems]) from None
        self.past.keep(run, place.name)
        removed = f"; {', '.join(old.name for old in gone)} removed, as only {keep} are kept" if gone else ""
        return Done(f"Kept as a baseline in {place}{removed}.")

    def page(self, run: str) -> Response:
        """Return the report of a run, or why there is none."""
        return self._made_of(run, html, lambda _: {"mimetype": "text/html"})

    def file(self, run: str) -> Response:
        """Return a file with all reports of a run, or why there is none."""
        return self._made_of(run, bundle, _as_file)

    def _made_of(
        self, run: str, make: Callable[[RunResult], Any], how: Callable[[RunHead], Mapping[str, Any]]
    ) -> Response:
        if not self._buttons.may_show:  # no script of another site has this process work
            return self._buttons.turned_away()
        try:
            found = self.named({"run": run})
            content = self.aside.do(_made, make, found, OUTLET.redaction)
        except ConfigurationError as error:
            said = OUTLET.text(error.problems[0].message)
            return Response(said, NOT_FOUND if error.problems[0].path else BUSY, mimetype="text/plain")
        return Response(content, **how(found.head))


def _made(make: Callable[[RunResult], Any], run: PastRun, redaction: Redaction) -> Any:
    """Return what is made of a run as it may be shown now: what has become secret since is hidden, too."""
    return make(redacted(run.result, redaction))


def show_runs(web_ui: Any, runs: RunsOfThisProcess) -> None:
    """Add the file with all reports of a run to the web UI."""
    guarded = web_ui.auth_required_if_enabled(runs.file)
    web_ui.app.add_url_rule(f"{base_path(web_ui)}{PATH}<run>.zip", "locust_ext_run_zip", guarded)


def _as_file(head: RunHead) -> dict[str, Any]:
    """Return how a browser takes the file of a run: to keep it."""
    headers = {
        "Content-Disposition": f"attachment; filename={_file_name(head)}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return {"mimetype": "application/zip", "headers": headers}


def _file_name(head: RunHead) -> str:
    """Return what the file is called: letters, digits and dashes, whatever the run is called."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", head.name).strip("-")[:40]
    began = re.sub(r"[^0-9T]", "", head.started_at.partition("+")[0])[:15]
    return "-".join(filter(None, (name, began, head.id[:8]))) + ".zip"


def _row(head: RunHead) -> dict[str, Any]:
    """Return what the list says of a run; every text may stand on a page."""
    failed = [{"threshold": shown_text(what), "value": shown_text(value)} for what, value in head.failed[:MOST_FAILED]]
    return {
        "id": head.id,
        "name": shown_text(head.name),
        "load": shown_text(head.load),
        "began": moment(shown_text(head.started_at)),
        "duration": clock(round(head.duration, 1)),
        "verdict": shown_text(head.word),
        "exit_code": head.exit_code,
        "reason": shown_text(head.reason),
        "thresholds": head.thresholds,
        "failed": failed,
        "more_failed": max(0, len(head.failed) - MOST_FAILED),
        "kept": shown_text(head.kept),
    }


def shown_text(text: str) -> str:
    """Return a text as it may stand on a page: short, without control characters and secrets."""
    return plain(OUTLET.text(shortened(text)))
