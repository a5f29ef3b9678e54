"""The commands about runs that were recorded: compare, report, baseline, calibrate, schema.

Law: a run is named by its report directory; exit codes are those of a run; what is wrong is said in a sentence.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import click
from pydantic import ValidationError

from locust_ext.archive.baselines import put, read_baselines
from locust_ext.archive.publish import show
from locust_ext.archive.report_dir import UnreadableRunError, read_report_dir, write_report_dir
from locust_ext.archive.torn_run import read_any_run
from locust_ext.commands.refusal import fail
from locust_ext.config.command_line import find_file
from locust_ext.config.plan import BUILT_IN_KINDS
from locust_ext.config.schema import read_config
from locust_ext.gates.baseline import compare as compare_runs
from locust_ext.gates.calibration import calibrate as calibrate_gate
from locust_ext.gates.options import BaselineOptions, policy_of
from locust_ext.gates.policy import Policy
from locust_ext.measure.catalogue import REQUESTS
from locust_ext.measure.sinks import kind_of
from locust_ext.reports.calibration_table import calibration_table
from locust_ext.reports.compared import verdict_of
from locust_ext.reports.console import plain
from locust_ext.reports.console_tables import comparison_table
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.result import RunResult
from locust_ext.reports.schema import json_schema
from locust_ext.reports.summary import comparison_entry
from locust_ext.run.calibrating import measure_again
from locust_ext.run.claim import take
from locust_ext.text.document import Document
from locust_ext.text.document import read as read_document
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import plural
from locust_ext.text.strict_json import strict_json
from locust_ext.text.validation import problems_of

DRAWS = 200
"""Draws of candidates and runs before them, among the runs of a calibration."""

DIRECTORY = click.Path(path_type=Path)


def _policy_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--min-runs", type=click.IntRange(1, 100), help="Runs needed to compare; default: 3."),
        click.option("--quantiles", metavar="Q,...", help="Percentiles to compare; default: 95,99."),
        click.option("--floor", metavar="TIME", help="Differences below it do not matter; default: 5ms."),
        click.option("--max-regression", metavar="SHARE", help="How much worse a figure may be; default: 30%."),
        click.option("--loadtest", type=DIRECTORY, metavar="FILE", help="Take `baseline` of this configuration."),
    ):
        function = option(function)
    return function


def _options(loadtest: Path | None, quantiles: str | None = None, **limits: Any) -> BaselineOptions:
    """Return `baseline` of a configuration, the command line above it; ends the process if it is wrong."""
    given = {**limits, "quantiles": quantiles.split(",") if quantiles else None}
    try:
        options = _configured(loadtest) if loadtest is not None else BaselineOptions()
        read = BaselineOptions.model_validate({key: value for key, value in given.items() if value is not None})
    except ConfigurationError as error:
        fail(error)
    except ValidationError as error:
        found = problems_of(error, BaselineOptions, Document(""))
        wrong = {f"--{re.split(r'[.[]', each.path)[0]}": each.message for each in found}
        fail(ConfigurationError([Problem(path.replace("_", "-"), message) for path, message in wrong.items()]))
    return options.model_copy(update={name: getattr(read, name) for name in read.model_fields_set})


def _configured(loadtest: Path) -> BaselineOptions:
    """Return `baseline` of a configuration; what is wrong elsewhere in the file is a matter of its runs."""
    config, problems = read_config(read_document(loadtest))
    wrong = [problem for problem in problems if problem.path.split(".")[0] == "baseline"]
    if wrong:
        raise ConfigurationError(wrong)
    return config.baseline or BaselineOptions()


def _policy(options: BaselineOptions, runs: Sequence[RunResult]) -> Policy:
    """Return the policy for these runs, whose metrics may be a locustfile's own; ends the process if it is wrong."""
    own = {row.metric: kind_of(row.sink) for run in runs for row in run.series if row.sink is not None}
    policy, wrong = policy_of(options, {**BUILT_IN_KINDS, **own})
    if wrong:
        fail(ConfigurationError([Problem(f"baseline.max_regression.{key}", sentence) for key, sentence in wrong]))
    return policy


def _read(place: Path, read: Callable[[Path], RunResult] = read_report_dir) -> RunResult:
    try:
        return read(place)
    except UnreadableRunError as error:
        fail(ConfigurationError([Problem("", str(error))]))


def _read_all(places: Sequence[Path]) -> tuple[list[RunResult], list[str]]:
    """Return the runs in all places, and a sentence for each that cannot be read."""
    runs: list[RunResult] = []
    unreadable: list[str] = []
    for place in places:
        shelved = read_baselines(place)
        runs += [run for _, run in shelved.runs]
        unreadable += shelved.unreadable
        if not shelved.runs and not shelved.unreadable:
            unreadable.append(f"{place}: there are no runs")
    return runs, unreadable


@click.command()
@click.argument("run", type=DIRECTORY)
@click.argument("baseline", type=DIRECTORY, nargs=-1, required=True)
@_policy_options
@click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
def compare(run: Path, baseline: tuple[Path, ...], *, as_json: bool, **limits: Any) -> None:
    """Compare a run with runs before it.

    RUN is a report directory; BASELINE are others, or directories of them. Exits with 0, 99 for a regression, or 111
    where nothing can be said.
    """
    options = _options(**limits)
    result = _read(run)
    runs, unreadable = _read_all(baseline)
    policy = _policy(options, [result, *runs])
    comparison = compare_runs([result.snapshot], [one.snapshot for one in runs], policy, unreadable)
    verdict = verdict_of(comparison)
    if as_json:
        click.echo(strict_json({**comparison_entry(comparison), "exit_code": verdict.exit_code}), nl=False)
    else:
        click.echo(comparison_table(comparison, _width()), nl=False)
        click.echo(plain(f"{verdict.word.upper()}: {verdict.reason}  (exit code {verdict.exit_code})"))
    sys.exit(verdict.exit_code)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 160


