"""The same scenario again and again, with nothing changed.

Law: each run is a Locust process of its own, one after the other, so that they disturb each other no more than runs
of different days would; Ctrl-C ends the series and keeps what was measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from locust_ext.archive.provenance import REPEAT
from locust_ext.archive.report_dir import UnreadableRunError, read_report_dir
from locust_ext.config.plan import NO_BASELINE
from locust_ext.reports.result import RunResult
from locust_ext.text.problems import EXIT_CODE, ConfigurationError, Problem

_GOOD = frozenset({0, 1, 99})
"""Exit codes of runs that were measured to their end."""


def measure_again(
    locustfile: Path, options: Sequence[str], runs: int, output: Path | None
) -> tuple[list[RunResult], list[str]]:
    """Return the results of ``runs`` runs, and a sentence for each that is of no use.

    Raises ConfigurationError when the first of them is none, or refuses its configuration.
    """
    found: list[RunResult] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="locust-ext-") as spare:
        for number in range(1, runs + 1):
            place = (output or Path(spare)) / f"run-{number:02}"
            click.echo(f"run {number} of {runs}: ", err=True, nl=False)
            try:
                code, complaint = _run(locustfile, options, place)
            except KeyboardInterrupt:
                click.echo("interrupted", err=True)
                notes.append(f"run {number} and those after it: interrupted")
                break
            try:
                result = read_report_dir(place)
            except UnreadableRunError as error:
                click.echo("no reports", err=True)
                if not found:  # what keeps the first from being a run keeps all
                    raise ConfigurationError([Problem("FILE", complaint or str(error))]) from None
                notes.append(f"run {number}: {error}")
                continue
            if code == EXIT_CODE:
                raise ConfigurationError([Problem("FILE", complaint)])
            click.echo(f"{result.verdict.word} (exit code {code})", err=True)
            if code in _GOOD:
                found.append(result)
            else:
                notes.append(f"run {number}: {result.verdict.reason}")
    return found, notes


def _run(locustfile: Path, options: Sequence[str], place: Path) -> tuple[int, str]:
    """Return the exit code of one run, and the last lines of what it complained of."""
    command = [sys.executable, "-m", "locust_ext", "-f", str(locustfile), "--headless", *options]
    command += ["--locust-ext-report-dir", str(place), "--locust-ext-baseline", NO_BASELINE]
    done = subprocess.run(  # noqa: S603 the user's own locustfile
        command, env={**os.environ, REPEAT: "1"}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, "\n".join(done.stderr.strip().splitlines()[-20:])
