"""Points of time and level as they come in from a recording, and what is wrong with those that cannot be.

Law: pure. Nothing is mended silently; mistakes are said with their place, the first few in full and the rest counted.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import NoReturn

from locust_ext.text.lengths import LONGEST_PLACE, quoted
from locust_ext.text.spelling import plural

MOST_POINTS = 100_000
MOST_TOLD = 5
"""Mistakes of one recording that are told; the rest is counted."""

EPOCH_UNITS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3))
"""From which size on a time counts nanoseconds, microseconds or milliseconds since 1970: as seconds it is far off."""

FARTHEST = 1e20
"""No time is as far away as this, in whatever unit it is."""

Point = tuple[float, float]
"""Seconds, and the level then."""


class RecordingError(ValueError):
    """What is wrong with a recording; ``mistakes`` are keys of the configuration, each with a sentence."""

    def __init__(self, *mistakes: tuple[str, str]) -> None:
        super().__init__("; ".join(sentence for _, sentence in mistakes))
        self.mistakes = mistakes


class Mistakes:
    """What is wrong with one recording, called ``name``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._told: list[str] = []
        self._count = 0

    def note(self, place: str, sentence: str) -> None:
        """Remember a mistake, and go on."""
        self._count += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(f"{place}: {sentence}")

    def settle(self) -> None:
        """Raise RecordingError with what was noted, if anything was."""
        rest = self._count - len(self._told)
        if self._told:
            self.refuse("; ".join([*self._told, *([f"and {plural(rest, 'mistake')} more"] if rest else [])]))

    def refuse(self, sentence: str) -> NoReturn:
        """Raise RecordingError with the one mistake that leaves nothing to go on with."""
        raise RecordingError(("file", f"{quoted(self.name, LONGEST_PLACE)}: {sentence}"))


class Tape:
    """Takes points one by one, as they are written."""

    def __init__(self, mistakes: Mistakes) -> None:
        self.points: list[Point] = []
        self._mistakes = mistakes
        self._last = ""
        self._unit = 0.0

    def add(self, place: str, time: str, level: str) -> None:
        """Take a point; what is wrong with it is noted under ``place``. Raises RecordingError when it is one too many.

        A time is a number of seconds, a date, or a number since 1970 whose unit the first one shows.
        """
        read = []
        for reader, text in ((self._seconds, time), (parse_level, level)):
            try:
                read.append(reader(text))
            except ValueError as error:
                self._mistakes.note(place, str(error))
        if len(read) == 2:  # noqa: PLR2004 neither was wrong
            self._append(place, time, *read)

    def _append(self, place: str, time: str, seconds: float, level: float) -> None:
        before = self.points[-1][0] if self.points else -math.inf
        if seconds > before:
            self.points.append((seconds, level))
            self._last = place
        elif seconds == before:
            self._mistakes.note(place, f"{shown(time)} is the time of {self._last} too: write one level for each time")
        else:
            self._mistakes.note(place, f"{shown(time)} is before the time of {self._last}: sort by time")
        if len(self.points) > MOST_POINTS:
            self._mistakes.refuse(f"there are more than {MOST_POINTS:,} points; record with a longer step, or cut it")

    def _seconds(self, text: str) -> float:
        moment, is_date = parse_time(text)
        if not self._unit:
            self._unit = next((unit for size, unit in EPOCH_UNITS if not is_date and abs(moment) >= size), 1.0)
        return moment if is_date else moment * self._unit


def parse_time(text: str) -> tuple[float, bool]:
    """Return a number as it is, or a date as seconds since 1970, and whether it was a date; no zone means UTC.

    Raises ValueError with a sentence.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.inf
    if abs(number) < FARTHEST:
        return number, False
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        example = "write seconds, or a date such as 2026-11-24T09:30:00Z"
        raise ValueError(f"{shown(text)} is not a time: {example}") from None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp(), True


def parse_level(text: str) -> float:
    """Return a level; raises ValueError with a sentence."""
    try:
        level = float(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a level: write a number such as 120 or 0.5") from None
    if not 0 <= level < math.inf:
        raise ValueError(f"{shown(text)} is not a level: it must be finite and not negative")
    return level


def shown(text: str) -> str:
    """Return text from a recording as it can stand in a sentence: short, quoted, without control characters."""
    return f"{text!r:.60}"
