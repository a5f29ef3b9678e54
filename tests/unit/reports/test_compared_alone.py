"""A comparison alone, without a run that is judged beside it: its verdict, and its plain values."""

import json
from dataclasses import replace

import pytest
from examples import compared, example

from locust_ext.gates.baseline import compare
from locust_ext.gates.policy import Policy
from locust_ext.reports.compared import verdict_of
from locust_ext.reports.compared_entry import ComparisonEntry
from locust_ext.reports.summary import comparison_entry, summary
from locust_ext.text.strict_json import strict_json

WORSE = compared(names=("/a",)).comparison
ALIKE = replace(WORSE, rows=tuple(row for row in WORSE.rows if row.status == "passed"))
ALONE = compare([example(names=("/a",)).snapshot], [], Policy())

VERDICTS = [
    ("some figures are worse", WORSE, "failed"),
    ("all are as before", ALIKE, "passed"),
    ("there is nothing to compare with", ALONE, "inconclusive"),
]


@pytest.mark.parametrize("comparison, word", [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS])
def test_the_verdict_of_a_comparison(comparison, word):
    """It is that of its figures; each that is worse is named."""
    verdict = verdict_of(comparison)
    assert verdict.word == word
    assert (verdict.exit_code == 0) == (word == "passed")


def test_plain_values():
    """The same that stand in the summary, and JSON."""
    entry = comparison_entry(WORSE)
    assert entry == ComparisonEntry.of_comparison(WORSE).plain()
    assert json.loads(strict_json(entry)) == json.loads(summary(compared(names=("/a",))))["comparison"]