@click.command()
@click.argument("run", type=DIRECTORY)
@click.option("-o", "--output", type=DIRECTORY, metavar="DIR", help="Where the reports go; default: print the verdict.")
def report(run: Path, output: Path | None) -> None:
    """Show a run, or render its reports again; also one that was cut off, or is under way still.

    RUN is a report directory. A run without an end is shown as it was on disk, and as inconclusive.
    """
    result = _read(run, read_any_run)
    if output is None:
        show(result)
        return
    try:
        take(str(output))
    except ConfigurationError as error:
        fail(error)
    if not result.complete:
        click.echo(plain(f"{result.verdict.word.upper()}: {result.verdict.reason}"), err=True)
    troubles = write_report_dir(result, output, ReportOptions())
    if troubles:
        fail(ConfigurationError([Problem("", trouble) for trouble in troubles]))
    click.echo("\n".join(str(file) for file in sorted(output.iterdir()) if file.is_file()))


@click.group()
def baseline() -> None:
    """Keep the runs that others are compared with."""


@baseline.command()
@click.argument("run", type=DIRECTORY)
@click.option("--dir", "directory", type=DIRECTORY, metavar="DIR", help="The directory of the runs.")
@click.option("--keep", type=click.IntRange(1, 100), help="Older ones are removed; default: 10.")
@click.option("--loadtest", type=DIRECTORY, metavar="FILE", help="Take both from `baseline` of this configuration.")
@click.option("--force", is_flag=True, help="Also a run that did not pass.")
def add(run: Path, directory: Path | None, keep: int | None, loadtest: Path | None, *, force: bool) -> None:
    """Put the run of a report directory among those that others are compared with."""
    options = _options(loadtest)
    keep = keep or options.keep
    directory = directory or (Path(options.dir) if options.dir else None)
    if directory is None:
        fail(ConfigurationError([Problem("--dir", "name a directory, or a configuration that does")]))
    try:
        place, gone = put(run, directory, keep, force=force)
    except ConfigurationError as error:
        fail(error)
    click.echo(f"{place}: added; {plural(len(read_baselines(directory).runs), 'run')} there")
    for old in gone:
        click.echo(f"{old}: removed, as only {keep} are kept")


@baseline.command(name="list")
@click.option("--dir", "directory", type=DIRECTORY, required=True, metavar="DIR", help="The directory of the runs.")
def list_runs(directory: Path) -> None:
    """List the runs that others are compared with, oldest first."""
    shelved = read_baselines(directory)
    for place, run in shelved.runs:
        requests = sum(row.count for row in run.series if row.metric in REQUESTS)
        commit = run.tags.get("git_sha", "-")
        click.echo(plain(f"{place.name}  {run.started_at}  {commit}  {requests:,} requests  {run.verdict.word}"))
    for sentence in shelved.unreadable:
        click.echo(plain(f"unreadable: {sentence}"), err=True)
    if not shelved.runs:
        click.echo(f"{directory}: there are no runs")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("file", type=DIRECTORY, required=False)
@click.argument("locust_options", nargs=-1, type=click.UNPROCESSED)
@click.option("--runs", type=click.IntRange(2, 100), default=10, show_default=True, help="How often to run it.")
@click.option("--from", "recorded", type=DIRECTORY, metavar="DIR", help="Take the runs in DIR instead of new ones.")
@click.option("-o", "--output", type=DIRECTORY, metavar="DIR", help="Keep the reports of the runs there.")
@_policy_options
def calibrate(
    file: Path | None,
    locust_options: tuple[str, ...],
    runs: int,
    recorded: Path | None,
    output: Path | None,
    **limits: Any,
) -> None:
    """Say what the gate can see: its false alarms, and the smallest regression it notices.

    FILE is a locustfile. It is run several times with nothing changed, with LOCUST_OPTIONS such as -H URL, and each
    run is judged by the others.
    """
    if (file is None) == (recorded is None):
        fail(ConfigurationError([Problem("FILE", "name a locustfile to run, or --from a directory of runs")]))
    beside = find_file(str(file)) if file else None
    options = _options(**{**limits, "loadtest": limits["loadtest"] or beside})
    try:
        found, notes = measure_again(file, locust_options, runs, output) if file else _read_all([recorded or Path()])
    except ConfigurationError as error:
        fail(error)
    for note in notes:
        click.echo(plain(f"left out: {note}"), err=True)
    needed = options.min_runs + 1
    if len(found) < needed:
        sentence = f"{plural(len(found), 'run')} to judge by each other; needs {needed}"
        fail(ConfigurationError([Problem("--runs", sentence)]))
    policy = _policy(options, found)
    snapshots, rng = [run.snapshot for run in found], Random(1)  # noqa: S311 the same draw of runs each time
    orders = [rng.sample(snapshots, len(snapshots)) for _ in range(DRAWS)]
    click.echo(calibration_table(calibrate_gate(snapshots, policy, orders), _width()), nl=False)


@click.command()
def schema() -> None:
    """Print the JSON Schema of summary.json."""
    click.echo(strict_json(json_schema()), nl=False)


COMMANDS = (compare, report, baseline, calibrate, schema)
