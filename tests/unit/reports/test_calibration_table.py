"""What ``baseline calibrate`` prints: of each figure what one run sees, in the figure's own way."""

import pytest

from locust_ext.gates.calibration import Calibration, Sensitivity
from locust_ext.gates.outcomes import Status
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Rule
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.reports.calibration_table import HEADINGS, calibration_table

P95 = Rule(Selector("http_req_duration"), Kind.TREND, "p(95)", 0.3, 5.0)
FAILED = Rule(Selector("http_req_failed"), Kind.RATE, "rate", 0.5, 0.005)


def sight(rule, median, limit=1.3, single=1.42, confirmed=1.37):
    """Return what is seen of one figure."""
    row = Compared(rule, Status.PASSED, median, 12_345, median, median, (median,), median, 1.0, limit, limit)
    return Sensitivity(row, 0.034, single, confirmed, 0.01)


def table(*sensitivities, unjudged=(), notes=()):
    """Return the cells of each row, and the lines below the table."""
    text = calibration_table(Calibration(7, 7, 0, 0, 0, sensitivities, unjudged, notes))
    lines = text.splitlines()
    rows = [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in lines if "│" in line]
    return text, rows, [line for line in lines if not set("┏┡├└│┃━─") & set(line)]


ROWS = [
    ("a percentile", sight(P95, 148.2), ["148.2 ms", "3.4%", "+30%", "+42%", "+37%", "12,345"]),
    ("one without a limit", sight(P95, 148.2, limit=None), ["148.2 ms", "3.4%", "+0%", "+42%", "+37%", "12,345"]),
    ("what falls", sight(P95, 10.0, 0.7, 0.6, 0.65), ["10 ms", "3.4%", "-30%", "-40%", "-35%", "12,345"]),
    ("a share, from half as much again", sight(FAILED, 0.04), ["4 %", "3.4%", "+30%", *["over 6 %"] * 2, "12,345"]),
    ("a small share, from the floor", sight(FAILED, 0.001), ["0.1 %", "3.4%", "+30%", *["over 0.6 %"] * 2, "12,345"]),
    ("no failures", sight(FAILED, 0.0), ["0 %", "3.4%", "+30%", *["over 0.5 %"] * 2, "12,345"]),
]


@pytest.mark.parametrize("one, cells", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_one_run_sees(one, cells):
    """Each figure in its unit, what is seen as a change; of a share, which may be 0, the share itself."""
    text, rows, _ = table(one)
    assert [row[1:] for row in rows if str(one.row.rule) in row[0]] == [cells]
    assert all(heading in text for heading in HEADINGS)
    assert "What the gate sees, from 7 runs" in text


def test_figures_stand_on_the_right():
    """Names on the left, numbers on the right, so that they can be read one below the other."""
    text, _, _ = table(sight(P95, 9.0), sight(P95, 1234.0))
    short = next(line for line in text.splitlines() if " 9 ms" in line)
    assert short.split("│")[2] == "     9 ms "
    assert short.split("│")[1].startswith(" http_req_duration")


def test_what_stands_below():
    """The sentences, the figures that were not judged and why, and what is to be noted."""
    why = Compared(P95, Status.INCONCLUSIVE, reason="only 5 samples; needs 200")
    _, _, lines = table(sight(P95, 9.0), unjudged=(why,), notes=("one is unreadable",))
    assert "not judged: http_req_duration: p(95): only 5 samples; needs 200" in lines
    assert "baseline: one is unreadable" in lines
    assert any(line.startswith("7 runs without a change") for line in lines)
