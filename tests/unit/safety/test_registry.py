"""Which runs are under way on this machine, and what stops them: only what holds its entry is there, or signalled."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from locust import rpc
from locust.exception import RPCError
from zmq.error import ZMQError

from locust_ext.measure.reporting import KILL
from locust_ext.safety import killing, registry
from locust_ext.safety.killing import Look, check_choice, kill_here, kill_master
from locust_ext.safety.registry import Registered, RegisteredRun, directory, entries
from locust_ext.text.problems import ConfigurationError

ME, HERE = os.getpid(), str(Path.cwd())


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Return where entries are in this test."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / f"locust-ext-{os.getuid()}"


@pytest.fixture
def signals(monkeypatch):
    """Return the signals that are sent, which nobody gets; ``signals.on`` is called instead."""
    sent = SimpleNamespace(all=[], on=lambda pid: None)

    def kill(pid, number):
        sent.all.append((pid, number))
        sent.on(pid)

    monkeypatch.setattr(killing.os, "kill", kill)
    return sent


@pytest.fixture
def clock(monkeypatch):
    """Return a clock of the command: it moves with each of its sleeps, which can be watched."""
    fake = SimpleNamespace(now=0.0, during=lambda: None)

    def sleep(seconds):
        fake.now += seconds
        fake.during()

    monkeypatch.setattr(killing, "time", SimpleNamespace(monotonic=lambda: fake.now, sleep=sleep))
    return fake


@pytest.fixture
def held(place):
    """Return a way to hold the lock of an entry, as another process does, until the test ends."""
    files = []

    def hold(content, pid=ME):
        place.mkdir(exist_ok=True)
        file = (place / f"{pid}.json").open("a+", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.write(content if isinstance(content, str) else json.dumps(content))
        file.flush()
        files.append(file)
        return file

    yield hold
    for file in files:
        file.close()


def dead(place, pid, **entry):
    """Leave an entry behind, as a process that was killed."""
    place.mkdir(exist_ok=True)
    path = place / f"{pid}.json"
    path.write_text(json.dumps({"pid": pid, "name": "gone", **entry}), encoding="utf-8")
    return path


def test_where_entries_are(place, monkeypatch, tmp_path):
    """In the user's own directory of the session, else in a temporary one that carries the user's number."""
    assert directory() == place
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(registry.tempfile, "gettempdir", lambda: str(tmp_path / "t"))
    assert directory() == tmp_path / "t" / place.name


def test_listed_while_it_is_held(place):
    """A process is listed from when it enters until it leaves, and nothing of it stays."""
    one = Registered("feed")
    assert list(entries()) == []
    one.enter()
    assert list(entries()) == [RegisteredRun(ME, "feed", directory=HERE)]
    assert list(entries()) == [RegisteredRun(ME, "feed", directory=HERE)], "looking changes nothing"
    one.leave()
    assert list(entries()) == []
    assert list(place.iterdir()) == []
    one.leave()
    one.enter()
    assert [entry.name for entry in entries()] == ["feed"]
    one.leave()


def test_only_the_owner_can_read_the_entries(place):
    """The directory is closed to others, whatever the mask of the process."""
    before = os.umask(0)
    try:
        one = Registered("feed")
        one.enter()
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o077 == 0
    one.leave()


def test_what_it_was_asked_and_what_it_said():
    """Each time that it was asked is counted, with the last answer; before it entered nothing is written."""
    one = Registered("feed")
    one.note("nobody is listed")
    one.enter()
    assert list(entries()) == [RegisteredRun(ME, "feed", 1, "nobody is listed", directory=HERE)]
    one.note("Stopped: a rather long reason – with a dash")
    one.note("No test is running.")
    assert list(entries()) == [RegisteredRun(ME, "feed", 3, "No test is running.", directory=HERE)]
    one.leave()
    one.note("too late")
    assert list(entries()) == []


def test_a_dead_entry_is_cleaned(place):
    """What a process has left that was killed is removed by anyone who looks."""
    path = dead(place, 4_000_000)
    assert list(entries()) == []
    assert not path.exists()


def test_a_dead_entry_is_never_signalled(place, signals, held):
    """Not even by its number: another process may have got it since."""
    dead(place, ME + 1)
    held({"pid": ME, "name": "feed"})
    with pytest.raises(ConfigurationError):
        kill_here([str(ME + 1)], pytest.fail)
    dead(place, ME + 1, name="feed")
    with pytest.raises(ConfigurationError):
        kill_here(["gone"], pytest.fail)
    assert signals.all == []


GARBAGE = [
    "",
    "not json",
    "[]",
    "[1, 2]",
    "5",
    "null",
    "{}",
    '{"pid": 1}',
    '{"pid": 1, "name": "a", "more": 2}',
    "\x00",
]


@pytest.mark.parametrize("content", GARBAGE, ids=lambda content: content or "nothing")
def test_garbage(place, held, content):
    """What cannot be read is not an entry: it is removed where nobody holds it, and hides no other."""
    file = held(content)
    assert list(entries()) == []
    assert (place / f"{ME}.json").exists(), "somebody holds it"
    file.close()
    held({"pid": 7, "name": "feed"}, pid=7)
    assert list(entries()) == [RegisteredRun(7, "feed")]
    assert not (place / f"{ME}.json").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40))
def test_any_bytes(place, content):
    """Whatever a file holds, to look at it raises nothing."""
    place.mkdir(exist_ok=True)
    path = place / "1.json"
    path.write_bytes(content)
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert list(entries()) == []
    assert list(entries()) == []
    assert not path.exists()


def test_what_is_no_file(place):
    """Directories and links to nowhere are left alone."""
    (place / "1.json").mkdir(parents=True)
    (place / "2.json").symlink_to(place / "nowhere")
    (place / "readme.txt").write_text("mine", encoding="utf-8")
    assert list(entries()) == []
    assert len(list(place.iterdir())) == 3


def test_no_directory():
    """Where nobody has ever entered there is nothing, and nothing is made."""
    assert list(entries()) == []
    assert not directory().exists()


def test_a_directory_of_somebody_else(place, monkeypatch):
    """Anyone who owns it could read and forge entries: it is refused."""
    place.mkdir()
    monkeypatch.setattr(registry.os, "getuid", lambda: 12_345)
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        Registered("feed", place).enter()
    assert list(place.iterdir()) == []


def test_a_directory_that_is_a_link(place, tmp_path):
    """It may lead anywhere: it is refused, too."""
    (tmp_path / "elsewhere").mkdir()
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        Registered("feed").enter()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_place_that_cannot_be(tmp_path):
    """An OSError says so; the process is not listed, and can still leave."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "missing" / "deeper"):
        one = Registered("feed", place)
        with pytest.raises(OSError, match=r"."):
            one.enter()
        one.note("still here")
        one.leave()


