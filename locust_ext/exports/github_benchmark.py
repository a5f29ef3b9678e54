"""A run as the entries that github-action-benchmark reads: of its two custom tools one takes what should be small.

Law: a file is of one run and of one tool, ``customSmallerIsBetter`` or ``customBiggerIsBetter``:
https://github.com/benchmark-action/github-action-benchmark#tool-specific-setup. The action compares by ratio; a growth,
which is about zero where all is well, has none and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from locust_ext.exports.history import RunTracked, Tracked
from locust_ext.exports.history_names import cell, told
from locust_ext.exports.measures import BIGGER, GROWTH, SMALLER
from locust_ext.exports.rounding import rounded
from locust_ext.text.spelling import plural
from locust_ext.text.strict_json import strict_json


def github_benchmark(run: RunTracked, *, bigger: bool = False) -> str:
    """Return the text of the file: of figures that should be small, or of those that should be ``bigger``."""
    better = BIGGER if bigger else SMALLER
    about = "\n".join(_about(run))
    entries = [_entry(run.test, one, about) for one in run.figures if one.measure.better == better]
    return strict_json([entry for entry in entries if entry])


def _entry(test: str, figure: Tracked, about: str) -> dict[str, Any]:
    if figure.measure == GROWTH:
        return {}
    ends = [str(rounded(end)) for end in (figure.low, figure.high) if end is not None]
    between = f"{ends[0]} to {ends[1]}" if len(ends) > 1 else ""
    samples = f"of {plural(figure.count, 'sample')}\n" if figure.count else ""
    return {
        "name": told(f"{test}: {figure.subject} {figure.measure.slug}"),
        "unit": figure.measure.unit,
        "value": rounded(figure.value),
        **({"range": between} if between else {}),
        "extra": f"{samples}{about}",
    }


def _about(run: RunTracked) -> Iterator[str]:
    yield f"run {cell(run.id) or 'without an id'}, {run.started:%Y-%m-%d %H:%M:%S} UTC"
    yield f"{cell(run.verdict)} (exit code {run.exit_code})"
    if run.commit:
        yield f"commit {cell(run.commit)}"
    yield from map(cell, run.notes)
