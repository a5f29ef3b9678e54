"""What --confirm makes of its runs, without making any: what is looked into, and what is not."""

from argparse import Namespace
from dataclasses import replace
from types import SimpleNamespace

import pytest
from examples import compared, outcome

from locust_ext.archive.provenance import REPEAT
from locust_ext.gates.outcomes import Status
from locust_ext.run import repeats as module
from locust_ext.run.repeats import _broke_threshold, _Watch, ended, wants_confirmation
from locust_ext.text.problems import ConfigurationError

PASSED = outcome("http_req_duration", "p(95)<400", "passed", 48.0)
BROKEN = outcome("http_req_duration", "p(99)<60", "failed", 75.0)
UNCLEAR = outcome("http_req_duration", "p(99.9)<60", "inconclusive", None, 0)

BROKE = [
    ("no thresholds", (), False),
    ("one that passed", (PASSED,), False),
    ("one of two broke", (PASSED, BROKEN), True),
    ("both broke", (BROKEN, BROKEN), True),
    ("one that is not clear", (PASSED, UNCLEAR), False),
]


@pytest.mark.parametrize("outcomes, broke", [row[1:] for row in BROKE], ids=[row[0] for row in BROKE])
def test_broke_threshold(outcomes, broke):
    """One broken threshold is enough, and none is needed."""
    assert _broke_threshold(replace(compared(), outcomes=outcomes)) is broke


SLOW = replace(compared(), outcomes=(PASSED,))
LOOKS = [
    ("a suspicion with all thresholds kept", 0, SLOW, True),
    ("one that broke a threshold is failed already", 99, replace(SLOW, outcomes=(PASSED, BROKEN)), False),
    ("a suspicion without thresholds", 99, replace(SLOW, outcomes=()), True),
    ("nothing suspected", 0, replace(compared(1.0), outcomes=(PASSED,)), False),
    ("not compared", 0, replace(SLOW, comparison=None), False),
    ("a run that proves nothing", 111, SLOW, False),
    ("a run without a report", 0, None, False),
]


@pytest.fixture
def watch(monkeypatch):
    """Return what watches runs that are made up: their exit codes and results, one after the other."""
    told, said = [], []
    monkeypatch.setattr(module, "say", lambda text, **_: said.append(text))
    monkeypatch.setattr(module, "whereabouts", lambda plan: "reports: there")
    monkeypatch.setattr(module, "tell", lambda run, plan: told.append(run))

    def made(*runs):
        one, left = _Watch(SimpleNamespace(), FakePath()), list(runs)
        one.told, one.said, one.concluded, one.made = told, said, [], 0

        def run(place):
            one.made += 1
            return left[0][0]

        one._run, one._read = run, lambda place: left.pop(0)[1]
        one._conclude = lambda runs, gaps, notes: one.concluded.append((len(runs), gaps, notes)) or 42
        return one

    return made


class FakePath:
    """A directory that has every directory in it."""

    def __truediv__(self, name):
        return self