def test_an_entry_that_another_holds(held, place):
    """It is neither taken over nor removed."""
    held({"pid": ME, "name": "first"})
    second = Registered("second")
    with pytest.raises(OSError, match=r"."):
        second.enter()
    second.leave()
    assert list(entries()) == [RegisteredRun(ME, "first")]


def test_how_long_it_waits_for_its_entry(held, monkeypatch):
    """Who looks at an entry holds it for a moment: a fifth of a second, and it is said whose lock it is."""
    waits = []
    monkeypatch.setattr(registry.time, "sleep", waits.append)
    file = held({"pid": ME, "name": "first"})
    with pytest.raises(BlockingIOError, match=rf"{ME}\.json is held by another process"):
        Registered("second").enter()
    assert waits == [0.01] * 20

    def let_go(_):
        file.close()

    monkeypatch.setattr(registry.time, "sleep", let_go)
    one = Registered("second")
    one.enter()
    assert [entry.name for entry in entries()] == ["second"]
    one.leave()


def test_an_entry_under_another_number(held):
    """It speaks for nobody: its number would be signalled. Nor does one of everybody."""
    held({"pid": 8, "name": "feed"}, pid=7)
    held({"pid": 0, "name": "feed"}, pid=0)
    held({"pid": -1, "name": "feed"}, pid=-1)
    assert list(entries()) == []


def test_who_holds_an_entry(held, place):
    """Also while it is empty; not once its process is gone, nor where there is none."""
    file = held("", pid=7)
    dead(place, 8)
    assert [registry.is_held(pid) for pid in (7, 8, 9)] == [True, False, False]
    file.close()
    assert not registry.is_held(7)


