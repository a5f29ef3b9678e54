"""A worker's side of the wire, with a runner that only remembers."""

from types import SimpleNamespace

import gevent
import msgpack
import pytest
from gevent.event import Event

from locust_ext.measure import reporting
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import Report
from locust_ext.measure.report_ledger import ReportLedger
from locust_ext.measure.reporting import FINAL, FINISHING, KEY, MOST_REFUSED, Reports, Told, _beside
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind
from locust_ext.measure.user_code import UserCode


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
    store, ledger = Store(), ReportLedger("run-1")
    for payload in payloads:
        assert ledger.accept("w", payload["run"], payload["sequence"])
        store.merge(payload["rows"])
    ledger.finish("w", 10)
    assert ledger.problems(10) == []
    assert store.select(Selector("steps"), Kind.COUNTER).value == 15


def test_what_the_master_said_and_nobody_understood(recorder):
    """It is told with the next report, a few of many, and once."""
    worker = reports(recorder)
    assert MOST_REFUSED == 30
    for number in range(MOST_REFUSED + 1):
        worker.refuse(f"reason {number}")
    assert attached(worker)["refused"] == [f"reason {number}" for number in range(MOST_REFUSED)]
    assert "refused" not in attached(worker)


RAISED = [
    ("nothing was raised", 0, "run-1", 0),
    ("a listener raised", 2, "run-1", 1),
    ("it never joined a run", 2, "", 0),
]


@pytest.mark.parametrize("count, run, told", [row[1:] for row in RAISED], ids=[row[0] for row in RAISED])
def test_what_user_code_did_at_the_very_end(recorder, count, run, told):
    """After the last report the master is told by a message of its own, once."""
    runner, user_code = FakeRunner(), UserCode()
    worker = Reports(runner, recorder, user_code)
    if run:
        worker.begin(run)
    for _ in range(count):
        user_code.raised(ValueError("mine"))
    worker.depart()
    worker.depart()
    assert len(runner.sent) == told
    for name, data in runner.sent:
        assert name == Told.type
        assert data["run"] == run
        assert (data["count"], data["first"], data["left"]) == (2, "ValueError: mine", "")


def test_after_the_last_report_only_requests_are_told(recorder):
    """The master learns that users went on; what else was measured is in no report."""
    worker = reports(recorder)
    worker.finish()
    recorder.add("steps", Kind.COUNTER, 1)
    assert attached(worker)["rows"] == []
    recorder.on_request(request_type="GET", name="/a", response_time=1.0)
    assert [row[0] for row in attached(worker)["rows"]] == ["http_reqs"]


def test_the_end_of_a_run_it_never_heard_of(recorder):
    """It joins it to send a last report; one that it has joined goes on where it was."""
    runner = FakeRunner("ready")
    worker = reports(recorder, runner)
    attached(worker)
    worker.drain("run-1")
    worker.drain("run-2")
    assert [(data["run"], data["sequence"]) for _, data in runner.sent] == [("run-1", 2), ("run-2", 1)]
    assert all(data["counted"] >= 0 for _, data in runner.sent)


def test_while_users_finish_the_worker_hears_the_rest():
    """What ends users goes beside; all else is heard in its turn."""
    heard, done = [], Event()

    def handle(message):
        heard.append(f"{message.type} begins")
        if message.type in FINISHING:
            done.wait()
        heard.append(f"{message.type} is done")

    handled = _beside(handle)
    handled(SimpleNamespace(type="stop"))
    gevent.sleep(0)
    handled(SimpleNamespace(type="heartbeat"))
    assert heard == ["stop begins", "heartbeat begins", "heartbeat is done"]
    done.set()
    gevent.sleep(0)
    gevent.sleep(0)
    assert heard[-1] == "stop is done"
    assert handled.__name__ == "handle"


TIMES = [
    ("it ends by itself after 9 s", None, 9.0),
    ("its users are told to stop after 4 s, and take five more", "run-1", 4.0),
    ("another run is over, of which it never heard", "run-2", 0.0),
]


@pytest.mark.parametrize("over, counted", [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_users_count_until_they_begin_to_stop(recorder, monkeypatch, over, counted):
    """What they take to finish is no time in which they worked."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(reporting, "monotonic", lambda: clock.now)
    runner = FakeRunner()
    worker = reports(recorder, runner)
    clock.now += 4.0
    if over is not None:
        worker.drain(over)
    clock.now += 5.0
    worker.finish()
    assert [data["counted"] for _, data in runner.sent] == [counted]


def test_reports_tell_of_errors(recorder):
    """Each of what is new, the last of all of it, and one that comes after the last of none."""
    runner = FakeRunner()
    worker = reports(recorder, runner)
    told = []
    for step in ("report", "report", "final", "late"):
        if step != "report" or not told:
            recorder.on_request("GET", f"/{step}", 5.0, exception=ValueError(step))
        if step == "final":
            worker.finish()
            told.append(runner.sent[-1][1])
        else:
            told.append(attached(worker))
    assert [[one["name"] for one in report.get("errors", [])] for report in told] == [["/report"], [], ["/final"], []]
    assert Report.of(told[0]).errors[0].message == "report"
