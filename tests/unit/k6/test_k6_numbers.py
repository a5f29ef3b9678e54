"""The numbers of k6's options: their units, their defaults, and how much of a script is read."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError
from test_k6_expressions import evaluate

from locust_ext.drafts.configuration import WIDTH, notes_of, render
from locust_ext.k6.expressions import MOST_DEPTH, MOST_STEPS
from locust_ext.k6.literals import MOST_LETTERS, plain_number, read_number
from locust_ext.k6.metric_sources import _MOST_SHOWN
from locust_ext.k6.options import MINUTES, Count, SomeCount
from locust_ext.k6.reading import LONGEST_NAME
from locust_ext.k6.script import read_text
from locust_ext.k6.spans import HOUR, MINUTE, SECOND, SomeNanoseconds, parse_span
from locust_ext.k6.translation import translate

SPANS = [
    ("1ns", 1),
    ("1us", 1000),
    ("1µs", 1000),
    ("1μs", 1000),
    ("1ms", 10**6),
    ("1s", 10**9),
    ("1m", 60 * 10**9),
    ("1h", 3600 * 10**9),
    ("1d", 86_400 * 10**9),
    ("5", 5 * 10**6),
    ("2562047h", 2562047 * 3600 * 10**9),
]


@pytest.mark.parametrize("text, nanoseconds", SPANS)
def test_units_of_spans(text, nanoseconds):
    """Each is so many nanoseconds, up to 292 years."""
    assert parse_span(text) == nanoseconds
    assert (SECOND, MINUTE, HOUR, MINUTES) == (10**9, 60 * 10**9, 3600 * 10**9, 60 * 10**9)
    with pytest.raises(ValueError, match="is not a duration"):
        parse_span("2562048h")


@pytest.mark.parametrize("kind, least", [(Count, 0), (SomeCount, 1), (SomeNanoseconds, 1)])
def test_least_numbers(kind, least):
    """A count may be nothing, some of it not, and a unit of time lasts."""
    numbers = TypeAdapter(kind)
    given = {SomeNanoseconds: "1ns"}.get(kind, least)
    assert numbers.validate_python(given) == least
    for wrong in (least - 1, True):
        with pytest.raises(ValidationError):
            numbers.validate_python(wrong)
    assert parse_span("1s") == SECOND


WORDS = [("true", True), ("false", False), ("null", None)]


@pytest.mark.parametrize("text, value", WORDS)
def test_words(text, value):
    """They are worth what they say."""
    assert evaluate(text).value is value
    assert (MOST_STEPS, MOST_DEPTH, MOST_LETTERS) == (20_000, 80, 10_000)


def test_whole_numbers():
    """Up to the largest that a number of JavaScript's counts exactly."""
    assert read_number("0x10") == 16
    assert [type(plain_number(value)) for value in (2.0**53, 2.0**53 + 2, -(2.0**53), 0.5)] == [int, float, int, float]


def scenario(**fields):
    """Return the configuration of one scenario."""
    text = json.dumps({"scenarios": {"main": fields}})
    return translate(read_text(text, "test.json"), ())


def test_what_an_executor_does_by_itself():
    """One user, one iteration, ten minutes at the most; arrivals by the second, from none on."""
    plain = render(scenario(executor="constant-vus", duration="1m"))
    assert plain == render(scenario(executor="constant-vus", duration="1m", vus=1, startTime=0))
    rate = {"executor": "constant-arrival-rate", "rate": 5, "duration": "1m", "preAllocatedVUs": 3}
    assert render(scenario(**rate)) == render(scenario(**rate, timeUnit="1s"))
    ramp = {"executor": "ramping-arrival-rate", "preAllocatedVUs": 3, "stages": [{"target": 5, "duration": "1m"}]}
    assert render(scenario(**ramp)) == render(scenario(**ramp, startRate=0))
    users = {"executor": "ramping-vus", "stages": [{"target": 5, "duration": "1m"}]}
    assert render(scenario(**users)) == render(scenario(**users, startVUs=1))


@pytest.mark.parametrize("kind", ["shared-iterations", "per-vu-iterations"])
def test_iterations_by_themselves(kind):
    """The same configuration and the same notes as if the defaults were written."""
    short, long = scenario(executor=kind), scenario(executor=kind, vus=1, iterations=1, maxDuration="10m")
    assert (render(short), [*notes_of(short)]) == (render(long), [*notes_of(long)])


def test_how_much_is_shown():
    """Notes of 118 letters a line, 80 of what feeds a metric, and names of 200."""
    assert (WIDTH, _MOST_SHOWN, LONGEST_NAME) == (118, 80, 200)
    text = render(scenario(executor="constant-vus", duration="1m", exec="feed", gracefulStop="5s"))
    assert max(map(len, text.splitlines())) <= 118
