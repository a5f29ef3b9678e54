"""The commands ``export bencher``, ``github-benchmark`` and ``otava``: what tools read that keep a history of runs.

Law: what is written is whole or not there; what is left out is said in a sentence on the error stream. Where there is
nothing to write it ends with 111 if runs prove nothing, and with 104 if there are none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from locust_ext.archive.report_dir import LOG, SUMMARY
from locust_ext.commands.gathering import Gathering, Wanted, ways_of
from locust_ext.commands.refusal import fail
from locust_ext.exports.bencher import bencher
from locust_ext.exports.github_benchmark import github_benchmark
from locust_ext.exports.history import RunTracked
from locust_ext.exports.measures import NEITHER
from locust_ext.exports.otava import MARK, columns_of, otava_csv, otava_section, whole_columns
from locust_ext.process.files import write_atomically
from locust_ext.reports.console import plain
from locust_ext.reports.running import UNDECIDED
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.lengths import LONGEST_NAME, excess, quoted, whole
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import plural

PLACE = click.Path(path_type=Path)

DEFAULT_CSV = "history.csv"
"""What the section calls a CSV that is printed."""


def _runs(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what all histories take."""
    for option in (
        click.option(
            "--all", "everything", is_flag=True, help="Also runs that are inconclusive, aborted or cut short."
        ),
        click.option(
            "--endpoints", type=click.IntRange(0, 1000), default=50, show_default=True, help="At most so many."
        ),
        click.option("--test", default="", metavar="NAME", help="Only runs of this test."),
        click.option("-o", "--output", type=PLACE, metavar="FILE", help="Default: print it."),
        click.argument("runs", type=PLACE, nargs=-1, required=True, metavar="RUN_DIR..."),
    ):
        function = option(function)
    return function


_DIRECTORY = click.option("--dir", "directory", type=PLACE, metavar="DIR", help="A file for each of several runs.")


@click.command(name="bencher")
@_runs
@_DIRECTORY
def bencher_file(runs: tuple[Path, ...], output: Path | None, directory: Path | None, **wanted: Any) -> None:
    """Write a run in Bencher Metric Format.

    Each figure has the ends of its interval. RUN_DIR is a report directory, or holds some. For example:

    locust-ext export bencher reports -o bmf.json
    """
    _write_each(_gathered(runs, wanted), bencher, output, directory)


@click.command(name="github-benchmark")
@_runs
@_DIRECTORY
@click.option("--bigger", is_flag=True, help="For customBiggerIsBetter; default: for customSmallerIsBetter.")
def github_file(
    runs: tuple[Path, ...], output: Path | None, directory: Path | None, *, bigger: bool, **wanted: Any
) -> None:
    """Write a run for github-action-benchmark.

    What should be small, or what should be --bigger. RUN_DIR is a report directory, or holds some. For example:

    locust-ext export github-benchmark reports -o smaller.json
    """
    found = _gathered(runs, wanted)
    neither = {one.subject for run in found for one in run.figures if one.measure.better == NEITHER}
    if neither:
        _say(f"left out: {plural(len(neither), 'threshold')} with == or !=: neither side of it is better")
    _write_each(found, lambda run: github_benchmark(run, bigger=bigger), output, directory)


@click.command(name="otava")
@_runs
@click.option(
    "--config", type=PLACE, metavar="FILE", help="Where its section of otava.yaml goes; with -o it is printed."
)
def otava_table(runs: tuple[Path, ...], output: Path | None, config: Path | None, **wanted: Any) -> None:
    """Write a history as a CSV for Apache Otava.

    With it comes the section of otava.yaml that reads it. RUN_DIR is a report directory, or holds some. For example:

    locust-ext export otava history -o history.csv --config otava.yaml
    """
    if config is not None:
        _check_ours(config)
        if output is not None and config.absolute() == output.absolute():
            _refuse("--config", "it is the file of -o: the CSV and its section are two files")
    found = _gathered(runs, wanted)
    if len(tests := dict.fromkeys(run.test for run in found)) > 1:
        named = ", ".join(map(quoted, list(tests)[:5]))
        _refuse("--test", f"the runs are of {len(tests):,} tests, and a history is of one: name it ({named})")
    if sentence := ways_of(found):
        _say(f"{sentence}; the column `made` tells them apart")
    branches = dict.fromkeys(run.branch for run in found)
    if len(branches) > 1:
        _say("note: the runs are of several branches: Otava asks for --branch")
    missing = len(columns_of(found)) - len(whole_columns(found))
    if missing:
        _say(
            f"note: {plural(missing, 'column')} that not every run fills: not in the section, as Otava needs all of it"
        )
    section = otava_section(found, str(output) if output is not None else DEFAULT_CSV)
    _write(otava_csv(found), output)
    if config is not None:
        _write(section, config, "--config")
    elif output is not None:
        _write(section, None)


