"""LeanHttpUser tells of each exchange what FastHttpUser tells: the event, the response, the jar, the bytes that left."""

import pytest
from locust import FastHttpUser

from locust_ext.clients.lean.user import LeanHttpUser
from tests.unit.clients.lean import (
    exchanges_answers,
    exchanges_faults,
    exchanges_requests,
    exchanges_sessions,
    exchanges_tls,
)
from tests.unit.clients.lean.certificates import certify
from tests.unit.clients.lean.stage import PATIENCE, Stage
from tests.unit.clients.lean.telling import differences, tell

ROWS = [*exchanges_requests.ROWS, *exchanges_answers.ROWS, *exchanges_sessions.ROWS, *exchanges_faults.ROWS]
TLS = [*exchanges_tls.SHORT, *(pytest.param(row, marks=pytest.mark.long) for row in exchanges_tls.LONG)]

UNLIKE = {
    "stream of a POST, then a GET": "what is streamed goes over FastHttpUser's own connections, which no deadline ends",
    "two answers at once": "the first is the answer, and its connection is closed; theirs are both as if they were one",
    "a cookie that the user changes in place, later": "a jar is told of cookies that are set, taken out and replaced",
}
"""The few that differ, and why."""

pytestmark = pytest.mark.sockets


def each_time(number, row):
    """Say whether each pull request compares it: every other one does, and those that differ."""
    return number % 2 or row.sentence in UNLIKE


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.sentence, marks=() if each_time(number, row) else pytest.mark.long)
        for number, row in enumerate(ROWS)
    ],
)
def test_both_tell_the_same(row):
    """Nothing tells the two apart but for the few that are known, which do differ; and ours takes no longer."""
    compare(row, Stage(row.host))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Return the directory in which certificates lie."""
    return certify(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize("row", TLS, ids=lambda row: row.sentence)
def test_both_tell_the_same_over_tls(row, certificates):
    """With a server that shakes hands, whether they verify it or not."""
    compare(row, Stage(row.host, certificates / row.certificate))


def compare(row, stage):
    """Let both meet the same server, one after the other."""
    try:
        theirs, ours = tell(stage, row, FastHttpUser), tell(stage, row, LeanHttpUser)
    finally:
        stage.close()
    took, limit = ours.pop("seconds"), theirs.pop("seconds") + 0.8 * PATIENCE
    assert took < limit
    found = differences(theirs, ours)
    assert bool(found) == (row.sentence in UNLIKE), found


def test_the_table_is_as_large_as_it_should_be_and_its_exceptions_are_few():
    """At least 150 exchanges, each with a sentence of its own; at most five differ, and each of those is a row."""
    sentences = [row.sentence for row in [*ROWS, *exchanges_tls.SHORT, *exchanges_tls.LONG]]
    assert len(sentences) == len(set(sentences)) >= 150
    assert len(UNLIKE) <= 5
    assert UNLIKE.keys() <= set(sentences)
