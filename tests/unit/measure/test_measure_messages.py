"""What messages tell of themselves, and what they cannot make us believe."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from locust_ext.measure.messages import Offset, Told, missed, read, seconds_of

READ = [
    ("the contract", '{"seq": 7, "t": 1732689600.5}', (1732689600.5, 7)),
    ("the same in a binary frame", b'{"seq": 7, "t": 1732689600.5}', (1732689600.5, 7)),
    ("whole seconds", '{"t": 1732689600}', (1732689600.0, None)),
    ("a number alone", '{"seq": 0}', (None, 0)),
    ("a clock that begins with the machine", '{"t": 12.5}', (12.5, None)),
    ("nothing of either", '{"price": 1}', (None, None)),
    ("an empty text", "", (None, None)),
    ("an empty binary frame", b"", (None, None)),
    ("no JSON", 'say "t"', (None, None)),
    ("half of it", '{"t": 17', (None, None)),
    ("bytes that are not UTF-8", b'\xff"t"', (None, None)),
    ("a list", '["t", 3]', (None, None)),
    ("the key deeper down is another's", '{"data": {"t": 5, "seq": 3}}', (None, None)),
    ("a text, even one with a number", '{"t": "1732689600.5", "seq": "7"}', (None, None)),
    ("true", '{"t": true, "seq": true}', (None, None)),
    ("null", '{"t": null, "seq": null}', (None, None)),
    ("a list in its place", '{"t": [1], "seq": {}}', (None, None)),
    ("infinite", '{"t": Infinity}', (None, None)),
    ("too large for a number", '{"t": 1e999, "seq": 1e999}', (None, None)),
    ("not a number", '{"t": NaN, "seq": NaN}', (None, None)),
    ("an integer that no float holds", f'{{"t": 1{"0" * 400}, "seq": 1{"0" * 400}}}', (None, None)),
    ("an integer that Python refuses", f'{{"t": 1{"0" * 5000}}}', (None, None)),
    ("milliseconds", '{"t": 1732689600500}', (None, None)),
    ("nanoseconds", '{"t": 1732689600500000000, "seq": 1}', (None, 1)),
    ("a number that is not whole", '{"seq": 1.5}', (None, None)),
    ("a number below zero", '{"seq": -1}', (None, None)),
    ("nested too deeply", '{"t": ' + "[" * 100_000, (None, None)),
    ("neither text nor bytes", None, (None, None)),
]


@pytest.mark.parametrize("message, told", [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_read(message: object, told: tuple[float | None, int | None]):
    """A message tells its time and its number, or nothing."""
    assert read(message) == Told(*told)


class Awkward:
    """Something that is almost a number."""

    def __float__(self) -> float:
        raise ValueError("not today")


SECONDS = [
    ("a Decimal", Decimal("12.5"), 12.5),
    ("below zero, of any clock", -3, -3.0),
    ("nothing", None, None),
    ("false", False, None),
    ("bytes", b"12", None),
    ("what raises", Awkward(), None),
    ("no number", object(), None),
    ("minus infinity", -math.inf, None),
]


@pytest.mark.parametrize("value, seconds", [row[1:] for row in SECONDS], ids=[row[0] for row in SECONDS])
def test_seconds_of(value: object, seconds: float | None):
    """What message_time() returns is a time, or none."""
    assert seconds_of(value) == seconds


MISSED = [
    ("one after the other", [1, 2, 3], 0),
    ("two are missing", [1, 4, 5], 2),
    ("two gaps add up", [1, 3, 6], 3),
    ("the first number is any", [900], 0),
    ("the same once more", [5, 5, 6], 0),
    ("back: the server was restarted", [900, 1, 2], 0),
    ("a gap after going back", [900, 1, 3], 1),
]


@pytest.mark.parametrize("numbers, gaps", [row[1:] for row in MISSED], ids=[row[0] for row in MISSED])
def test_missed(numbers: list[int], gaps: int):
    """Gaps count, going back does not."""
    pairs = zip([None, *numbers], numbers, strict=False)
    assert sum(missed(last, seq) for last, seq in pairs) == gaps


AGES = [
    ("no delay but the least", [(100.0, 0.0), (101.0, 1.0)], [0, 0]),
    ("the second one is late", [(100.0, 0.0), (103.0, 1.0)], [0, 2]),
    ("a clock that is an hour ahead", [(100.0, 3700.0), (103.0, 3701.0)], [0, 2]),
    ("the first was late itself: known from then on", [(103.0, 0.0), (101.0, 1.0), (105.0, 2.0)], [0, 0, 3]),
]


@pytest.mark.parametrize("messages, ages", [row[1:] for row in AGES], ids=[row[0] for row in AGES])
def test_ages(messages: list[tuple[float, float]], ages: list[float]):
    """An age is what lies beyond the smallest difference between receiving and sending."""
    offset = Offset()
    assert [offset.age(*message) for message in messages] == ages
