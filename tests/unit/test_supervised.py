"""Every greenlet and every listener of ours: what it raises is said, told, and never the end of the judging."""

import ast
import gc
import logging
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest

from locust_ext.process import supervised
from locust_ext.process.supervised import ALL, PAUSES, Stake, Work, guarded, hear, hear_no_more
from locust_ext.safety.outlet import veil_logs

ROOT = Path(__file__).parents[2] / "locust_ext"

NAMES = {"spawn", "spawn_later", "spawn_raw", "Greenlet", "Pool", "ThreadPool", "Thread", "Timer", "start_later"}

EXCEPTIONS = {
    "process/supervised.py": "the one place",
    "safety/reading.py": "questions whose answers are waited for: one that raises is a no",
    "safety/flags.py": "the thread of a file that may hang, asked through a line of reading.py",
    "probes/process_source.py": "the thread of a look that may hang: one at a time, and its answer is waited for",
    "run/aside.py": "a thread whose answer is waited for; what is raised there is raised again",
    "run/otlp_grpc.py": "the thread of a push by gRPC, which would stop all users: its answer is waited for",
    "safety/checklist.py": "questions that are joined, and what they raise is raised again",
    "demo/command.py": "a process of its own: the target",
    "demo/server.py": "a process of its own: the target",
    "demo/ticks.py": "a process of its own: the target",
}


