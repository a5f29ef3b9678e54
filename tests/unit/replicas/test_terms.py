"""On what terms classes look for what they wrote, and what is wrong with some."""

import pytest

from locust_ext.replicas.read_your_writes import ReadYourWritesUser
from locust_ext.replicas.returned import MistakenUseError
from locust_ext.replicas.terms import Terms, problems_of, terms_of


class PostUser(ReadYourWritesUser):
    """Has both."""

    def write(self):
        """Write nothing."""

    def read(self, key):
        """Read nothing."""


def one(**attributes):
    """Return a class with these attributes."""
    return type("PostUser", (PostUser,), attributes)


TERMS = [
    pytest.param({}, Terms(0.02, 30.0, "PostUser"), id="by default"),
    pytest.param({"read_pause": "5ms", "read_deadline": "1m30s"}, Terms(0.005, 90.0, "PostUser"), id="as texts"),
    pytest.param({"read_pause": 0.001, "read_deadline": 86400}, Terms(0.001, 86400.0, "PostUser"), id="the ends"),
    pytest.param({"measured_as": "post"}, Terms(0.02, 30.0, "post"), id="under a name"),
]


@pytest.mark.parametrize("attributes, terms", TERMS)
def test_terms(attributes, terms):
    """Of a class with which nothing is wrong."""
    assert terms_of(one(**attributes)) == terms
    assert problems_of(one(**attributes), ReadYourWritesUser) == []


WRONG = [
    pytest.param({"read_pause": 0}, "read_pause", "0 is too short a pause between reads: at least 1ms", id="no pause"),
    pytest.param({"read_pause": "20"}, "read_pause", "'20' is not a duration", id="a pause without a unit"),
    pytest.param({"read_pause": None}, "read_pause", "None is not a duration", id="a pause of nothing"),
    pytest.param({"read_pause": -1}, "read_pause", "-1 is not a duration", id="a pause below 0"),
    pytest.param({"read_pause": float("nan")}, "read_pause", "nan is not a duration", id="a pause of no number"),
    pytest.param({"read_deadline": 0}, "read_deadline", "more than 0", id="no time"),
    pytest.param({"read_deadline": "25h"}, "read_deadline", "at most 24h", id="more than a day"),
    pytest.param({"read_deadline": float("inf")}, "read_deadline", "inf is not a duration", id="for ever"),
    pytest.param({"read_deadline": "soon"}, "read_deadline", "'soon' is not a duration", id="soon"),
    pytest.param({"measured_as": 7}, "measured_as", "7 is not a name: it is a text", id="a number for a name"),
]


@pytest.mark.parametrize("attributes, name, says", WRONG)
def test_wrong_terms(attributes, name, says):
    """Are a problem with its place; whoever runs such a class all the same is told so."""
    (problem,) = problems_of(one(**attributes), ReadYourWritesUser)
    assert problem.path == f"PostUser.{name}"
    assert says in problem.message
    with pytest.raises(MistakenUseError, match=f"PostUser.{name}"):
        terms_of(one(**attributes))


MISSING = [
    pytest.param({"write": ReadYourWritesUser.write}, ["write"], id="no write()"),
    pytest.param({"read": ReadYourWritesUser.read}, ["read"], id="no read()"),
    pytest.param({"write": "/posts", "read": None}, ["write", "read"], id="neither can be called"),
    pytest.param({"write": None, "read_pause": 0}, ["write", "read_pause"], id="all at once"),
]


@pytest.mark.parametrize("attributes, names", MISSING)
def test_what_is_missing(attributes, names):
    """Is named, with what it must return."""
    problems = problems_of(one(**attributes), ReadYourWritesUser)
    assert [problem.path for problem in problems] == [f"PostUser.{name}" for name in names]
    assert all(f"a ReadYourWritesUser needs {problem.path[9:]}(self" in problem.message for problem in problems[:1])
