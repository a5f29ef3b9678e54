"""The ledger: a run is complete when every worker's measurements have all arrived, and only then."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from locust_ext.measure.report_ledger import LEFT_EARLY, ReportLedger

RUN = "this run"
ENDED = 100.0
WORKERS = st.sampled_from(["w1", "w2", "w3"])


class LedgerMachine(RuleBasedStateMachine):
    """Workers that report in any order, lose reports, repeat them, fall silent and leave; beside it a plain model."""

    def __init__(self):
        super().__init__()
        self.ledger = ReportLedger(RUN)
        self.seen = {}
        self.gaps, self.mute, self.final = set(), set(), {}

    @rule(worker=WORKERS)
    def enrol(self, worker):
        """A worker connects, perhaps again."""
        self.ledger.enrol([worker])
        self.seen.setdefault(worker, [])

    @rule(worker=WORKERS, skipped=st.integers(0, 2))
    def report(self, worker, skipped):
        """The next report arrives, perhaps after some were lost."""
        seen = self.seen.setdefault(worker, [])
        number = max(seen, default=0) + 1 + skipped
        assert self.ledger.accept(worker, RUN, number) is True
        seen.append(number)
        self.mute.discard(worker)
        if skipped:
            self.gaps.add(worker)

    @rule(worker=WORKERS, back=st.integers(0, 3))
    def repeat(self, worker, back):
        """A report that was there before, or that comes too late, is refused and changes nothing else."""
        seen = self.seen.get(worker)
        if seen and max(seen) > back:  # numbers begin at 1
            assert self.ledger.accept(worker, RUN, max(seen) - back) is False
            self.mute.discard(worker)

    @rule(worker=WORKERS, back=st.integers(0, 3))
    def contradict(self, worker, back):
        """Another report comes under a number that was used: it is refused, and missing."""
        seen = self.seen.get(worker)
        if seen and max(seen) > back:
            assert self.ledger.accept(worker, RUN, max(seen) - back, b"other contents") is False
            self.mute.discard(worker)
            self.gaps.add(worker)

    @rule(worker=WORKERS, number=st.integers(1, 9))
    def of_another_run(self, worker, number):
        """A report of another run is refused and changes nothing."""
        assert self.ledger.accept(worker, "another run", number) is False

    @rule(worker=WORKERS)
    def say_nothing(self, worker):
        """A worker reports to Locust, but not to us."""
        self.ledger.note_mute(worker)
        self.seen.setdefault(worker, [])
        self.mute.add(worker)

    @rule(worker=WORKERS, early=st.sampled_from([0.0, LEFT_EARLY, LEFT_EARLY + 0.1, 50.0]))
    def finish(self, worker, early):
        """A worker sends its last report, perhaps long before the end."""
        self.ledger.finish(worker, ENDED - early)
        self.seen.setdefault(worker, [])
        self.final[worker] = early

    @invariant()
    def complete_exactly_when_all_is_there(self):
        """No problem exactly when every worker has finished in time, with no gap, and has spoken to us."""
        whole = {
            worker
            for worker in self.seen
            if worker not in self.mute
            and worker not in self.gaps
            and self.final.get(worker, LEFT_EARLY + 1) <= LEFT_EARLY
        }
        problems = self.ledger.problems(ENDED)
        assert len(self.seen) - len(whole) == len(problems)
        assert all(any(f"worker {worker}" in text for text in problems) for worker in set(self.seen) - whole)

    @invariant()
    def waits_for_those_who_can_still_come(self):
        """Awaited are the live workers who speak to us and have not finished."""
        awaited = {worker for worker in self.seen if worker not in self.mute and worker not in self.final}
        assert awaited == self.ledger.awaited(["w1", "w2", "w3"])
        assert awaited & {"w1"} == self.ledger.awaited(["w1", "a stranger"])


TestLedgerMachine = LedgerMachine.TestCase


def ledger(*events):
    """Return the ledger after these calls."""
    found = ReportLedger(RUN)
    for method, *given in events:
        getattr(found, method)(*given)
    return found


SENTENCES = [
    ("nobody took part", [], []),
    ("all there", [("accept", "w", RUN, 1), ("finish", "w", 99)], []),
    ("lost", [("enrol", ["w"])], ["worker w was lost: its last measurements are missing"]),
    (
        "mute",
        [("note_mute", "w")],
        ["worker w sent no measurements: is locust_ext installed and loaded there?"],
    ),
    ("a gap", [("accept", "w", RUN, 4), ("finish", "w", 100)], ["worker w: 3 of its reports are missing"]),
    ("left early", [("accept", "w", RUN, 1), ("finish", "w", 60)], ["worker w left 40 s before the end"]),
    (
        "out of order, the late one is not counted",
        [("accept", "w", RUN, 2), ("accept", "w", RUN, 1), ("finish", "w", 100)],
        ["worker w: 1 of its reports are missing"],
    ),
    (
        "the same again",
        [("accept", "w", RUN, 1, b"a"), ("accept", "w", RUN, 1, b"a"), ("finish", "w", 100)],
        [],
    ),
    (
        "another one under its number",
        [("accept", "w", RUN, 1, b"a"), ("accept", "w", RUN, 1, b"b"), ("finish", "w", 100)],
        ["worker w sent 1 report under a number that it had used before"],
    ),
    (
        "numbers that start again",
        [*(("accept", "w", RUN, n, b"a") for n in (1, 2, 3)), ("accept", "w", RUN, 1, b"b"), ("finish", "w", 100)],
        ["worker w sent 1 report under"],
    ),
    (
        "again, long after it",
        [*(("accept", "w", RUN, n, b"a") for n in range(1, 99)), ("accept", "w", RUN, 1, b"a"), ("finish", "w", 100)],
        ["worker w sent 1 report under"],
    ),
    ("it went on", [("finish", "w", 100), ("note_late", "w")], ["worker w went on after its last report: what came"]),
    ("it was never heard of before it went on", [("note_late", "w")], ["worker w was lost"]),
    ("it was put out", [("put_out", "w", "worker w is old")], ["worker w is old; it got no users"]),
    (
        "it was put out, and never spoke",
        [("note_mute", "w"), ("put_out", "w", "worker w is old")],
        ["worker w is old; it got no users"],
    ),
    (
        "it went on, and reports are missing",
        [("accept", "w", RUN, 3), ("finish", "w", 100), ("note_late", "w")],
        ["worker w went on after its last report"],
    ),
    ("one of two", [("accept", "a", RUN, 1), ("finish", "a", 100), ("enrol", ["b"])], ["worker b was lost"]),
]


@pytest.mark.parametrize("events, sentences", [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_problems(events, sentences):
    """Each worker that makes the run incomplete has one sentence that says how."""
    problems = ledger(*events).problems(ENDED)
    assert len(sentences) == len(problems)
    assert all(found.startswith(said) for found, said in zip(problems, sentences, strict=True))
