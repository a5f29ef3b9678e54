"""When production may be tested: inside of a window, whatever the clocks do."""

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from locust_ext.safety.window import ONCE, WEEKLY, parse_window

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def at(text):
    """The moment in ``"2026-11-24 02:00"``, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ONCE_OPEN = [
    # the window, a moment in UTC, minutes until it closes
    ("before it", f"2026-11-24 02:00/03:00 {BERLIN}", "2026-11-24 00:59:59", 0),
    ("as it opens", f"2026-11-24 02:00/03:00 {BERLIN}", "2026-11-24 01:00", 60),
    ("within it", f"2026-11-24 02:00/03:00 {BERLIN}", "2026-11-24 01:45", 15),
    ("as it closes", f"2026-11-24 02:00/03:00 {BERLIN}", "2026-11-24 02:00", 0),
    ("the night after", f"2026-11-24 02:00/03:00 {BERLIN}", "2026-11-25 01:30", 0),
    ("in summer", f"2026-07-24 02:00/03:00 {BERLIN}", "2026-07-24 00:30", 30),
    ("west of Greenwich", f"2026-11-24 22:00/23:00 {NEW_YORK}", "2026-11-25 03:30", 30),
    ("a zone of a half hour", "2026-11-24 02:00/03:00 Asia/Kolkata", "2026-11-23 20:30", 60),
    ("before midnight", f"2026-11-24 23:30/00:30 {BERLIN}", "2026-11-24 22:45", 45),
    ("past midnight", f"2026-11-24 23:30/00:30 {BERLIN}", "2026-11-24 23:15", 15),
    ("the midnight before", f"2026-11-24 23:30/00:30 {BERLIN}", "2026-11-23 23:15", 0),
    ("until midnight", "2026-12-31 23:00/00:00 UTC", "2026-12-31 23:59", 1),
    ("another date at its end", "2026-11-24 23:00/2026-11-25 01:00 UTC", "2026-11-25 00:30", 30),
    ("the same date at its end", "2026-11-24 01:00/2026-11-24 02:00 UTC", "2026-11-24 01:30", 30),
    ("a whole day", "2026-11-24 12:00/2026-11-25 12:00 UTC", "2026-11-24 12:00", 1440),
    ("spaces around and between", "  2026-11-24  02:00 / 03:00   UTC ", "2026-11-24 02:30", 30),
]

WEEKLY_OPEN = [
    ("daily", f"daily 02:00/03:00 {BERLIN}", "2026-11-24 01:30", 30),
    ("daily, before it", f"daily 02:00/03:00 {BERLIN}", "2026-11-24 00:30", 0),
    ("capital letters", "Daily 02:00/03:00 UTC", "2026-11-24 02:30", 30),
    ("a working day", f"mon-fri 22:00/23:00 {NEW_YORK}", "2026-11-28 03:30", 30),  # a Friday there
    ("no working day", f"mon-fri 22:00/23:00 {NEW_YORK}", "2026-11-29 03:30", 0),
    ("one of the days named", "sat,sun 02:00/06:00 UTC", "2026-11-29 05:00", 60),
    ("none of them", "sat,sun 02:00/06:00 UTC", "2026-11-30 05:00", 0),
    ("a single day", "tue 02:00/06:00 UTC", "2026-11-24 05:00", 60),
    ("over the end of the week", "sat-mon 02:00/06:00 UTC", "2026-11-30 05:00", 60),
    ("within the week, not over its end", "sat-mon 02:00/06:00 UTC", "2026-11-27 05:00", 0),
    ("ranges and days", "mon-tue,fri 02:00/06:00 UTC", "2026-11-27 05:00", 60),
    ("over midnight belongs to the day before", "fri 23:00/01:00 UTC", "2026-11-28 00:30", 30),
    ("over midnight, not to the day itself", "fri 23:00/01:00 UTC", "2026-11-27 00:30", 0),
]

CLOCKS_CHANGE = [
    # Berlin: 2026-03-29 01:00 UTC 02:00 becomes 03:00; 2026-10-25 01:00 UTC 03:00 becomes 02:00
    ("Berlin: over the hour that is skipped", f"2026-03-29 01:30/03:30 {BERLIN}", "2026-03-29 00:30", 60),
    ("Berlin: ends in the hour that is skipped", f"2026-03-29 01:30/02:30 {BERLIN}", "2026-03-29 00:30", 30),
    ("Berlin: begins in the hour that is skipped", f"2026-03-29 02:30/03:30 {BERLIN}", "2026-03-29 01:00", 30),
    ("Berlin: not open before it", f"2026-03-29 02:30/03:30 {BERLIN}", "2026-03-29 00:59", 0),
    ("Berlin: the hour that is twice", f"2026-10-25 02:00/03:00 {BERLIN}", "2026-10-25 00:00", 120),
    ("Berlin: in its second half", f"2026-10-25 02:00/03:00 {BERLIN}", "2026-10-25 01:30", 30),
    ("Berlin: begins in the hour that is twice", f"2026-10-25 02:30/03:30 {BERLIN}", "2026-10-25 00:30", 120),
    ("Berlin: ends in the hour that is twice", f"2026-10-25 01:30/02:30 {BERLIN}", "2026-10-24 23:30", 120),
    ("Berlin: between its two halves", f"2026-10-25 02:00/02:30 {BERLIN}", "2026-10-25 00:45", 45),
    ("Berlin: every night but the one that is skipped", f"daily 02:00/03:00 {BERLIN}", "2026-03-29 01:00", 0),
    ("Berlin: every night, also the one that is twice", f"daily 02:00/03:00 {BERLIN}", "2026-10-25 00:00", 120),
    ("Berlin: two nights that meet", f"daily 02:30/02:15 {BERLIN}", "2026-10-25 00:35", 1480),
    # New York: 2026-03-08 07:00 UTC 02:00 becomes 03:00; 2026-11-01 06:00 UTC 02:00 becomes 01:00
    ("New York: over the hour that is skipped", f"2026-03-08 01:30/03:30 {NEW_YORK}", "2026-03-08 06:30", 60),
    ("New York: begins in the hour that is skipped", f"2026-03-08 02:30/03:30 {NEW_YORK}", "2026-03-08 07:00", 30),
    ("New York: ends in the hour that is skipped", f"2026-03-08 01:30/02:30 {NEW_YORK}", "2026-03-08 06:30", 30),
    ("New York: the hour that is twice", f"2026-11-01 01:00/02:00 {NEW_YORK}", "2026-11-01 05:00", 120),
    ("New York: ends in the hour that is twice", f"2026-11-01 00:30/01:30 {NEW_YORK}", "2026-11-01 04:30", 120),
    ("New York: a day of 25 hours", f"2026-10-31 12:00/2026-11-01 12:00 {NEW_YORK}", "2026-10-31 16:00", 1500),
    ("New York: on Sundays, but not when skipped", f"sun 02:00/03:00 {NEW_YORK}", "2026-03-08 07:00", 0),
    ("Lord Howe: half an hour is twice", "2026-04-05 01:30/02:00 Australia/Lord_Howe", "2026-04-04 14:30", 60),
]

OPEN = ONCE_OPEN + WEEKLY_OPEN + CLOCKS_CHANGE


@pytest.mark.parametrize("text, now, minutes", [row[1:] for row in OPEN], ids=[row[0] for row in OPEN])
def test_remaining(text, now, minutes):
    """How long it is still open, in real time."""
    assert minutes * 60 == parse_window(text).remaining(at(now))


OPENINGS = [
    ("today", "2026-11-24 02:00/03:00 UTC", "2026-11-20 12:00", "2026-11-24 02:00"),
    ("now", "2026-11-24 02:00/03:00 UTC", "2026-11-24 02:10", "2026-11-24 02:10"),
    ("past for good", "2026-11-24 02:00/03:00 UTC", "2026-11-24 03:00", None),
    ("tomorrow", "daily 02:00/03:00 UTC", "2026-11-24 03:00", "2026-11-25 02:00"),
    ("after the weekend", "mon-fri 22:00/23:00 UTC", "2026-11-27 23:00", "2026-11-30 22:00"),
    ("a week later, as the clocks skip one", f"sun 02:00/03:00 {BERLIN}", "2026-03-23 00:00", "2026-04-05 00:00"),
    ("when the clocks have skipped its beginning", f"sun 02:30/03:30 {BERLIN}", "2026-03-28 00:00", "2026-03-29 01:00"),
]


@pytest.mark.parametrize("text, now, opens", [row[1:] for row in OPENINGS], ids=[row[0] for row in OPENINGS])
def test_opens(text, now, opens):
    """The next moment at which it is open, or none."""
    assert parse_window(text).opens(at(now)) == (opens and at(opens))


def test_opens_by_its_own_clock():
    """A sentence can show the hour as it was announced."""
    opens = parse_window(ONCE).opens(at("2026-11-20 12:00"))
    assert opens.isoformat() == "2026-11-24T02:00:00+01:00"


MISTAKES = [
    ("nothing", "", "is not a window"),
    ("rubbish", "tonight", "is not a window"),
    ("an hour without minutes", "2026-11-24 2/3 UTC", "is not a window"),
    ("no slash", "2026-11-24 02:00-03:00 UTC", "is not a window"),
    ("two zones", "2026-11-24 02:00/03:00 UTC CET", "is not a window"),
    ("other digits", "٢٠٢٦-11-24 02:00/03:00 UTC", "is not a date"),
    ("no zone", "2026-11-24 02:00/03:00", "names no zone"),
    ("an offset for a zone", "2026-11-24 02:00/03:00 +01:00", "there is no zone '+01:00'; write"),
    ("a misspelt zone", "2026-11-24 02:00/03:00 Europe/Berln", "did you mean 'Europe/Berlin'?"),
    ("other capitals", "2026-11-24 02:00/03:00 EUROPE/BERLIN", "did you mean 'Europe/Berlin'?"),
    ("a city alone", "2026-11-24 02:00/03:00 New_York", "did you mean 'America/New_York'?"),
    ("small letters", "2026-11-24 02:00/03:00 utc", "did you mean 'UTC'?"),
    ("a continent", "2026-11-24 02:00/03:00 Europe", "there is no zone 'Europe'"),
    ("a path", "2026-11-24 02:00/03:00 ../../etc/passwd", "there is no zone"),
    ("no such month", "2026-13-24 02:00/03:00 UTC", "'2026-13-24' is not a date"),
    ("no such day", "2026-02-30 02:00/03:00 UTC", "'2026-02-30' is not a date"),
    ("another order", "24.11.2026 02:00/03:00 UTC", "'24.11.2026' is not a date"),
    ("long ago", "1926-11-24 02:00/03:00 UTC", "'1926-11-24' is not a date"),
    ("no such hour", "2026-11-24 24:00/03:00 UTC", "'24:00' is not a time of the day"),
    ("no such minute", "2026-11-24 02:00/02:60 UTC", "'02:60' is not a time of the day"),
    ("a digit too few", "2026-11-24 2:00/03:00 UTC", "'2:00' is not a time of the day"),
    ("no such day of the week", "mon-frie 02:00/03:00 UTC", "'frie' is not a day; did you mean 'fri'?"),
    ("half a range", "mon- 02:00/03:00 UTC", "'' is not a day"),
    ("a comma too many", "mon,, 02:00/03:00 UTC", "'' is not a day"),
    ("no length", "2026-11-24 02:00/02:00 UTC", "ends when it begins"),
    ("no length, daily", "daily 02:00/02:00 UTC", "ends when it begins"),
    ("no length, with a date", "2026-11-24 02:00/2026-11-24 02:00 UTC", "ends when it begins"),
    ("backwards", "2026-11-24 02:00/2026-11-23 03:00 UTC", "ends before it begins"),
    ("more than a day", "2026-11-24 02:00/2026-11-25 02:01 UTC", "more than a day is not a window"),
    ("weeks", "2026-11-24 02:00/2026-12-24 02:00 UTC", "more than a day is not a window"),
    ("a date at the end alone", "daily 02:00/2026-11-24 03:00 UTC", "a beginning without one"),
    ("an hour that the clocks skip", f"2026-03-29 02:00/03:00 {BERLIN}", "clocks of Europe/Berlin skip"),
    ("within an hour that the clocks skip", f"2026-03-08 02:10/02:20 {NEW_YORK}", "never opens"),
]


@pytest.mark.parametrize("text, sentence", [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_mistakes(text, sentence):
    """What is not a window is refused with a sentence that shows one."""
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        parse_window(text)
    assert ONCE in str(caught.value) or WEEKLY in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("example", [ONCE, WEEKLY])
def test_examples(example):
    """What the sentences show is right."""
    assert parse_window(example).text == example


def test_a_moment_needs_a_zone():
    """A time without a zone is refused, not guessed."""
    with pytest.raises(ValueError, match="needs a zone"):
        parse_window(ONCE).remaining(datetime(2026, 11, 24, 2, 30))  # noqa: DTZ001 that is the case


@given(st.text() | st.from_regex(r"[a-z0-9-]{3,10} [0-9]{2}:[0-9]{2}/[0-9]{2}:[0-9]{2} [A-Z]{3}", fullmatch=True))
@pytest.mark.slow
def test_any_text_is_a_window_or_refused(text):
    """No text does anything but give a window or a ValueError."""
    try:
        parse_window(text)
    except ValueError:
        return


CLOCK = st.integers(0, 1439).map(lambda minutes: f"{minutes // 60:02}:{minutes % 60:02}")
ZONES = st.sampled_from([BERLIN, NEW_YORK, "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland"])
DAYS = st.dates(datetime(2024, 1, 1).date(), datetime(2028, 1, 1).date())  # noqa: DTZ001 dates have no zone
MINUTES = st.integers(-2000, 2000).map(lambda minutes: timedelta(minutes=minutes))


def watched(day, begins, ends, zone):
    """When the clocks first show the beginning, and when they last leave the end.

    The oracle looks at each minute of some days, as somebody would who watches the clock.
    """
    first = datetime.fromisoformat(f"{day} {begins}")
    last = datetime.fromisoformat(f"{day} {ends}")
    last += timedelta(days=1) if last <= first else timedelta()
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    minutes = [midnight + timedelta(minutes=minute) for minute in range(-1500, 4500)]
    shown = [(minute, minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)) for minute in minutes]
    opens = next(minute for minute, wall in shown if wall >= first)
    return opens, [minute for minute, wall in shown if wall < last][-1] + timedelta(minutes=1)


CHANGES = st.sampled_from([datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 3, 8), datetime(2026, 11, 1)])  # noqa: DTZ001


@given(DAYS | CHANGES.map(datetime.date), CLOCK, CLOCK, ZONES, MINUTES)
@pytest.mark.slow
def test_remaining_exactly_inside(day, begins, ends, zone, away):
    """There is time left exactly while the window is open; and it ends when that time is over."""
    assume(begins != ends)
    text = f"{day} {begins}/{ends} {zone}"
    first, last = watched(day, begins, ends, zone)
    if first == last:
        with pytest.raises(ValueError, match="skip"):
            parse_window(text)
        return
    window = parse_window(text)
    now = datetime.fromisoformat(f"{day} {begins}").replace(tzinfo=UTC) + away
    left = window.remaining(now)
    assert (left > 0) is (first <= now < last)
    assert window.remaining(now + timedelta(seconds=left)) == 0
    assert not left or window.remaining(now + timedelta(seconds=left) - timedelta(microseconds=1)) == 1e-6


WEEKS = st.sampled_from(["daily", "mon-fri", "sat,sun", "sun", "fri-mon"])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 they get one


@given(WEEKS, CLOCK, CLOCK, ZONES, MOMENTS, st.integers(-720, 720))
def test_any_zone_of_now(days, begins, ends, zone, now, offset):
    """It does not matter in which zone the moment is expressed; nothing is negative, and openings are open."""
    assume(begins != ends)
    window = parse_window(f"{days} {begins}/{ends} {zone}")
    left = window.remaining(now)
    elsewhere = now.astimezone(timezone(timedelta(minutes=offset)))
    assert left == window.remaining(elsewhere) == window.remaining(now.astimezone(window.zone))
    assert left >= 0
    opens = window.opens(now)
    assert opens >= now
    assert window.remaining(opens) > 0
    assert (opens == now) is (left > 0)
    assert window.remaining(opens - timedelta(microseconds=1)) == 0 or left