def starts(file):
    """Return the lines of a module that start something beside the caller, or name what does."""
    gc.disable()  # Python 3.11 loses count of its depth where garbage is collected meanwhile
    try:
        tree = ast.parse(file.read_text("utf-8"))
    finally:
        gc.enable()
    types = {node for place in ast.walk(tree) for part in _types(place) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in NAMES and node not in types:
            yield node.lineno
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("gevent", "threading"):
            yield from (node.lineno for name in node.names if name.name in NAMES)


def _types(place):
    """Return what of a place are types: its annotations, and those in a question after a type."""
    asks = isinstance(place, ast.Call) and isinstance(place.func, ast.Name) and place.func.id == "isinstance"
    parts = [getattr(place, "annotation", None), getattr(place, "returns", None), *(place.args[1:] if asks else [])]
    return [part for part in parts if part is not None]


@pytest.mark.slow
def test_nothing_of_ours_is_started_in_another_way():
    """A bare greenlet that raises is gone, and nobody is told."""
    found = {}
    for file in sorted(ROOT.rglob("*.py")):
        name = str(file.relative_to(ROOT))
        if name not in EXCEPTIONS and (lines := sorted(set(starts(file)))):
            found[name] = lines
    assert found == {}


def test_no_exception_is_out_of_date():
    """What starts nothing any more needs none."""
    assert [name for name in EXCEPTIONS if not list(starts(ROOT / name))] == []


@pytest.fixture
def told(monkeypatch):
    """What is told, while greenlets are started again without a pause."""
    monkeypatch.setattr(supervised, "PAUSES", (0.0,) * len(PAUSES))
    faults = []
    supervised.begin()
    hear(faults.append)
    yield faults
    hear_no_more(faults.append)


@pytest.fixture
def work():
    """Make a kind of greenlet that is listed for this test alone."""
    made = []

    def make(name="a test", **options):
        made.append(Work(name, **options))
        return made[-1]

    yield make
    for one in made:
        del ALL[one.name]


class Failing:
    """Raises so often, and then returns."""

    def __init__(self, times, error=ValueError("boom")):  # noqa: B008
        self.times, self.calls, self.error = times, 0, error

    def __call__(self, *_):
        self.calls += 1
        if self.calls <= self.times:
            raise self.error


AGAIN = [
    ("it never fails", {}, 0, 1, []),
    ("once: it is started again", {}, 1, 2, [False]),
    ("as often as there are pauses", {}, 3, 4, [False] * 3),
    ("once too often: it is lost", {}, 4, 4, [False, False, False, True]),
    ("for ever", {}, 99, 4, [False, False, False, True]),
    ("what cannot begin again is lost at once", {"again": False}, 1, 1, [True]),
]


@pytest.mark.parametrize("options, times, calls, lost", [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN])
def test_a_greenlet_that_fails(told, work, options, times, calls, lost):
    """It is started again a few times; each failure is told, and whether it was the last."""
    failing = Failing(times)
    greenlet = work(stake=Stake.SAFETY, lasts=True, **options).start(failing, "an argument")
    greenlet.join()
    assert (failing.calls, [fault.lost for fault in told]) == (calls, lost)
    assert all((fault.where, fault.stake, fault.lasts) == ("a test", Stake.SAFETY, True) for fault in told)
    assert all("ValueError: boom" in fault.what for fault in told)


def test_failures_that_are_far_apart_are_forgiven_but_not_for_ever(told, work, monkeypatch):
    """An hour lies between them: it goes on, until it has failed ten times."""
    hours = iter(range(0, 3600 * 99, 3600))
    monkeypatch.setattr(supervised, "monotonic", lambda: next(hours))
    failing = Failing(99)
    work().start(failing).join()
    assert failing.calls == 10
    assert [fault.lost for fault in told] == [False] * 9 + [True]


ENDS = [gevent.GreenletExit(), SystemExit(3), KeyboardInterrupt()]


@pytest.mark.parametrize("error", ENDS, ids=repr)
def test_what_ends_a_greenlet_or_the_process_is_no_failure(told, work, monkeypatch, error):
    """It passes through, and nothing is started again."""
    seen = []
    monkeypatch.setattr(gevent.get_hub(), "handle_error", lambda *args: seen.append(args[1]), raising=False)
    failing = Failing(1, error)
    work().start(failing).join()
    assert (failing.calls, told) == (1, [])
    assert seen in ([], [type(error)])


def test_a_timeout_that_nobody_caught_is_a_failure(told, work):
    """It is not an Exception, and would end the greenlet in silence."""
    work(again=False).start(Failing(1, gevent.Timeout(1))).join()
    assert [fault.lost for fault in told] == [True]


def test_a_greenlet_can_be_killed_while_it_waits_to_begin_again(told, work, monkeypatch):
    """As a run's end does."""
    monkeypatch.setattr(supervised, "PAUSES", (99.0,))
    greenlet = work().start(Failing(9))
    gevent.sleep(0)
    greenlet.kill()
    assert greenlet.dead
    assert len(told) == 1


def test_two_greenlets_have_two_names(work):
    """A name finds one."""
    work("one")
    with pytest.raises(ValueError, match="two greenlets by the name 'one'"):
        work("one")


def test_a_listener_that_raises(told):
    """Locust gets no exception, the one that hears gets the fault; what it returns is returned."""
    assert guarded("test_stop", lambda number: number + 1)(1) == 2
    assert guarded("test_stop", Failing(1), Stake.LOCK)() is None
    assert [(fault.where, fault.stake, fault.lost) for fault in told] == [("test_stop", Stake.LOCK, True)]


def test_it_is_said_in_one_line_once_and_the_traceback_at_debug(told, caplog):
    """A listener that raises a thousand times a second fills no log."""
    caplog.set_level(logging.DEBUG)
    listener = guarded("worker_report", Failing(99))
    for _ in range(5):
        listener()
    said = [record for record in caplog.records if record.levelno > logging.DEBUG]
    assert [record.getMessage() for record in said] == [told[0].text]
    assert "\n" not in told[0].text
    assert told[0].text.startswith("worker_report failed: ValueError: boom (test_supervised.py:")
    assert [bool(record.exc_info) for record in caplog.records if record.levelno == logging.DEBUG] == [True]
    assert len(told) == 5


def test_a_secret_of_the_environment_is_not_repeated(told, monkeypatch):
    """What is raised may hold a URL, or a token."""
    veil_logs()
    monkeypatch.setenv("SOME_TOKEN", "s3cr3t-enough")
    guarded("init", Failing(1, ValueError("no answer for s3cr3t-enough at http://me:pw@example.com")))()
    assert "s3cr3t" not in told[0].text
    assert "pw@" not in told[0].text


def test_who_hears_and_raises_keeps_nobody_else_from_hearing(told, caplog):
    """And the listener's caller gets nothing of it."""
    supervised._hearers.insert(0, failing := Failing(1))
    guarded("init", Failing(1))()
    hear_no_more(failing)
    assert len(told) == 1
    assert "nobody could be told of that: ValueError: boom" in caplog.text


def test_a_greenlet_says_what_it_is(work):
    """In a debugger, and where gevent tells of it."""
    assert work("the watch").start(lambda: None).name == "locust_ext: the watch"


def test_a_fault_as_a_sentence():
    """It says whether what failed goes on."""
    assert supervised.Fault("a", "x", Stake.LOOKS).text == "a failed: x"
    assert supervised.Fault("a", "x", Stake.LOOKS, lost=False).text == "a failed and was started again: x"


def test_faults_are_said_again_in_the_next_run(told, caplog):
    """And each one that differs; a thousand of them are remembered, more of them are said each time."""
    for _ in range(2):
        guarded("a", Failing(1))()
    guarded("b", Failing(1))()
    assert len(caplog.records) == 2
    supervised.begin()
    guarded("a", Failing(1))()
    assert len(caplog.records) == 3
    supervised._said.update(range(1000 - len(supervised._said)))
    for _ in range(2):
        guarded("c", Failing(1))()
    assert len(caplog.records) == 5
    supervised.begin()


def test_how_loud_a_fault_is(told, caplog):
    """What is lost is an error, what goes on a warning."""
    caplog.set_level(logging.WARNING)
    supervised.report("a", ValueError("x"), Stake.LOOKS, lost=False)
    supervised.report("a", ValueError("x"), Stake.LOOKS)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


def test_each_step_is_taken(told):
    """Whatever those before it raised."""
    done = []
    supervised.each("the end", lambda: done.append(1), Failing(1), lambda: done.append(2))
    assert done == [1, 2]
    assert [(fault.where, fault.stake) for fault in told] == [("the end", Stake.EVIDENCE)]


def test_the_pauses_before_a_greenlet_begins_again(work, monkeypatch):
    """A tenth of a second, three tenths, a second; failures of more than ten seconds ago count no more."""
    slept, clock = [], SimpleNamespace(now=0.0)
    monkeypatch.setattr(supervised, "monotonic", lambda: clock.now)
    monkeypatch.setattr(
        supervised, "gevent", SimpleNamespace(sleep=slept.append, Timeout=gevent.Timeout, spawn=gevent.spawn)
    )
    work("four").start(Failing(99)).join()
    assert slept == [0.1, 0.3, 1.0]
    slept.clear()
    failing = Failing(3)

    def later():
        clock.now += 10.0 if failing.calls < 2 else 10.1
        failing()

    work("three").start(later).join()
    assert slept == [0.1, 0.3, 0.1]


def test_what_a_fault_is_if_nobody_says_more(told):
    """It is lost, and one of its run."""
    supervised.report("a", ValueError("x"), Stake.LOOKS)
    assert [(fault.lost, fault.lasts) for fault in told] == [(True, False)]
    one = supervised.Fault("a", "x", Stake.LOOKS)
    assert (one.lost, one.lasts) == (True, False)
