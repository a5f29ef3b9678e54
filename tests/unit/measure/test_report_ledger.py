"""The attendance of workers: which reports count, whose last one is awaited, and what makes a run incomplete."""

import pytest

from locust_ext.measure.report_ledger import LEFT_EARLY, REMEMBERED, ReportLedger


def ledger(*workers):
    """Return the ledger of a run with these workers, each of which has reported once."""
    made = ReportLedger("run")
    made.enrol(workers)
    for worker in workers:
        assert made.accept(worker, "run", 1, b"first")
    return made


ACCEPTED = [
    ("the next one", "run", 2, b"second", (True, 0, 0, 2)),
    ("one after a gap of two", "run", 4, b"fourth", (True, 2, 0, 4)),
    ("the same again", "run", 1, b"first", (False, 0, 0, 1)),
    ("another one under its number", "run", 1, b"other", (False, 0, 1, 1)),
    ("one before it that never was", "run", 0, b"", (False, 0, 1, 1)),
    ("one of another run", "other", 2, b"second", (False, 0, 0, 1)),
]


@pytest.mark.parametrize("run, sequence, contents, found", [pytest.param(*row[1:], id=row[0]) for row in ACCEPTED])
def test_which_reports_count(run, sequence, contents, found):
    """Each number once; what is between two of them is missing, and a number has one content."""
    made = ledger("w")
    accepted = made.accept("w", run, sequence, contents)
    attendance = made.workers["w"]
    assert (accepted, attendance.missing, attendance.contradictions, attendance.last) == found


def test_what_is_remembered():
    """The contents of twenty reports."""
    made = ledger("w")
    for sequence in range(2, REMEMBERED + 2):
        made.accept("w", "run", sequence, b"%d" % sequence)
    assert [made.knows("w", 1, b"first"), made.knows("w", 2, b"2"), made.knows("w", 21, b"21")] == [False, True, True]
    assert (made.knows("w", 21, b"other"), made.knows("nobody", 1, b"first")) == (False, False)
    assert len(made.workers["w"].seen) == REMEMBERED == 20


def test_whose_last_report_is_awaited():
    """Of the live workers those that are heard, take part, and have not sent it."""
    made = ledger("a", "done", "mute", "out", "gone")
    made.finish("done", 5.0)
    made.note_mute("mute")
    made.put_out("out", "worker out has another version")
    assert made.awaited(["a", "done", "mute", "out", "unknown"]) == {"a"}
    made.accept("mute", "run", 2, b"second")
    assert made.awaited(["mute"]) == {"mute"}, "it has spoken after all"
    assert [made.is_late(worker) for worker in ("a", "done", "nobody")] == [False, True, False]


def late(made):
    """Let it go on after its last report."""
    made.finish("w", 10.0)
    made.note_late("w")


def gap(made):
    """Let two reports be missing."""
    made.accept("w", "run", 4, b"fourth")
    made.finish("w", 10.0)


def contradiction(made):
    """Let one number have two contents."""
    made.accept("w", "run", 1, b"other")
    made.finish("w", 10.0)


PROBLEMS = [
    ("all is well", lambda made: made.finish("w", 10.0), []),
    ("just not too early", lambda made: made.finish("w", 10.0 - LEFT_EARLY), []),
    ("too early", lambda made: made.finish("w", 6.0), ["worker w left 4 s before the end"]),
    ("no last report", lambda made: None, ["worker w was lost: its last measurements are missing"]),
    ("out", lambda made: made.put_out("w", "worker w is older"), ["worker w is older; it got no users"]),
    (
        "mute",
        lambda made: made.note_mute("w"),
        ["worker w sent no measurements: is locust_ext installed and loaded there?"],
    ),
    ("late", late, ["worker w went on after its last report: what came then is in no figure"]),
    ("a gap", gap, ["worker w: 2 of its reports are missing"]),
    ("a contradiction", contradiction, ["worker w sent 1 report under a number that it had used before"]),
]


@pytest.mark.parametrize("happens, problems", [pytest.param(*row[1:], id=row[0]) for row in PROBLEMS])
def test_what_makes_a_run_incomplete(happens, problems):
    """One sentence for each worker, and none for one with which all is well."""
    made = ledger("w", "well")
    made.finish("well", 10.0)
    happens(made)
    assert made.problems(10.0) == problems


def test_a_worker_that_nobody_expected():
    """Whatever is noted of it, it is one from then on."""
    for note in ("note_mute", "note_late"):
        made = ReportLedger("run")
        getattr(made, note)("w")
        assert list(made.workers) == ["w"]
        assert len(made.problems(0.0)) == 1
    made = ReportLedger("run")
    made.enrol(["w"])
    made.enrol(["w", "v"])
    assert (list(made.workers), len(made.problems(0.0))) == (["w", "v"], 2)
