"""probes.jsonl: what the probes of the target have read, one line of JSON an interval, and back.

Law: pure; each line stands for itself and is ASCII, so that a file that is cut off loses its last line and no other.

::

    {"start_s": 10.0, "length_s": 5.0, "readings": [{"at_s": 12.5, "values": {"api": {"process_open_fds": 12.0}}}]}
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locust_ext.measure.interval_history import IntervalHistory
from locust_ext.reports.watched import Watched
from locust_ext.text.frozen import dataclass
from locust_ext.text.strict_json import compact_json

PROBES = "probes.jsonl"

MOST_SERIES = 1000
"""Series that are read back."""


class NoProbesError(ValueError):
    """A line that is not one of ours, or is damaged; the sentence says which."""


@dataclass(frozen=True)
class Reading:
    """What was read at a time, in seconds since the start of the run."""

    at: float
    values: Mapping[tuple[str, str], float]
    """By series and instance."""
    restarted: Sequence[str] = ()
    """Instances whose process has begun again since they were read before."""


def probe_line(start: float, length: float, readings: Iterable[Reading]) -> str:
    """Return the line of an interval; a value that is not a finite number is null."""
    told = [_entry(reading) for reading in readings]
    return compact_json({"start_s": round(start, 3), "length_s": round(length, 3), "readings": told})


def _entry(reading: Reading) -> dict[str, Any]:
    values: dict[str, dict[str, float]] = {}
    for (series, instance), value in reading.values.items():
        values.setdefault(instance, {})[series] = value
    again = {"restarted": list(reading.restarted)} if reading.restarted else {}
    return {"at_s": round(reading.at, 3), "values": values, **again}


def thinned(text: str) -> str:
    """Return every second line, the last one among them: what was read in between is gone, its course is not."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[(len(lines) - 1) % 2 :: 2])


def read_probe_lines(text: str) -> tuple[Watched, ...]:
    """Return each series over time, thinned to what can be drawn; raises NoProbesError for a damaged line."""
    found: dict[tuple[str, str], IntervalHistory] = {}
    again: dict[str, list[float]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            for entry in json.loads(line)["readings"]:
                at = _number(entry["at_s"])
                for instance in entry.get("restarted", ()):
                    again.setdefault(str(instance), []).append(at)
                for instance, values in entry["values"].items():
                    for series, value in values.items():
                        if value is not None and (series, instance) not in found and len(found) < MOST_SERIES:
                            found[series, instance] = IntervalHistory()
                        if value is not None and (series, instance) in found:
                            found[series, instance].add(at, _number(value))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise NoProbesError(f"line {number} is damaged, or cut off") from None
    return tuple(_watched(series, instance, found[series, instance], again) for series, instance in sorted(found))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("it is not a number")
    return float(value)


def _watched(series: str, instance: str, history: IntervalHistory, again: Mapping[str, list[float]]) -> Watched:
    for at in again.get(instance, ()):
        history.restart(at)
    drawn = history.history()
    return Watched(series, instance, drawn.points, drawn.restarts)
