"""The runs of a process that have ended: how many are kept, and that each is what it was."""

import pytest

from locust_ext.archive.report_dir import REPORTS, written
from locust_ext.config.plan import Plan
from locust_ext.run.past_runs import PastRuns
from tests.unit.reports.examples import compared, drifting, example

PLAN = Plan("feed", shape="smoke")


def noted(past, *ids, **changes):
    """Note runs with these ids."""
    for one in ids:
        past.note(example(id=one, **changes), PLAN)


def ids(past):
    """Return which runs are there, the newest first."""
    return [run.head.id for run in past]


@pytest.mark.parametrize("result", [example(), compared(), drifting()], ids=["plain", "worse", "drifting"])
def test_what_rests_is_what_it_was(result):
    """Equal, with all its histograms, and every report of it is the same to the byte."""
    past = PastRuns()
    past.note(result, PLAN)
    before = {name: written(result, name) for name in REPORTS}
    noted(past, "the next")
    rested = past.find(result.id)
    assert rested.size > 0
    assert rested.result == result
    assert {name: written(rested.result, name) for name in REPORTS} == before


def test_the_oldest_goes_first():
    """Of more than may be kept; those that stay are listed newest first."""
    past = PastRuns(most=3)
    noted(past, *"abcde")
    assert ids(past) == ["e", "d", "c"]
    assert past.find("b") is None


def test_bytes_are_bounded_too():
    """The last run stays, whatever it takes."""
    past = PastRuns(most_bytes=1)
    noted(past, *"abc")
    assert ids(past) == ["c"]


def test_one_that_is_judged_again():
    """Stays where it is, with its new verdict, and is at hand: what was said of it before is gone."""
    past = PastRuns()
    noted(past, "a", "b")
    versions = [past.version]
    noted(past, "b", complete=False)
    versions.append(past.version)
    assert ids(past) == ["b", "a"]
    assert past.find("b").result.complete is False
    past.keep(past.find("a"), "20261128-a")
    versions.append(past.version)
    assert past.find("a").head.kept == "20261128-a"
    assert len({*versions}) == 3, "whoever has an older list is told"


@pytest.mark.parametrize("asked", ["c", "", None, 1, ["a"], {"a": 1}, "../a"])
def test_what_is_no_id_of_theirs(asked):
    """Finds nothing, whatever a page sends."""
    past = PastRuns()
    noted(past, "a", "b")
    assert past.find(asked) is None


def test_what_a_list_says():
    """The load as it is called, and each threshold that failed with its value."""
    past = PastRuns()
    result = compared()
    past.note(result, PLAN)
    head = past.find(result.id).head
    assert (head.name, head.load, head.word, head.exit_code) == ("feed", "smoke", "failed", 99)
    assert head.thresholds == len(result.outcomes)
    failed = [str(one.threshold) for one in result.outcomes if one.status == "failed"]
    assert [threshold for threshold, _ in head.failed] == failed


def test_one_that_cannot_be_packed():
    """Is forgotten: no verdict depends on a list."""
    past = PastRuns()
    noted(past, "a", software={"a": lambda: None})
    noted(past, "b")
    assert ids(past) == ["b"]
