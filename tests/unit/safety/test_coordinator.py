"""What the process that judges does for safety: it is listed, answers, lends and watches, and writes the run log."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import gevent
import pytest

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.process import supervised
from locust_ext.process.wire import Inbox
from locust_ext.safety import coordinator as module
from locust_ext.safety.agent import KILLED
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.safety.killing import Look
from locust_ext.safety.registry import entries, letter_to

HERE, SHOP = "http://127.0.0.1:9", "https://shop.example.com"


class Agent:
    """Keeps what it is told."""

    def __init__(self):
        self.told, self.has_signal, self.note = [], True, None

    def listen(self, note):
        self.note = note
        return self.has_signal

    def stop_now(self, reason):
        self.told.append(("stop", reason))
        return f"Stopped: {reason}"

    def lend(self, safety, run):
        self.told.append(("lend", safety.rate_cap, run))

    def watch(self, alarm, window):
        self.told.append(("watch", alarm and alarm.url, window))


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where entries are, and runs are written down, in this test."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("LOAD_TEST_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class At(datetime):
    """A clock that stands in a window."""

    @classmethod
    def now(cls, tz=None):
        """Return half past two."""
        return datetime(2026, 11, 24, 2, 30, tzinfo=tz)


@pytest.fixture
def made():
    """Return a coordinator, whose run is under way."""
    sent = []
    runner = SimpleNamespace(send_message=lambda kind, data, client_id: sent.append((kind, data, client_id)))
    one = SafetyCoordinator(Agent(), runner, "feed", lambda: one.runs)
    one.runs, one.sent = True, sent
    yield one
    one.let_go()


def intent(hosts=(HERE,), **safety):
    """Return the rules of a run."""
    plan = Plan(name="feed", config=Config.model_validate({"safety": safety}), source="feed.yml")
    return replace(plan.safety, hosts=hosts, git_sha="0123abcd", users=20.0, shape="smoke", name="feed")


def written(file):
    """Return the entries of a run log."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_it_is_listed_from_its_installation_on(made):
    """Under its name, with whether a run is under way; and no more once it lets go."""
    made.install()
    (entry,) = entries()
    assert (entry.pid, entry.name, entry.signal, entry.running) == (os.getpid(), "feed", True, True)
    made._agent.note("Stopped: because")
    assert next(entries()).told == "Stopped: because"
    made.let_go()
    assert list(entries()) == []


def test_a_signal_of_the_locustfile(made, caplog):
    """It does not stop the run: that is said, and stands in the entry."""
    made._agent.has_signal = False
    made.install()
    assert not next(entries()).signal
    assert "SIGUSR1 is the locustfile's own here and does not stop the run; locust-ext kill does" in caplog.text


def test_a_place_that_cannot_be(made, caplog, place, monkeypatch):
    """Nobody finds the run then: that is said, and it goes on."""
    (place / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place / "file"))
    made.install()
    assert "locust-ext kill will not find this run: " in caplog.text


