"""A recording as Prometheus' answer to a range query: a matrix of series, each with its samples.

Law: pure. Several series are summed as PromQL sums: one without a sample at a moment adds nothing there.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from locust_ext.load.tape import MOST_POINTS, Mistakes, Point, RecordingError, Tape, shown
from locust_ext.text.document import dotted
from locust_ext.text.models import Model, without_plugins
from locust_ext.text.spelling import nearest

NO_ANSWER = "it is not an answer of Prometheus to a range query; keep all that /api/v1/query_range answers"

_LABEL = re.compile(r'\s*([^=,"{}\s]+)\s*=(?:\s*"([^"]*)"\s*|([^,"{}]*))(?:,|$)')


class Series(Model):
    """One series as Prometheus writes it: its labels, and pairs of time and value."""

    metric: dict[str, str]
    values: list[tuple[float, float | str]]

    def __str__(self) -> str:
        return ",".join(f'{name}="{value}"' for name, value in self.metric.items()) or "{}"


@cache
def _series() -> TypeAdapter[list[Series]]:
    """Return what reads the series of an answer; it is built for those who replay one."""
    with without_plugins():
        return TypeAdapter(list[Series])


def points_in_answer(text: str, wanted: str, mistakes: Mistakes) -> list[Point]:
    """Return the sum of the series that carry all labels in ``wanted``, such as ``job=feed``; empty means all series.

    Raises RecordingError when there is none; mistakes in single samples are noted.
    """
    levels: dict[float, float] = {}
    for series in _selected(_matrix(text, mistakes), wanted, mistakes):
        tape = Tape(mistakes)
        for number, (time, level) in enumerate(series.values, start=1):
            tape.add(f"sample {number} of {str(series)!r:.80}", repr(time), str(level))
        for seconds, level in tape.points:
            levels[seconds] = levels.get(seconds, 0.0) + level
    if len(levels) > MOST_POINTS:
        mistakes.refuse(f"there are more than {MOST_POINTS:,} points; ask for a longer step")
    return sorted(levels.items())


def _matrix(text: str, mistakes: Mistakes) -> list[Series]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        mistakes.refuse(f"it is not valid JSON: {error}")
    answer = answer if isinstance(answer, dict) else {}
    if answer.get("status") == "error":
        said = f"{answer.get('errorType')}: {answer.get('error')}"
        mistakes.refuse(f"Prometheus answered with an error, {said!r:.300}; repeat the query")
    data: Any = answer.get("data")
    if not isinstance(data, dict):
        mistakes.refuse(NO_ANSWER)
    if data.get("resultType") != "matrix":
        mistakes.refuse(f"{NO_ANSWER} (the resultType is {data.get('resultType')!r:.60}, not 'matrix')")
    try:
        return _series().validate_python(data.get("result"))
    except ValidationError as error:
        item = error.errors(include_url=False)[0]
        mistakes.refuse(f"{NO_ANSWER} ({dotted(('data', 'result', *item['loc']))}: {item['msg']})")


def _selected(matrix: list[Series], wanted: str, mistakes: Mistakes) -> list[Series]:
    if not matrix:
        mistakes.refuse("it holds no series: the query found nothing")
    labels = _labels(wanted)
    found = [series for series in matrix if labels.items() <= series.metric.items()]
    if not found:
        hint = nearest(wanted, {shown(str(series))[1:-1] for series in matrix})
        raise RecordingError(("series", f"there is no series {shown(wanted)}{hint}"))
    return found


def _labels(wanted: str) -> dict[str, str]:
    """Return the labels in ``job=feed,instance="a:9100"``, with or without braces around them."""
    text = wanted.strip().removeprefix("{").removesuffix("}").strip()
    labels, at = {}, 0
    while at < len(text):
        match = _LABEL.match(text, at)
        if match is None:
            raise RecordingError(("series", f"{shown(wanted)} selects no series; write it as job=feed,instance=a"))
        labels[match[1]], at = match[3].strip() if match[2] is None else match[2], match.end()
    return labels
