"""What reports say of feeders: one sentence each, and the same in summary.json, there and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from examples import compared

from locust_ext.feeders.account import FeederAccount
from locust_ext.reports.feeders import feeders_of
from locust_ext.reports.html import html
from locust_ext.reports.redacted import redacted
from locust_ext.reports.schema import Summary
from locust_ext.reports.summary import summary
from locust_ext.safety.redaction import Redaction

SAID = [
    pytest.param({"rows": 2, "taken": 1}, "users: 2 rows, handed out 1 time", id="plain"),
    pytest.param({"rows": None, "taken": 7}, "users: rows that code makes, handed out 7 times", id="made by code"),
    pytest.param(
        {"rows": 2, "taken": 5, "waits": 2, "waited_s": 3.0, "longest_wait_s": 2.04},
        "users: 2 rows, handed out 5 times; users waited for one 2 times, for 2s at the most",
        id="with waits",
    ),
    pytest.param(
        {"rows": 9, "taken": 5, "lost": 3, "lost_workers": 1},
        "users: 9 rows, handed out 5 times; 3 rows out with 1 lost worker",
        id="with a lost worker",
    ),
    pytest.param(
        {"rows": 9, "taken": 9, "exhausted": True, "ended": "all 9 rows were used up"},
        "users: 9 rows, handed out 9 times; all 9 rows were used up",
        id="ended by it",
    ),
    pytest.param(
        {"rows": 9, "taken": 9, "exhausted": True},
        "users: 9 rows, handed out 9 times; there were none left for users that wanted one",
        id="nothing left",
    ),
]


@pytest.mark.parametrize("figures, says", SAID)
def test_a_sentence(figures, says):
    """With what matters to the reader alone."""
    (finding,) = feeders_of([FeederAccount("users", **figures)])
    assert (finding.kind, finding.text) == ("feeder", says)


ACCOUNT = FeederAccount(
    "users-<b>", 9, "random", "once", "stop", 9, 9, 0, 2, 3.5, 2.25, exhausted=True, ended="all of it"
)


def test_there_and_back():
    """Every figure, by its name."""
    result = replace(compared(), feeders=(ACCOUNT, FeederAccount("made", None)))
    document = json.loads(summary(result))
    assert document["feeders"][0]["longest_wait_s"] == 2.25
    assert Summary.model_validate(document).result().feeders == result.feeders


def test_names_are_hidden_and_escaped():
    """They come from outside, as all names do."""
    clean = redacted(replace(compared(), feeders=(ACCOUNT,)), Redaction(("users-<b>",)))
    assert clean.feeders[0].name == "***"
    page = html(replace(compared(), feeders=(ACCOUNT,)))
    assert "Rows of feeders" in page
    assert "users-&lt;b&gt;" in page
    assert "users-<b>" not in page
    assert "Rows of feeders" not in html(compared())
