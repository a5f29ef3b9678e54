"""What happened in a run, as log records of OpenTelemetry with the name of an event: each is sent once.

Law: pure; what could not be delivered is still to be sent, and nothing is kept beside what the run itself tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource

from locust_ext.exports.family import Labels, Moment
from locust_ext.exports.otlp_metrics import SCOPE

Key = tuple[str, Labels, str]
"""What tells a moment from others; when it was is not a part of it, since that of a verdict moves."""

BAD = frozenset({"failed", "aborted", "error"})


class Outbox:
    """Which moments of a run are still to be sent."""

    def __init__(self) -> None:
        self._sent: Counter[Key] = Counter()

    def waiting(self, moments: Iterable[Moment]) -> list[Moment]:
        """Return those that were not sent: of several that are told alike, as many as have come since."""
        seen: Counter[Key] = Counter()
        found = []
        for moment in moments:
            seen[_key(moment)] += 1
            if seen[_key(moment)] > self._sent[_key(moment)]:
                found.append(moment)
        return found

    def sent(self, moments: Iterable[Moment]) -> None:
        """Note that these have been delivered."""
        self._sent.update(map(_key, moments))


def _key(moment: Moment) -> Key:
    return (moment.name, moment.labels, moment.text)


def records_of(moments: Sequence[Moment], resource: Resource, start: int, now: int) -> list[ReadableLogRecord]:
    """Return moments as log records; ``start`` of the run and ``now`` in nanoseconds since 1970."""
    return [ReadableLogRecord(_record(moment, start, now), resource, SCOPE) for moment in moments]


def _record(moment: Moment, start: int, now: int) -> LogRecord:
    labels = dict(moment.labels)
    severity = SeverityNumber.ERROR if labels.get("verdict") in BAD else SeverityNumber.INFO
    return LogRecord(
        timestamp=start + int(moment.at * 1e9),
        observed_timestamp=now,
        severity_number=severity,
        severity_text=severity.name,
        body=moment.text,
        attributes=labels,
        event_name=moment.name,
    )