def test_a_letter_stops_the_run(made, monkeypatch):
    """It looks twice a second, answers in its entry, and tells when a run has ended."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        gevent.sleep(0)

    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep))
    made.install()
    settle()
    assert made._agent.told == []
    letter_to(os.getpid()).touch()
    made.runs = False
    settle()
    assert made._agent.told == [("stop", "somebody called locust-ext kill")]
    (entry,) = entries()
    assert (entry.asked, entry.told, entry.running) == (1, "Stopped: somebody called locust-ext kill", False)
    made.runs = True
    settle()
    assert next(entries()).running
    assert set(slept) == {0.5}
    made.let_go()
    settle()
    slept.clear()
    settle()
    assert not slept


def settle():
    """Let everything run that can without time passing."""
    for _ in range(5):
        gevent.sleep(0)


def test_a_look_for_letters_that_fails_is_a_fault_of_the_process(made, monkeypatch):
    """It is not forgotten with the run in which it failed."""
    monkeypatch.setattr(supervised, "PAUSES", ())
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=lambda _: 1 / 0))
    faults = []
    supervised.hear(faults.append)
    made.install()
    settle()
    supervised.hear_no_more(faults.append)
    assert [(fault.where, fault.lasts) for fault in faults] == [("the look for letters that ask to stop", True)]


@pytest.mark.parametrize("runs", [True, False])
def test_who_stopped_it_asks_whether_it_is_over(made, runs):
    """The one who asks is answered, and nobody else."""
    made.runs = runs
    ((kind, handler, *_),) = made.messages(Inbox(lambda *_: None))
    assert kind == Look.type
    handler(SimpleNamespace(node_id="asker", data={}))
    assert made.sent == [(KILLED, {"running": runs}, "asker")]


PRODUCTION = {
    "window": "2026-11-24 02:00/03:00 UTC",
    "on_call": "Ada",
    "dashboard": "https://d.example.com",
    "announcement": "https://chat.example.com/a",
}

LOCKS = [
    pytest.param((HERE,), {}, False, id="nothing"),
    pytest.param((HERE,), {"rate_cap": "5/s"}, True, id="a cap"),
    pytest.param((HERE,), {"kill_switch": {"env": "FLAG"}}, True, id="a kill switch"),
    pytest.param((SHOP,), {}, True, id="production"),
    pytest.param((HERE,), {"origins": [SHOP]}, True, id="another origin that is production"),
    pytest.param((HERE,), {"abort": {"error_rate": 0.5}}, False, id="rules that only the master follows"),
]


@pytest.mark.parametrize("hosts, safety, locks", LOCKS)
def test_who_could_do_harm(hosts, safety, locks):
    """A process that does not follow the rules, where there are some."""
    assert SafetyCoordinator.locks(intent(hosts, **safety)) is locks


def test_who_could_do_harm_without_a_mark():
    """Also a process that does not mark what others mark."""
    plan = Plan(name="feed", config=Config.model_validate({"tenant": {}}), source="feed.yml")
    assert SafetyCoordinator.locks(plan.safety) is True


ACKS = [
    pytest.param((SHOP,), {}, {}, True, id="production"),
    pytest.param((HERE,), {}, {"abort": {"error_rate": 0.5}}, False, id="elsewhere"),
    pytest.param((SHOP,), {}, {"abort": {"ack": False}}, False, id="nobody wants it"),
    pytest.param((SHOP,), None, {}, False, id="nothing is marked"),
]


@pytest.mark.parametrize("hosts, tenant, safety, acks", ACKS)
def test_who_must_acknowledge(hosts, tenant, safety, acks):
    """Production, unless the rules say otherwise."""
    config = Config.model_validate({"safety": safety, **({} if tenant is None else {"tenant": tenant})})
    rules = replace(Plan(name="feed", config=config, source="feed.yml").safety, hosts=hosts)
    told = SafetyCoordinator.orders(None, rules)
    assert (told.acks, told.signed) == (acks, False)
    assert (told.tenant is None) is (tenant is None)


def test_a_key_signs(monkeypatch):
    """Then every process must have it."""
    monkeypatch.setenv("LOAD_TEST_KEY", "2026-01:a secret of sixteen")
    plan = Plan(name="feed", config=Config.model_validate({"tenant": {}}), source="feed.yml")
    assert SafetyCoordinator.orders(None, plan.safety).signed is True


def test_a_run_elsewhere(made, place):
    """Nothing is watched and nothing is written, unless a log is named."""
    made.begins(intent(rate_cap="5/s"), "run-1")
    assert made._agent.told == [("lend", 5.0, "run-1"), ("watch", None, 0.0)]
    assert not list(place.glob("*.jsonl"))
    made.begins(intent(run_log="logs/mine.jsonl"), "run-2")
    (entry,) = written(place / "logs" / "mine.jsonl")
    assert (entry["run"], entry["cap"], entry["window"], entry["kind"]) == ("run-2", "", "", "private")


def test_a_run_in_production(made, place, monkeypatch):
    """Its window and its alarm are watched, and it is written down, with all that is known of it."""
    monkeypatch.setattr(module, "datetime", At)
    safety = {
        "production": {**PRODUCTION, "go_ahead_for": "shop.example.com"},
        "rate_cap": "20/s",
        "abort": {"alarm": {"url": "https://alarm.internal"}},
    }
    made.begins(intent((SHOP,), **safety), "run-1")
    assert made._agent.told[:2] == [("lend", 20.0, "run-1"), ("watch", "https://alarm.internal", 1800.0)]
    (entry,) = written(place / "load-test-runs.jsonl")
    for unknown in ("at", "who", "machine"):
        assert entry.pop(unknown)
    assert entry == {
        "event": "started",
        "run": "run-1",
        "name": "feed",
        "hosts": [SHOP],
        "kind": "production",
        "shape": "smoke",
        "users": 20.0,
        "cap": "20/s",
        "window": PRODUCTION["window"],
        "on_call": "Ada",
        "announcement": PRODUCTION["announcement"],
        "git_sha": "0123abcd",
    }


def test_a_run_without_the_go_ahead(made):
    """It ends as it begins: with how to say that the host is not production, and the first thing that is missing."""
    made.begins(intent((SHOP,)), "run-1")
    (_, _, (what, why)) = made._agent.told
    assert what == "stop"
    assert why.startswith("the guard: safety.production.staging: if this host is not production, add it to ")
    assert "; safety.production.window: it is missing" in why
    assert why.endswith(f"{SHOP} counts as production")


def judged(**figures):
    """Return a run that passed."""
    rows = [SimpleNamespace(metric=metric, figures=values) for metric, values in figures.items()]
    verdict = SimpleNamespace(word="passed", exit_code=0, reason="3 thresholds passed")
    return SimpleNamespace(id="run-1", name="feed", duration=60.5, verdict=verdict, series=rows)


def test_the_end_of_a_run(made, place):
    """Requests of all kinds count, and nothing else; where nothing is logged nothing is written."""
    made.write_down(judged())
    made.begins(intent(run_log="mine.jsonl"), "run-1")
    made.write_down(judged(http_reqs={"value": 1200.4}, reqs={"value": 7.0}, iterations={"value": 99.0}))
    made.write_down(judged(http_reqs={}))
    (_, entry, none) = written(place / "mine.jsonl")
    entry.pop("at")
    assert entry == {
        "event": "ended",
        "run": "run-1",
        "name": "feed",
        "verdict": "passed",
        "exit_code": 0,
        "reason": "3 thresholds passed",
        "duration_s": 60.5,
        "requests": 1207,
    }
    assert none["requests"] == 0


def test_a_log_that_cannot_be_written(made, place, caplog):
    """It is an error that is said in words, and the run goes on."""
    (place / "file").touch()
    with caplog.at_level(logging.ERROR):
        made.begins(intent(run_log="file/mine.jsonl"), "run-1")
    assert "the run log file/mine.jsonl was not written: " in caplog.text
