"""The command ``comment``: a run's verdict as the one comment on its pull request.

Law: it changes no verdict: whatever becomes of the comment, it ends with 0. Only what was wrong with its own words
ends it with 104.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from locust_ext.archive.report_dir import UnreadableRunError, directory_of
from locust_ext.archive.torn_run import read_any_run
from locust_ext.commands.refusal import fail
from locust_ext.forge.ci_run import GITHUB, GITHUB_TOKENS, GITLAB_TOKEN, NowhereError, ci_run_of, place_of
from locust_ext.process.spoken import say
from locust_ext.reports.comment import About, comment, link
from locust_ext.reports.comment_marker import Marker
from locust_ext.reports.console import plain
from locust_ext.reports.github import IN_MESSAGES
from locust_ext.reports.redacted import redacted
from locust_ext.reports.result import RunResult
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.lengths import LONGEST_NAME, excess, quoted, whole
from locust_ext.text.problems import ConfigurationError, Problem

LARGEST_EVENT = 32 << 20
"""Bytes of the file in which GitHub says what started a run."""

MOST_NUMBER = 9
"""Digits of the number of a pull request."""


@click.command(name="comment")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", default="", metavar="NAME", help="Of the load test, each of which has one comment.")
@click.option("--pull-request", default="", metavar="N", help="Its number, where CI does not say it.")
@click.option("--outcome", envvar="LOCUST_EXT_OUTCOME", default="", metavar="WORD", help="How CI says the run ended.")
@click.option("--artifact", envvar="LOCUST_EXT_ARTIFACT_URL", default="", metavar="URL", help="Where its reports are.")
@click.option("--print", "only_print", is_flag=True, help="Print the comment, and post nothing.")
def command(run: Path, name: str, pull_request: str, outcome: str, artifact: str, *, only_print: bool) -> None:
    """Post the verdict of a run as the one comment on its pull request, or update it.

    RUN is a report directory; where it has no report, the comment says so. In GitHub Actions and GitLab CI only. It
    ends with 0 whether or not there is a comment.
    """
    result, why = _read(run)
    number = _checked(name, pull_request, result, run)
    OUTLET.know([*GITHUB_TOKENS, GITLAB_TOKEN])
    if result is not None:  # before Markdown takes apart what is a secret
        result = redacted(result, OUTLET.redaction)
    event = _event(os.environ.get("GITHUB_EVENT_PATH", ""))
    ci = ci_run_of(os.environ, event, _in_the_checkout(run))
    shown = name or (result.name if result else "")
    if artifact and not link("Reports", artifact):
        _say(f"--artifact is not an address of the web, and left out: {quoted(artifact)}")
    about = About(outcome.strip() or ci.outcome, ci.commits, ci.url, artifact or ci.reports_url)
    marker = Marker.of(shown, ci.order)
    head, _, rest = whole(comment(marker, shown, result, about, why)).partition("\n")
    body = f"{head}\n{OUTLET.redaction.known(rest)}"
    if only_print:
        say(body.rstrip("\n"))
        return
    try:
        place = place_of(ci, os.environ, event, number)
    except NowhereError as nowhere:
        _say(f"no comment: {nowhere}")
        return
    from locust_ext.forge.posting import post  # noqa: PLC0415 it imports Locust, which patches the process

    posted = post(place, marker, body)
    if not posted.is_done and ci.forge == GITHUB:
        say(f"::warning title=Load test comment::{_shown(posted.sentence).translate(IN_MESSAGES)}")
    else:
        _say(posted.sentence)


def _checked(name: str, pull_request: str, result: RunResult | None, run: Path) -> int:
    """Return the number of the pull request, 0 where none was given; ends the process where the words are wrong."""
    problems = [Problem("--name", what)] if (what := excess(name, LONGEST_NAME, "a name")) else []
    is_number = pull_request.isascii() and pull_request.isdigit() and len(pull_request) <= MOST_NUMBER
    if pull_request and not (is_number and int(pull_request)):
        problems.append(Problem("--pull-request", f"{quoted(pull_request)} is not the number of a pull request"))
    if not name and result is None:
        what = f"there is no report in {run} that says which load test this is: name it, as its other comments do"
        problems.append(Problem("--name", what))
    if problems:
        fail(ConfigurationError(problems, "no comment was posted"))
    return int(pull_request or 0)


def _read(run: Path) -> tuple[RunResult | None, str]:
    """Return the run in a report directory, or why there is none."""
    try:
        return read_any_run(run), ""
    except UnreadableRunError as error:
        return None, str(error)


def _event(file: str) -> Mapping[str, Any]:
    """Return what started a run on GitHub; nothing where that cannot be read."""
    try:
        path = Path(file)
        if not file or path.stat().st_size > LARGEST_EVENT:
            return {}
        event = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _in_the_checkout(run: Path) -> str:
    """Return the path of a report directory as GitLab's artifacts have it; nothing where it is elsewhere."""
    root = os.environ.get("CI_PROJECT_DIR", "").strip()
    try:
        return directory_of(run).resolve().relative_to(Path(root).resolve()).as_posix() if root else ""
    except (OSError, ValueError):
        return ""


def _say(sentence: str) -> None:
    say(_shown(sentence))


def _shown(sentence: str) -> str:
    return plain(OUTLET.text(sentence))
