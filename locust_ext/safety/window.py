"""When production may be tested: a window of local time in a named zone, once or on some days of the week.

Law: pure but for the rules of the zones; the moment is an argument. The window opens when its clock first shows the
beginning and closes when it last leaves the end: an hour that comes twice counts twice, one that the clocks skip not
at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.spelling import nearest

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ONCE = "2026-11-24 02:00/03:00 Europe/Berlin"
WEEKLY = "mon-fri 02:00/03:00 Europe/Berlin"
"""How windows are written."""

LONGEST = timedelta(hours=24)

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"

_FORM = re.compile(
    r"(?P<when>[^\s/]+)\s+(?P<begins>\d\d?:\d\d)\s*/\s*((?P<until>\d{4}-\d\d-\d\d)\s+)?(?P<ends>\d\d?:\d\d)"
    r"(\s+(?P<zone>\S+))?",
    re.ASCII,
)
_DATE = re.compile(r"2\d{3}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


@dataclass(frozen=True)
class Window:
    """A window of time that was announced: on one date, or on days of the week (Monday is 0)."""

    text: str
    zone: ZoneInfo
    begins: time
    lasts: timedelta
    """On the clock; over a change of the clocks it is longer or shorter."""
    on: date | None = None
    days: frozenset[int] = frozenset(range(7))

    def remaining(self, now: datetime) -> float:
        """Return for how many seconds it is still open at ``now`` (with a zone); 0 outside of it."""
        start = end = _in_utc(now)
        for opens, closes in self._spans(start):
            if opens > end:
                break
            end = max(end, closes)
        return (end - start).total_seconds()

    def opens(self, now: datetime) -> datetime | None:
        """Return the first moment from ``now`` on at which it is open, by its own clock; None when it is past."""
        start = _in_utc(now)
        first = next((max(opens, start) for opens, closes in self._spans(start) if closes > start), None)
        return first.astimezone(self.zone) if first else None

    def _spans(self, around: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield when it opens and closes, in order: from two days before a moment to two weeks after it."""
        today = around.astimezone(self.zone).date()
        days = [self.on] if self.on else [today + timedelta(days) for days in range(-2, 16)]
        for day in days:
            if self.on or day.weekday() in self.days:
                span = self.span(day)
                if span[0] < span[1]:
                    yield span

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return when the window of a day opens and closes; the same moment when the clocks skip it."""
        begins = datetime.combine(day, self.begins)
        return _moments(begins, self.zone)[0], _moments(begins + self.lasts, self.zone)[1]


def parse_window(text: str) -> Window:
    """Return the window in ``"2026-11-24 02:00/03:00 Europe/Berlin"``; raises ValueError with a sentence.

    In the place of the date may stand ``daily`` or days of the week, such as ``mon-fri`` and ``sat,sun``. An end that
    is before the beginning is on the next day; another date can stand before it.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{quoted(text)} is not a window; write it as {ONCE} or as {WEEKLY}")
    if match["zone"] is None:
        raise ValueError(f"{quoted(text)} names no zone, and 02:00 is another hour everywhere; write it as {ONCE}")
    zone, begins, ends = _zone(match["zone"]), _time(match["begins"]), _time(match["ends"])
    on = _date(match["when"]) if match["when"][0].isdigit() else None
    days = frozenset({on.weekday()}) if on else _days(match["when"])
    if match["until"] and on is None:
        raise ValueError(f"{quoted(text)} has an end with a date, and a beginning without one; write it as {WEEKLY}")
    window = Window(text.strip(), zone, begins, _length(begins, ends, on, match["until"]), on, days)
    if on and window.span(on)[0] == window.span(on)[1]:
        raise ValueError(f"the clocks of {zone.key} skip {quoted(text)}: it never opens; write another, such as {ONCE}")
    return window


def _length(begins: time, ends: time, on: date | None, until: str | None) -> timedelta:
    """Return how long a window is on the clock."""
    first = on or date(2000, 1, 1)
    length = datetime.combine(_date(until) if until else first, ends) - datetime.combine(first, begins)
    if not length:
        raise ValueError(f"the window ends when it begins; write it as {ONCE if on else WEEKLY}")
    if until and length < timedelta(0):
        raise ValueError(f"the window ends before it begins; write it as {ONCE}")
    if length > LONGEST:
        raise ValueError(f"more than a day is not a window; write one for each night, such as {ONCE}")
    return length if length > timedelta(0) else length + LONGEST


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 most runs have no window

    # ZoneInfo also takes what the file system takes, such as other capitals; the names are those of the list
    zones = _zones()
    if name in zones:
        return ZoneInfo(name)
    meant = {zone.rpartition("/")[2].lower(): zone for zone in reversed(zones)} | {zone.lower(): zone for zone in zones}
    hint = nearest(meant.get(name.lower(), name), zones)
    near = f"{hint} Write it as" if "did you mean" in hint else "; write it as"  # a list of 600 zones helps nobody
    raise ValueError(f"there is no zone {quoted(name)}{near} {ONCE}")


@cache
def _zones() -> list[str]:
    """Return the names of all zones: to find them, hundreds of files are read."""
    from zoneinfo import available_timezones  # noqa: PLC0415 most runs have no window

    return sorted(available_timezones())


def _time(text: str) -> time:
    if not _TIME.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a time of the day, from 00:00 to 23:59; write it as {ONCE}")
    return time.fromisoformat(text)


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{quoted(text)} is not a date; write it as {ONCE}")


def _days(text: str) -> frozenset[int]:
    """Return the days in ``daily``, ``mon-fri`` or ``sat,sun``; Monday is 0."""
    if text.lower() == DAILY:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.lower().split(","):
        first, dash, last = part.partition("-")
        begin, end = _day(first), _day(last if dash else first)
        found |= {day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1)}
    return frozenset(found)


def _day(name: str) -> int:
    if name not in WEEK:
        raise ValueError(f"{quoted(name)} is not a day{nearest(name, (*WEEK, DAILY))}; write it as {WEEKLY}")
    return WEEK.index(name)


def _in_utc(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return now.astimezone(UTC)


def _moments(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first and the last moment at which the clocks of ``zone`` show ``wall``, or pass it by."""
    early, late = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))

    def shown(seconds: int) -> datetime:
        return (early + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None, fold=0)

    if early == late or shown(0) == wall:
        return early, late
    change = early + timedelta(seconds=bisect_left(range(int((late - early).total_seconds())), wall, key=shown))
    return change, change