def test_whether_it_runs_is_written_when_that_changes(place):
    """And not each time that somebody looks."""
    runs, writes = [False], []
    one = Registered("feed", running=lambda: runs[0])
    one.enter()
    write = one._write
    one._write = lambda: (writes.append(runs[0]), write())
    for runs[0] in (False, True, True, False):
        one.look()
        assert next(entries()).running is runs[0]
    assert writes == [True, False]
    one.leave()


def test_a_process_without_a_directory(monkeypatch):
    """It may have been removed."""

    def gone():
        raise FileNotFoundError

    monkeypatch.setattr(registry.Path, "cwd", gone)
    assert registry.working_directory() == ""


def test_a_letter_goes_with_its_reader(place):
    """What was not read when a process left is not left for the next one."""
    one = Registered("feed")
    one.enter()
    registry.letter_to(ME).touch()
    one.leave()
    assert list(place.iterdir()) == []


def test_an_entry_of_the_dead_with_this_number(place):
    """A process that got a dead one's number makes the entry its own."""
    dead(place, ME, asked=5, told="long ago", name="a name that is longer than the new one")
    one = Registered("feed")
    one.enter()
    assert list(entries()) == [RegisteredRun(ME, "feed", directory=HERE)]
    one.leave()


def test_somebody_looks_while_it_enters(monkeypatch):
    """Between making its file and holding it a process may be looked at: afterwards it is listed all the same."""
    lock, looked = fcntl.flock, []

    def flock(file, how):
        if not looked:
            looked.append(True)
            list(entries())
        lock(file, how)

    monkeypatch.setattr(registry.fcntl, "flock", flock)
    one = Registered("feed")
    one.enter()
    monkeypatch.undo()
    found = [entry.name for entry in entries(one._place)]
    one.leave()
    assert looked
    assert found == ["feed"]


@pytest.mark.parametrize("names", [[], ["feed"], [str(ME)]], ids=["all", "by name", "by number"])
def test_kill_without_any_run(names, signals):
    """It is a mistake that says that there is none."""
    with pytest.raises(ConfigurationError) as caught:
        kill_here(names, pytest.fail)
    assert str(caught.value) == (
        "locust_ext: nothing was stopped\n  - no such run is under way on this machine; there is none"
    )
    assert signals.all == []


def test_kill_names_what_there_is(held, signals):
    """Anyone who mistyped a name sees those that are there, with their numbers."""
    held({"pid": 7, "name": "feed"}, pid=7)
    held({"pid": 8, "name": "shop"}, pid=8)
    with pytest.raises(ConfigurationError, match=r"there is feed \(7\), shop \(8\)"):
        kill_here(["fede"], pytest.fail)
    assert signals.all == []


WAYS_TO_NAME = {"nothing": [], "its name": ["feed"], "its number": [str(ME)], "among others": ["other", "feed"]}


@pytest.mark.parametrize("names", WAYS_TO_NAME.values(), ids=WAYS_TO_NAME)
def test_kill_a_run(names, signals, clock):
    """It is signalled once, and what it says to that is repeated."""
    one, said = Registered("feed"), []
    one.enter()
    one.note("an earlier answer")
    signals.on = lambda pid: one.note("Stopped: SIGUSR1 came")
    assert kill_here(names, said.append) == 0
    one.leave()
    assert signals.all == [(ME, signal.SIGUSR1)]
    assert said == [f"feed ({ME}): Stopped: SIGUSR1 came"]


SIGNALS = [
    pytest.param(True, [(7, signal.SIGUSR1)], id="a run that listens"),
    pytest.param(False, [], id="one whose locustfile has a use of its own for the signal"),
]


@pytest.mark.parametrize("listens, sent", SIGNALS)
def test_kill_asks_in_writing_too(held, signals, clock, listens, sent):
    """Whose the signal is may change while it runs; where it is not ours nothing is signalled."""
    held({"pid": 7, "name": "feed", "signal": listens}, pid=7)
    assert kill_here(["feed"], lambda _: None) == 1
    assert registry.letter_to(7).exists()
    assert signals.all == sent


def test_kill_where_nothing_can_be_written(held, signals, clock, monkeypatch):
    """The signal is enough."""
    held({"pid": 7, "name": "feed"}, pid=7)
    monkeypatch.setattr(killing, "letter_to", lambda _: Path("/dev/null/7.stop"))
    assert kill_here(["feed"], lambda _: None) == 1
    assert signals.all == [(7, signal.SIGUSR1)]


