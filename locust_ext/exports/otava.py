"""A history of runs as Apache Otava reads it: a CSV with a row a run, and the section of ``otava.yaml`` for it.

Law: https://otava.apache.org/docs/csv/. Otava needs a number in each cell of a metric, so the section names the columns
that every run fills; the others stand in the CSV all the same. No cell is a formula, whatever a name holds.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import yaml

from locust_ext.exports.history import RunTracked, Tracked
from locust_ext.exports.history_names import cell, identifier
from locust_ext.exports.measures import Measure
from locust_ext.exports.rounding import rounded

TIME = "time"
ALWAYS = ("run", "commit", "verdict", "made")
SOMETIMES = ("branch", "version")
"""Attributes that have a column where a run has one: Otava refuses several branches, unless it is told which."""

MARK = "# Written by locust-ext export otava."
"""How a section begins: what begins otherwise is somebody else's."""


def column_of(figure: Tracked) -> str:
    """Return the column of a figure."""
    return f"{identifier(figure.subject)}.{figure.measure.slug}"


def columns_of(runs: Sequence[RunTracked]) -> dict[str, Measure]:
    """Return the columns of the figures of all runs, in the order in which they come first."""
    return {column_of(figure): figure.measure for run in runs for figure in run.figures}


def whole_columns(runs: Sequence[RunTracked]) -> dict[str, Measure]:
    """Return the columns that every run fills."""
    filled = [{column_of(figure) for figure in run.figures} for run in runs]
    everywhere = set.intersection(*filled) if filled else set()
    return {column: measure for column, measure in columns_of(runs).items() if column in everywhere}


def otava_csv(runs: Sequence[RunTracked]) -> str:
    """Return the text of the CSV: runs in the order that they are given in, times in UTC."""
    metrics, attributes = columns_of(runs), attributes_of(runs)
    text = io.StringIO()
    table = csv.DictWriter(text, [TIME, *attributes, "notes", *metrics], restval="", lineterminator="\n")
    table.writeheader()
    for run in runs:
        about = {name: cell(value) for name, value in _attributes(run).items() if name in attributes}
        values = {column_of(figure): repr(rounded(figure.value)) for figure in run.figures}
        notes = cell("; ".join(run.notes))
        table.writerow({TIME: run.started.isoformat(timespec="seconds"), **about, "notes": notes, **values})
    return text.getvalue()


def attributes_of(runs: Sequence[RunTracked]) -> list[str]:
    """Return the names of the attributes that there are."""
    return [*ALWAYS, *(name for name in SOMETIMES if any(_attributes(run)[name] for run in runs))]


def _attributes(run: RunTracked) -> dict[str, str]:
    return {
        "run": run.id,
        "commit": run.commit,
        "verdict": run.verdict,
        "made": run.way,
        "branch": run.branch,
        "version": run.version,
    }


def otava_section(runs: Sequence[RunTracked], file: str) -> str:
    """Return the text of an ``otava.yaml`` for the CSV in ``file``, whose test is named after the load test."""
    test = identifier(runs[-1].test) if runs else "loadtest"
    place = yaml.safe_dump(file, default_style='"', width=float("inf"), allow_unicode=True).strip()
    lines = [
        MARK,
        "tests:",
        f'  "{test}":',
        "    type: csv",
        f"    file: {place}",
        f"    time_column: {TIME}",
        f"    attributes: [{', '.join(attributes_of(runs))}]",
        "    metrics:" if (metrics := whole_columns(runs)) else "    metrics: {}",
    ]
    for column, measure in metrics.items():
        lines.append(f'      "{column}": {{direction: {measure.better}}} # {measure.unit}')
    return "\n".join(lines) + "\n"
