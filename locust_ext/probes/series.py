"""The name of a series: a metric of the target, alone or with some of its labels.

Law: pure; one series has one spelling, that of Prometheus' text format with its labels sorted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted

OPEN_FDS, MAX_FDS = "process_open_fds", "process_max_fds"
RESIDENT, THREADS, CPU = "process_resident_memory_bytes", "process_threads", "process_cpu_seconds_total"
START_TIME = "process_start_time_seconds"

OF_A_PROCESS = "process_"
"""What the names of a process's own series begin with, in each of Prometheus' clients."""

KNOWN = (
    *(CPU, OPEN_FDS, MAX_FDS, RESIDENT, THREADS, START_TIME),
    *("process_virtual_memory_bytes", "process_virtual_memory_max_bytes", "process_heap_bytes"),
    *("process_network_receive_bytes_total", "process_network_transmit_bytes_total"),
)
"""Those that Prometheus' clients agree on: a name that is nearly one of them is a slip of the pen."""

ABOUT = frozenset({START_TIME, MAX_FDS, "process_virtual_memory_max_bytes"})
"""What tells of restarts and limits: always read, but a series of its own only where somebody names it."""

LONGEST_SERIES = 150
"""Characters of a series' name: it is a tag, and tags are not cut."""

_SERIES = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})?", re.DOTALL)
_LABEL = re.compile(r'\s*(?P<key>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"(?P<value>(?:[^"\\\n]|\\["\\n])*)"\s*(?:,|$)')
_ESCAPED = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}
_ESCAPES = {value: key for key, value in _ESCAPED.items()}


@dataclass(frozen=True)
class SeriesName:
    """A metric, and labels that its label sets must have; all that fit are summed."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a label set belongs to the series."""
        return all(labels.get(key) == value for key, value in self.labels)

    def __str__(self) -> str:
        pairs = ",".join(f'{key}="{_escaped(value)}"' for key, value in self.labels)
        return self.name + (f"{{{pairs}}}" if pairs else "")


def parse_series(text: str) -> SeriesName:
    """Return the series that ``name`` or ``name{label="value"}`` names; raises ValueError with a sentence."""
    match = _SERIES.fullmatch(text.strip()) if len(text) <= LONGEST_SERIES else None
    labels = _labels(match["labels"] or "") if match else None
    if match is None or labels is None:
        raise ValueError(
            f"{quoted(text)} is not a series of at most {LONGEST_SERIES} characters; write it as {OPEN_FDS}, or as "
            'app_requests_total{code="500"}'
        )
    return SeriesName(match["name"], tuple(sorted(labels.items())))


def _labels(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        match = _LABEL.match(text, at)
        if match is None or match["key"] in found:
            return None
        found[match["key"]] = re.sub(r'\\["\\n]', lambda sign: _ESCAPED[sign[0]], match["value"])
        at = match.end()
    return found


def _escaped(value: str) -> str:
    return re.sub(r'["\\\n]', lambda sign: _ESCAPES[sign[0]], value)