def test_kill_only_those_that_were_meant(held, signals, clock):
    """Others are left alone; of one name all are meant."""
    for pid, name in ((7, "feed"), (8, "shop"), (9, "feed")):
        held({"pid": pid, "name": name}, pid=pid)
    assert kill_here(["feed"], lambda _: None) == 1
    assert signals.all == [(7, signal.SIGUSR1), (9, signal.SIGUSR1)]


WHICH = "say which: locust-ext kill NAME, or its number; --all means all of these"
THERE = [
    ("two in this directory", [("feed", HERE, True), ("shop", HERE, True)]),
    ("one elsewhere", [("feed", "/elsewhere", True)]),
    ("one of which nobody knows where", [("feed", "", True)]),
]


@pytest.mark.parametrize("runs", [row[1] for row in THERE], ids=[row[0] for row in THERE])
def test_kill_without_a_name_asks_for_one(held, signals, runs):
    """All that runs is listed, and nothing is stopped."""
    for number, (name, where, running) in enumerate(runs, 7):
        held({"pid": number, "name": name, "directory": where, "running": running}, pid=number)
    with pytest.raises(ConfigurationError) as caught:
        kill_here([], pytest.fail)
    first, question, *listed = str(caught.value).splitlines()
    assert (first, question) == ("locust_ext: nothing was stopped", f"  - {WHICH}")
    assert listed == [
        f"  - {name} ({number}){f', in {where}' if where else ''}" for number, (name, where, _) in enumerate(runs, 7)
    ]
    assert signals.all == []


def test_kill_without_a_name_takes_the_one_of_this_directory(held, signals, clock):
    """Whatever runs elsewhere; and what idles there is told apart in the list."""
    held({"pid": 7, "name": "shop", "directory": "/elsewhere"}, pid=7)
    one, said = Registered("feed"), []
    one.enter()
    signals.on = lambda pid: one.note("Stopped")
    assert kill_here([], said.append) == 0
    assert said == [f"feed ({ME}): Stopped"]
    held({"pid": 8, "name": "web", "directory": HERE}, pid=8)
    with pytest.raises(ConfigurationError, match=r"shop \(7\), in /elsewhere: no test is running\n"):
        kill_here([], pytest.fail)
    one.leave()
    assert signals.all == [(ME, signal.SIGUSR1)]


def test_kill_in_a_directory_that_is_gone(held, signals, monkeypatch):
    """Nobody knows what this directory is, so a name is asked for."""
    monkeypatch.setattr(killing, "working_directory", lambda: "")
    held({"pid": 7, "name": "feed", "directory": ""}, pid=7)
    with pytest.raises(ConfigurationError, match="say which"):
        kill_here([], pytest.fail)


def test_kill_all(held, signals, clock):
    """Of this user and this machine, wherever they are."""
    for pid in (7, 8):
        held({"pid": pid, "name": "feed", "directory": f"/{pid}"}, pid=pid)
    assert kill_here([], lambda _: None, everything=True) == 1
    assert signals.all == [(7, signal.SIGUSR1), (8, signal.SIGUSR1)]


@pytest.mark.parametrize(
    "choice", [(["feed"], "", True), (["feed"], "master", False), ([], "master", True), (["a"], "b", True)], ids=str
)
def test_only_one_way_of_saying_which(choice):
    """Two of them mean different runs, and one would be forgotten."""
    names, master, everything = choice
    with pytest.raises(ConfigurationError, match="say one thing"):
        check_choice(names, master, everything=everything)
    for names, master, everything in ([], "", False), (["a", "b"], "", False), ([], "m", False), ([], "", True):
        check_choice(names, master, everything=everything)


def test_it_is_called_stopped_when_it_is_over(signals, clock):
    """What a run has said is repeated once it was seen to be true, not before."""
    runs, said = [True], []
    one = Registered("feed", running=lambda: runs[0])
    one.enter()
    assert [entry.running for entry in entries()] == [True]
    signals.on = lambda pid: one.note("Stopped: SIGUSR1 came")

    def end():
        assert not said
        if clock.now > 12:
            runs[0] = False
            one.look()

    clock.during = end
    assert kill_here(["feed"], said.append) == 0
    one.leave()
    assert (said, clock.now > 12) == ([f"feed ({ME}): Stopped: SIGUSR1 came"], True)