@pytest.mark.parametrize("code, first, looks", [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_what_is_looked_into(watch, code, first, looks):
    """Two more runs for a suspicion that nothing else has settled; else the first run's code stands."""
    one = watch((code, first), (0, SLOW), (99, replace(SLOW, outcomes=(BROKEN,))))
    assert one._judge() == (42 if looks else code)
    assert one.made == (3 if looks else 1)
    assert one.concluded == ([(3, [], ["run 3 of 3 broke a threshold"])] if looks else [])
    assert one.told == ([] if looks or first is None else [first])


def test_a_line_for_each_run(watch):
    """It says which it is, how it ended, how long it took, and what is looked into beside its limit."""
    one = watch((0, SLOW), (0, SLOW), (99, replace(SLOW, outcomes=(BROKEN,))))
    one._judge()
    lines = [line for text in one.said for line in text.splitlines() if line]
    rule = next(row.rule for row in SLOW.comparison.rows if row.suspect)
    assert [line.partition(": ")[0] for line in lines] == ["run 1 of 3", "run 2 of 3", "run 3 of 3"]
    assert all(f"{rule} " in line and "(limit " in line and ", 1m: " in line for line in lines)
    assert "(exit code 0)" in lines[1]
    assert "(exit code 99)" in lines[2]
    assert lines[0].endswith("before): suspected; two more runs confirm it or clear it")


ALONE = [
    ("nothing suspected", 0, replace(compared(1.0), outcomes=(PASSED,)), "nothing is suspected, and no more runs are"),
    ("not compared", 0, replace(SLOW, comparison=None), "it was not compared"),
    ("a threshold", 99, replace(SLOW, outcomes=(BROKEN,)), "it broke a threshold, which others do not change"),
    ("nothing proved", 111, SLOW, "it proves nothing that others could confirm"),
]


@pytest.mark.parametrize("code, run, why", [row[1:] for row in ALONE], ids=[row[0] for row in ALONE])
def test_a_run_that_stays_alone_says_why(watch, code, run, why):
    """And where the reports are."""
    one = watch((code, run))
    one._judge()
    assert one.said[0].startswith(f"\nrun 1 of 3: {run.verdict.word} (exit code {code}), 1m: {why}")
    assert one.said[1:] == ["reports: there"]


def test_runs_that_say_little():
    """One without a report has its exit code, and one without the figure says that."""
    rule = next(row.rule for row in SLOW.comparison.rows if row.suspect)
    assert ended(2, 137, None, rule) == "run 2 of 3: exit code 137, without a report"
    assert ended(2, 0, replace(SLOW, comparison=None), rule).endswith(f", 1m: {rule} was not compared")


GAPS = [
    ("the second proves nothing", ((111, SLOW),), 1, "run 2 of 3 ended with exit code 111: nothing is confirmed"),
    ("the third left no report", ((0, SLOW), (0, None)), 2, "run 3 of 3 ended with exit code 0: nothing is confirmed"),
]


@pytest.mark.parametrize("more, runs, gap", [row[1:] for row in GAPS], ids=[row[0] for row in GAPS])
def test_a_run_that_proves_nothing_confirms_nothing(watch, more, runs, gap):
    """It is a gap, and no further run is made."""
    one = watch((0, SLOW), *more)
    assert one._judge() == 42
    assert one.concluded == [(runs, [gap], [])]
    assert one.made == 1 + len(more)


def test_a_signal_between_runs_ends_them(watch):
    """Anyone who sends one does not want two more."""
    one = watch((0, SLOW), (0, SLOW), (0, SLOW))
    one.signals.append(15)
    assert one._judge() == 42
    assert one.concluded[0][0] == 1


WANTS = [
    ("nobody asked", {"confirm": False}, {}, {}, False),
    ("asked", {"confirm": True}, {}, {}, True),
    ("one of the runs itself", {"confirm": True}, {}, {REPEAT: "1"}, False),
    ("a master that starts its workers", {"confirm": True}, {"master": True, "processes": 2}, {}, True),
    ("with a web UI", {"confirm": True}, {"headless": False}, {}, "it repeats headless runs: add --headless"),
    ("a master with others' workers", {"confirm": True}, {"master": True}, {}, "leave after one run"),
]


@pytest.mark.parametrize("plan, options, variables, wanted", [row[1:] for row in WANTS], ids=[row[0] for row in WANTS])
def test_who_wants_confirmation(monkeypatch, plan, options, variables, wanted):
    """A process that was asked for it, and can do it."""
    monkeypatch.delenv(REPEAT, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    given = Namespace(**{"headless": True, "master": False, "processes": None, **options})
    if isinstance(wanted, bool):
        assert wants_confirmation(SimpleNamespace(**plan), given) is wanted
    else:
        with pytest.raises(ConfigurationError, match=wanted):
            wants_confirmation(SimpleNamespace(**plan), given)


def test_what_was_compared_is_what_these_tests_take_it_for():
    """The slow run is suspected, and its status is not an accident of its thresholds."""
    assert SLOW.comparison.suspect
    assert SLOW.comparison.status is Status.FAILED
    assert not compared(1.0).comparison.suspect
