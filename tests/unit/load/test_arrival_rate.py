"""``wait_time = arrival_rate("200/s")``: one class is open, from its own locustfile."""

import math

import pytest
from locust import User

from locust_ext.load.rate import arrival_rate, rates_of
from locust_ext.load.scenario import Pool

RATES = [
    ("a second", "200/s", 200),
    ("a minute", "30/m", 0.5),
    ("one an hour", "1/h", 1 / 3600),
    ("a plain number", 3, 3),
]


@pytest.mark.parametrize("text, rate", [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_rate(text, rate):
    """A rate is read as everywhere."""
    assert arrival_rate(text).rate == pytest.approx(rate)


def test_pool():
    """Its users are those that Locust is told to run; spacing and patience are its own."""
    assert arrival_rate("1/s").pool == Pool(None, 0, "uniform", 5.0)
    assert arrival_rate("1/s", "poisson", "200ms").pool == Pool(None, 0, "poisson", 0.2)


WRONG = [
    ("nothing", ("0/s",), "it must lie between 1/h and 1,000,000/s"),
    ("less than one an hour", ("0.5/h",), "it must lie between 1/h and"),
    ("too much", ("2000000/s",), "it must lie between 1/h and"),
    ("negative", (-1,), "-1 is not a rate: it must lie between"),
    ("no number", (math.nan,), "nan is not a rate: it must lie between"),
    ("no end", (math.inf,), "inf is not a rate: it must lie between"),
    ("so long a number", (10**400,), "is not a rate: it must lie between"),
    ("text", ("fast",), "'fast' is not a rate; write it as 200/s or 300/m"),
    ("a truth", (True,), "True is not a rate; write it as 200/s or 300/m"),
    ("no spacing", ("1/s", "even"), "'even' is not a spacing; write uniform or poisson"),
    ("no patience", ("1/s", "uniform", "5"), "'5' is not a duration; write it as 90s, 200ms or 1h30m"),
    ("a negative patience", ("1/s", "uniform", -1), "-1 is not a duration: it must be finite and not negative"),
    ("an endless patience", ("1/s", "uniform", math.inf), "inf is not a duration: it must be finite"),
]


@pytest.mark.parametrize("arguments, why", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong(arguments, why):
    """What is not a rate is refused where the locustfile says it, with what would be one."""
    with pytest.raises(ValueError, match=r".") as caught:
        arrival_rate(*arguments)
    assert why in str(caught.value)


def test_without_a_run_it_is_no_wait():
    """Called as a wait time, it says what is missing: it was put on a task set, or nothing was installed."""
    with pytest.raises(RuntimeError, match=r"set it as wait_time of a User class.*call locust_ext\.install\(\)"):
        arrival_rate("1/s")(object())


def test_the_loads_of_the_classes():
    """Each class with a rate is a load of its own name and its own users, without an end; all others are left alone."""

    class Feed(User):
        wait_time = arrival_rate("20/s")

    class Heir(Feed):
        pass

    class Chat(User):
        def wait_time(self):
            return 1

    found = rates_of([Feed, Heir, Chat, User])
    assert [(one.name, one.users, one.schedule.peak, one.schedule.duration) for one in found] == [
        ("Feed", ("Feed",), 20, math.inf),
        ("Heir", ("Heir",), 20, math.inf),
    ]
    assert all(one.tags is None for one in found)
    assert rates_of([Chat]) == ()


def test_read_from_a_user_it_is_the_same():
    """It is not a method, so that a user sees the rate itself."""

    class Feed(User):
        wait_time = arrival_rate("20/s")

    assert Feed.wait_time is vars(Feed)["wait_time"]
    assert Feed.wait_time.rate == 20