def test_the_first_answer_counts(signals, clock):
    """It is asked by a signal and in writing: the second time nothing runs any more."""
    runs, said = [True], []
    one = Registered("feed", running=lambda: runs[0])
    one.enter()
    signals.on = lambda pid: one.note("Stopped: SIGUSR1 came")

    def end():
        runs[0] = False
        one.note("No test is running.")

    clock.during = end
    assert kill_here(["feed"], said.append) == 0
    one.leave()
    assert said == [f"feed ({ME}): Stopped: SIGUSR1 came"]


def test_a_run_that_goes_on_is_not_called_stopped(signals, clock):
    """It has said so, and nobody has seen it: the number tells that, and what else helps."""
    one, said = Registered("feed", running=lambda: True), []
    one.enter()
    signals.on = lambda pid: one.note("Stopped: SIGUSR1 came")
    assert kill_here(["feed"], said.append) == 1
    one.leave()
    assert said == [
        f"feed ({ME}): it was told to stop, and has not within 30 s; kill -9 {ME} ends it, and its workers fall silent"
    ]


def test_an_entry_of_a_newer_release(held):
    """What this release does not know is left out."""
    held({"pid": 7, "name": "feed", "mood": "good"}, pid=7)
    assert list(entries()) == [RegisteredRun(7, "feed")]


def test_kill_a_run_that_answers_later(signals, clock):
    """It gets some seconds; an answer of before does not count."""
    one, said = Registered("feed"), []
    one.enter()
    one.note("an earlier answer")

    def answer():
        if 3 < clock.now < 3.06:
            one.note("No test is running.")

    clock.during = answer
    assert kill_here([], said.append) == 0
    one.leave()
    assert clock.now < 4
    assert said == [f"feed ({ME}): No test is running."]


def test_kill_a_run_that_does_not_answer(held, signals, clock):
    """It is named, with what else helps; it is never called stopped."""
    said = []
    held({"pid": 7, "name": "feed", "asked": 3, "told": "Stopped: long ago"}, pid=7)
    assert kill_here(["feed"], said.append) == 1
    assert said == ["feed (7): it does not answer; kill -9 7 ends it, and its workers fall silent"]
    assert clock.now >= 5.0


def test_kill_one_that_answers_and_one_that_does_not(held, signals, clock):
    """Both are told, and it counts as not done."""
    said, one = [], Registered("shop")
    one.enter()
    held({"pid": 7, "name": "feed"}, pid=7)
    signals.on = lambda pid: one.note("Stopped") if pid == ME else None
    assert kill_here([], said.append, everything=True) == 1
    one.leave()
    assert sorted(text.partition(":")[0] for text in said) == sorted([f"shop ({ME})", "feed (7)"])


def test_kill_a_run_that_ends(held, signals, clock):
    """A process that is gone has ended."""
    said = []
    file = held({"pid": 7, "name": "feed"}, pid=7)
    signals.on = lambda pid: file.close()
    assert kill_here(["feed"], said.append) == 0
    assert said == ["feed (7): it has ended"]


def test_an_entry_that_is_being_written_has_not_ended(held, signals, clock):
    """While its process holds it an entry may be empty for a moment: nothing is called ended that lives."""
    said = []
    file = held({"pid": 7, "name": "feed"}, pid=7)

    def begin(pid):
        file.seek(0)
        file.truncate()

    def finish():
        if not said and clock.now > 0.2:
            file.seek(0)
            file.truncate()
            json.dump({"pid": 7, "name": "feed", "asked": 1, "told": "Stopped: SIGUSR1 came"}, file)
            file.flush()

    signals.on, clock.during = begin, finish
    assert kill_here(["feed"], said.append) == 0
    assert said == ["feed (7): Stopped: SIGUSR1 came"]


def test_kill_a_run_that_ended_in_between(held, monkeypatch):
    """A process that is gone before its signal has ended; it is not a traceback."""

    def kill(pid, number):
        raise ProcessLookupError(3, "No such process")

    file, said = held({"pid": 7, "name": "feed"}, pid=7), []
    monkeypatch.setattr(killing.os, "kill", lambda pid, number: (file.close(), kill(pid, number)))
    assert kill_here(["feed"], said.append) == 0
    assert said == ["feed (7): it has ended"]