def _check_ours(config: Path) -> None:
    """Refuse a file in which there is more than a section of ours."""
    try:
        text = config.read_text("utf-8", "replace") if config.is_file() else MARK
    except OSError as error:
        _refuse("--config", f"{config} cannot be read: {error.strerror or error}")
    if text.strip() and not text.startswith(MARK):
        _refuse("--config", f"{config} is not ours to replace: print the section, and put it there")


def _gathered(places: Sequence[Path], wanted: Mapping[str, Any]) -> list[RunTracked]:
    """Return the runs to export; ends the process where there are none."""
    if what := excess(wanted["test"], LONGEST_NAME, "a name"):
        _refuse("--test", what)
    gathering = Gathering(Wanted(**wanted), _say)
    found = gathering.gather(places)
    if not found and not gathering.unproven:
        _refuse("RUN_DIR", "there is no run to export")
    if not found:
        _say(f"nothing was exported: {plural(gathering.unproven, 'run')} proved nothing")
        sys.exit(UNDECIDED)
    return found


def _write_each(
    runs: Sequence[RunTracked], made: Callable[[RunTracked], str], output: Path | None, directory: Path | None
) -> None:
    """Write a file a run; a single one may be printed."""
    if directory is not None and output is not None:
        _refuse("--dir", "it is for several runs, and -o for one: give one of the two")
    if directory is None:
        if len(runs) > 1:
            _refuse("RUN_DIR", f"these are {len(runs):,} runs, and a file is of one: name one, or --dir DIR for all")
        _write(made(runs[0]), output)
        return
    for run, name in zip(runs, _names(runs), strict=True):
        _write(made(run), directory / name, "--dir")
        _say(f"{directory / name}: {run.test}, {run.started:%Y-%m-%d %H:%M:%S} UTC, {run.verdict}")


def _names(runs: Sequence[RunTracked]) -> list[str]:
    """Return names of files that begin with the second, since 1970, at which a run began: they sort by time."""
    names: dict[str, None] = {}
    for run in runs:
        own = "".join(sign for sign in run.id.lower() if sign in "0123456789abcdefghijklmnopqrstuvwxyz")[:12]
        name = stem = f"{int(run.started.timestamp())}-{own or 'run'}"
        number = 1
        while f"{name}.json" in names:
            number += 1
            name = f"{stem}-{number}"
        names[f"{name}.json"] = None
    return list(names)


def _write(text: str, target: Path | None, option: str = "-o") -> None:
    content = whole(text).encode("utf-8")
    if target is not None and target.name in (SUMMARY, LOG):
        _refuse(option, f"{target} would be taken for a part of a report: give it another name")
    try:
        if target is not None:
            write_atomically(target, content)
        else:
            click.echo(content, nl=False)
    except BrokenPipeError:
        raise  # who reads has read enough
    except OSError as error:
        where = f"{target or 'standard output'} cannot be written: {error.strerror or error}"
        fail(ConfigurationError([Problem(option, where)], "not all was exported"))


def _refuse(path: str, sentence: str) -> NoReturn:
    fail(ConfigurationError([Problem(path, sentence)], "nothing was exported"))


def _say(sentence: str) -> None:
    click.echo(plain(OUTLET.text(sentence)), err=True)


COMMANDS = (bencher_file, github_file, otava_table)
