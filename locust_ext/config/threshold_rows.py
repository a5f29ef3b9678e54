"""The thresholds of a configuration as rows that people edit: a selection, what must hold, and what else it says.

Law: pure; a row that is handed back as it is means the same threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from locust_ext.config.edits import Rows
from locust_ext.config.schema import Config
from locust_ext.gates.options import ThresholdOptions
from locust_ext.gates.thresholds import ThresholdError, parse_selector
from locust_ext.text.frozen import dataclass
from locust_ext.text.units import format_duration

_SPANS = frozenset({"delay_abort", "window"})
"""The options that are durations."""


@dataclass(frozen=True)
class Row:
    """One threshold: ``options`` are those that it says, as the configuration writes them."""

    select: str
    must: str
    options: Mapping[str, Any]

    @property
    def says(self) -> str:
        """Its options in words."""
        return ", ".join(
            key.replace("_", " ") + ("" if value is True else f" {str(value).lower()}")
            for key, value in self.options.items()
        )


def rows_of(config: Config) -> list[Row]:
    """Return the thresholds of the run, those of its scenarios with that tag."""
    rows = [_row(key, one) for key, some in config.thresholds.items() for one in some]
    return [*rows, *_of_scenarios(config)]


def together(rows: Iterable[Row]) -> Rows:
    """Return rows as the configuration has them: by what they select."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.select, []).append({**row.options, "threshold": row.must})
    return found


def _of_scenarios(config: Config) -> Iterator[Row]:
    for name, scenario in config.scenarios.items():
        for key, some in scenario.thresholds.items():
            with suppress(ThresholdError):
                selector = parse_selector(key).narrowed(scenario=name)
                yield from (_row(str(selector), one) for one in some)


def _row(select: str, threshold: ThresholdOptions) -> Row:
    said = threshold.model_dump(exclude={"threshold"}, exclude_defaults=True)
    options = {key: format_duration(value) if key in _SPANS else value for key, value in said.items()}
    return Row(select, threshold.threshold, options)