@pytest.mark.parametrize("address", ["", ":5557", "master:port", "master:-1", "::1", "master:5557:1", "master:²"])
def test_what_is_no_address_of_a_master(address, monkeypatch):
    """It is a mistake that shows how it is written; nothing is sent."""
    monkeypatch.setattr(rpc.zmqrpc, "Client", pytest.fail)
    with pytest.raises(ConfigurationError, match=r"--master: .* is not an address; write it as HOST:5557"):
        kill_master(address, pytest.fail)


def test_an_address_that_the_wire_refuses(monkeypatch):
    """What zmq does not take for an address is none: a mistake, and no traceback."""

    def client(host, port, identity):
        raise ZMQError(22, f"Invalid argument (addr='tcp://{host}:{port}')")

    monkeypatch.setattr(rpc.zmqrpc, "Client", client)
    with pytest.raises(ConfigurationError, match="is not an address"):
        kill_master("a b", pytest.fail)


class Wire:
    """A client of Locust's, and the master at its other end, which answers one message after the other."""

    def __init__(self, *answers):
        self.answers, self.sent, self.to, self.closed = list(answers), [], None, 0

    def __call__(self, host, port, identity):
        self.to = (host, port)
        return self

    def send(self, message):
        self.sent.append(message)

    def recv(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            gevent.sleep(60)
        return SimpleNamespace(data=answer)

    def close(self, linger=None):
        self.closed += 1


GOES, OVER = {"running": True}, {"running": False}
STOPPED = {"told": "Stopped: somebody"}
SILENT = "no master answers within 0.01 s; does it use locust_ext?"
UNSEEN = "it was told to stop, and was not seen to within 0.2 s"
ODD = "it answered, but not what was expected"
MASTERS = [
    ("it stops", "master", [STOPPED, OVER], False, ("master", 5557), 0, "master: Stopped: somebody"),
    ("it takes its time", "m", [STOPPED, GOES, GOES, OVER], False, ("m", 5557), 0, "m: Stopped: somebody"),
    ("at its port", "m:99", [{"told": "No test is running."}, OVER], False, ("m", 99), 0, "m:99: No test is running."),
    ("its process ends", "m", [STOPPED, GOES, None], True, ("m", 5557), 0, "m: Stopped: somebody"),
    ("it goes on", "m", [STOPPED, GOES], True, ("m", 5557), 1, f"m: {UNSEEN}"),
    ("it says no more", "m", [STOPPED, None], False, ("m", 5557), 1, f"m: {UNSEEN}"),
    ("its wire breaks", "m", [STOPPED, RPCError("x")], False, ("m", 5557), 1, f"m: {UNSEEN}"),
    ("no answer", "m", [None], True, ("m", 5557), 1, f"m: {SILENT}"),
    ("a broken wire", "m", [RPCError("x")], True, ("m", 5557), 1, f"m: {SILENT}"),
    ("an answer that says nothing", "m", [{}], True, ("m", 5557), 1, f"m: {ODD}"),
    ("an answer that is none", "m", ["Stopped"], True, ("m", 5557), 1, f"m: {ODD}"),
]


@pytest.mark.parametrize(
    "address, answers, gone, to, code, said", [r[1:] for r in MASTERS], ids=[r[0] for r in MASTERS]
)
@pytest.mark.slow
@pytest.mark.usefixtures("virtual")
def test_kill_a_master(monkeypatch, address, answers, gone, to, code, said):
    """It is told once, and looked at until it is over; who was not seen to stop is not called stopped."""
    wire, texts = Wire(*answers), []
    monkeypatch.setattr(rpc.zmqrpc, "Client", wire)
    for name, seconds in (("ANSWERS", 0.01), ("_LOOK_ANSWERS", 0.01), ("ENDS", 0.2)):
        monkeypatch.setattr(killing, name, seconds)
    monkeypatch.setattr(killing, "_has_gone", lambda *_: gone)
    assert kill_master(address, texts.append) == code
    assert (wire.to, texts, wire.closed) == (to, [said], 1)
    assert [message.type for message in wire.sent][:2] == [KILL, Look.type][: len(wire.sent)]
    assert "run" not in wire.sent[0].data, "from outside it is for whatever runs"


@pytest.mark.sockets  # it waits for none
def test_whether_a_master_has_gone():
    """Only a port that refuses is one where nobody listens; what is not known is not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert not killing._has_gone("127.0.0.1", port)
    assert killing._has_gone("127.0.0.1", port)
    assert not killing._has_gone("no-such-host.invalid", 1)
