"""What somebody has edited before a run, field by field, beside what one text of a command line can say.

Law: pure; what is edited takes the place of what the configuration says, and is checked as if it stood there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from locust_ext.text.document import Document, Path
from locust_ext.text.frozen import dataclass

THRESHOLDS, SCENARIOS = "thresholds", "scenarios"

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Thresholds as the configuration writes them: by what they select."""


@dataclass(frozen=True)
class Edits:
    """Parameters of the shape, and the thresholds of the run; None: as configured."""

    params: Mapping[str, str] = field(default_factory=dict)
    thresholds: Rows | None = None

    def put_into(self, document: Document) -> Document:
        """Return the configuration with these thresholds, and no others: those of scenarios name theirs as a tag."""
        if self.thresholds is None:
            return document
        values = dict(document.values)
        values[THRESHOLDS] = {key: [dict(row) for row in rows] for key, rows in self.thresholds.items()}
        scenarios = values.get(SCENARIOS)
        if isinstance(scenarios, dict):
            values[SCENARIOS] = {name: _without(one) for name, one in scenarios.items()}
        return replace(
            document,
            values=values,
            lines={path: line for path, line in document.lines.items() if not _is_replaced(path)},
            plain={path: text for path, text in document.plain.items() if not _is_replaced(path)},
            misread=[(path, wrong) for path, wrong in document.misread if not _is_replaced(path)],
        )


def _without(scenario: Any) -> Any:
    if not isinstance(scenario, dict):
        return scenario
    return {key: value for key, value in scenario.items() if key != THRESHOLDS}


def _is_replaced(path: Path) -> bool:
    return path[:1] == (THRESHOLDS,) or (path[:1] == (SCENARIOS,) and path[2:3] == (THRESHOLDS,))
