"""summary.json: the run for machines.

Law: strict JSON, whatever the run holds; ``schema`` says what stands in it, and ``reading`` reads it back.
"""

from __future__ import annotations

from typing import Any

from locust_ext.gates.baseline import Comparison
from locust_ext.reports.compared_entry import ComparisonEntry
from locust_ext.reports.result import RunResult
from locust_ext.reports.schema import Summary
from locust_ext.text.strict_json import compact_json, strict_json


def summary(result: RunResult) -> str:
    """Return the text of ``summary.json``."""
    return strict_json(Summary.of_result(result).plain())


def interim_summary(result: RunResult) -> str:
    """Return the same on one line: it is written again and again, while the run lasts."""
    return compact_json(Summary.of_result(result).plain())


def comparison_entry(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values."""
    return ComparisonEntry.of_comparison(comparison).plain()
