"""The exit codes of the documents are those of the verdict: the same in every table, in the order in which they win."""

import re
from pathlib import Path

import pytest

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import conclude
from locust_ext.measure.sinks import Kind

ROOT = Path(__file__).parents[2]
PRECEDENCE = ["104", "108", "99", "107", "111", "105", "1", "0"]
TABLES = ["README.md", "docs/reference/exit-codes.md", "docs/runbook.md"]


def codes(text):
    """Return the codes of the first column of a table."""
    return re.findall(r"^\| (\d+) \|", text, re.MULTILINE)


@pytest.mark.parametrize("file", TABLES)
def test_every_table_has_every_code(file):
    """None is left out, and none is made up."""
    found = codes((ROOT / file).read_text("utf-8"))
    assert sorted(found) == sorted(PRECEDENCE)


def test_the_reference_has_them_in_the_order_in_which_they_win():
    """So has the sentence of the README."""
    assert codes((ROOT / "docs/reference/exit-codes.md").read_text("utf-8")) == PRECEDENCE
    said = ", ".join(PRECEDENCE[:-1]) + " and 0 wins"
    assert said in " ".join((ROOT / "README.md").read_text("utf-8").split())


def outcome(status):
    """Return an outcome of that status."""
    return Outcome(Threshold(parse_selector("m"), parse_assertion("p(95)<4"), Kind.TREND), Status(status), 1.0, 100)


WON = [
    ("104", {"configuration_errors": 1}, "passed"),
    ("108", {"safety_stop": "the kill switch"}, "passed"),
    ("99", {}, "failed"),
    ("107", {"user_errors": 1}, "passed"),
    ("111", {}, "inconclusive"),
    ("105", {"signal": "SIGTERM"}, "passed"),
    ("0", {}, "passed"),
]


def test_the_verdict_keeps_the_order():
    """Of everything that applies from a line on, that line wins; what takes Locust's own code is tested elsewhere."""
    for at, (code, _, _) in enumerate(WON):
        later = WON[at:]
        found = RunHealth(**{key: value for _, own, _ in later for key, value in own.items()})
        verdict = conclude([outcome(status) for _, _, status in later], found)
        assert str(verdict.exit_code) == code
