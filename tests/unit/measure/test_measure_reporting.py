"""A worker's side of the wire, with a runner that only remembers."""

import msgpack
import pytest

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report_ledger import ReportLedger
from locust_ext.measure.reporting import FINAL, KEY, Reports
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind


class FakeRunner:
    """Remembers what was sent and asked of it."""

    def __init__(self, state="running"):
        self.state = state
        self.sent = []
        self.stops = 0

    def send_message(self, name, data):
        """Remember the message, as it arrives."""
        self.sent.append((name, msgpack.loads(msgpack.dumps(data), raw=False, strict_map_key=False)))

    def stop(self):
        """Count."""
        self.stops += 1


@pytest.fixture
def recorder():
    """What measures."""
    return Recorder()


def reports(recorder, runner=None):
    """Return the reports of a worker that has joined a run."""
    found = Reports(runner or FakeRunner(), recorder)
    found.begin("run-1")
    return found


def attached(worker):
    """Return the next report, as Locust sends it."""
    data = {}
    worker.attach(data)
    return msgpack.loads(msgpack.dumps(data), raw=False, strict_map_key=False)[KEY]


def test_reports_are_numbered(recorder):
    """Each report carries its run and the next number, also when it is empty."""
    worker = reports(recorder)
    assert [(r["run"], r["sequence"]) for r in (attached(worker), attached(worker))] == [("run-1", 1), ("run-1", 2)]


def test_what_was_before_the_run_is_not_of_it(recorder):
    """Joining a run forgets earlier measurements and starts numbering again."""
    worker = reports(recorder)
    attached(worker)
    recorder.add("steps", Kind.COUNTER, 1)
    worker.begin("run-2")
    report = attached(worker)
    assert (report["run"], report["sequence"], report["rows"]) == ("run-2", 1, [])


def test_final_is_sent_once_per_run(recorder):
    """The last report goes out once, however often it is asked for, and again for the next run."""
    runner = FakeRunner()
    worker = reports(recorder, runner)
    worker.finish()
    worker.finish()
    worker.begin("run-2")
    worker.finish()
    assert [(data["run"], data["sequence"]) for _, data in runner.sent] == [("run-1", 1), ("run-2", 1)]
    assert {name for name, _ in runner.sent} == {FINAL}


def test_without_a_run_there_is_no_final(recorder):
    """A worker that never joined a run has nothing to finish."""
    runner = FakeRunner()
    Reports(runner, recorder).finish()
    assert runner.sent == []


DRAINS = [("running", 1, 0), ("spawning", 1, 0), ("ready", 0, 1), ("stopped", 0, 1)]


@pytest.mark.parametrize("state, stops, finals", DRAINS, ids=[row[0] for row in DRAINS])
def test_drain(recorder, state, stops, finals):
    """A drained worker stops its users, and one that has none sends its last report at once."""
    runner = FakeRunner(state)
    reports(recorder, runner).drain()
    assert (stops, finals) == (runner.stops, len(runner.sent))


def test_nothing_is_missing_after_final(recorder):
    """All reports together hold every measurement exactly once, and the roll finds the run complete."""
    runner = FakeRunner()
    worker = reports(recorder, runner)
    payloads = []
    for number in range(5):
        recorder.add("steps", Kind.COUNTER, number)
        payloads.append(attached(worker))
    recorder.add("steps", Kind.COUNTER, 5)
    worker.finish()
    payloads.append(runner.sent[0][1])
    store, roll = Store(), ReportLedger("run-1")
    for payload in payloads:
        assert roll.accept("w", payload["run"], payload["sequence"])
        store.merge(payload["rows"])
    roll.finish("w", 10)
    assert roll.problems(10) == []
    assert store.select(Selector("steps"), Kind.COUNTER).value == 15
