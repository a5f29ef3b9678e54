"""A run in Bencher Metric Format, which ``bencher run --adapter json --file`` reads.

Law: a benchmark is an endpoint, a measure one of its figures with the ends of its 95 % interval, where it has them.
A file is of one run: https://bencher.dev/docs/reference/bencher-metric-format/
"""

from __future__ import annotations

from typing import Any

from locust_ext.exports.history import RunTracked
from locust_ext.exports.history_names import told
from locust_ext.exports.rounding import rounded
from locust_ext.text.strict_json import strict_json


def bencher(run: RunTracked) -> str:
    """Return the text of the file."""
    benchmarks: dict[str, dict[str, Any]] = {}
    for figure in run.figures:
        ends = {"value": figure.value, "lower_value": figure.low, "upper_value": figure.high}
        values = {name: rounded(value) for name, value in ends.items() if value is not None}
        benchmarks.setdefault(told(f"{run.test}: {figure.subject}"), {})[figure.measure.slug] = values
    return strict_json(benchmarks)
