"""probes.jsonl: a line an interval, read back as series over time."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.reports.probe_lines import MOST_SERIES, NoProbesError, Reading, probe_line, read_probe_lines, thinned
from locust_ext.reports.watched import Watched


def test_a_line_stands_for_itself():
    """ASCII, one line, and strict JSON whatever was read."""
    line = probe_line(10.0, 5.0, [Reading(12.5, {("fds", "ä\n"): 3, ("rss", "ä\n"): math.nan}, ["ä\n"])])
    assert line.isascii()
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "start_s": 10.0,
        "length_s": 5.0,
        "readings": [{"at_s": 12.5, "values": {"ä\n": {"fds": 3, "rss": None}}, "restarted": ["ä\n"]}],
    }


def test_lines_are_read_back():
    """Each series of each instance, in the middles of its intervals, and when its process began again."""
    text = probe_line(0, 5, [Reading(1.0, {("fds", "a"): 3, ("fds", "b"): 8}), Reading(2.0, {("fds", "a"): 4})])
    text += probe_line(5, 5, [Reading(6.1, {("fds", "a"): 1, ("rss", "a"): math.inf}, ["a"])])
    assert read_probe_lines(text) == (
        Watched("fds", "a", ((1.25, 3.0), (2.25, 4.0), (6.25, 1.0)), (6.0,)),
        Watched("fds", "b", ((1.25, 8.0),), ()),
    )
    assert read_probe_lines("") == ()


@pytest.mark.parametrize(
    "line",
    [
        '{"start_s": 1',
        "[]",
        "7",
        "null",
        "{}",
        '{"readings": 3}',
        '{"readings": [3]}',
        '{"readings": [{"at_s": "1", "values": {}}]}',
        '{"readings": [{"at_s": 1e999, "values": {}}]}',
        '{"readings": [{"at_s": 1, "values": {"a": {"b": true}}}]}',
        '{"readings": [{"at_s": 1, "values": {"a": {"b": []}}}]}',
        '{"readings": [{"at_s": 1, "values": {"a": 3}}]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_line_is_refused_with_its_number(line):
    """Whatever it holds instead."""
    good = probe_line(0, 5, [Reading(1.0, {("fds", "a"): 3})])
    with pytest.raises(NoProbesError, match="line 2 is damaged, or cut off"):
        read_probe_lines(good + line + "\n" + good)


def test_series_and_points_are_bounded():
    """A file of somebody's does not fill the memory."""
    text = probe_line(0, 1, [Reading(1.0, {(str(number), "a"): 1 for number in range(MOST_SERIES + 50)})])
    assert len(read_probe_lines(text)) == MOST_SERIES
    long = "".join(probe_line(at, 1, [Reading(at, {("fds", "a"): at})]) for at in range(3000))
    assert len(read_probe_lines(long)[0].points) <= 1024


@given(st.integers(1, 50))
def test_thinning_keeps_every_second_line_and_the_last(count):
    """Done again and again, one is left: the last."""
    lines = [f"{number}\n" for number in range(count)]
    kept = thinned("".join(lines)).splitlines(keepends=True)
    assert kept[-1] == lines[-1]
    assert len(kept) == (count + 1) // 2
    assert set(kept) <= set(lines)
