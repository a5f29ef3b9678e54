"""The kill switch under four workers: every source, flipped in the middle of a run, and every way for it to be unclear."""

from __future__ import annotations

import os
import signal
import time

import pytest
import requests

from tests.integration.conftest import command, free_port, rows, wait_until
from tests.integration.flagpole import Flagpole
from tests.integration.hammer import HAMMER
from tests.integration.ledger import Ledger

QUIET = 3.0
"""Seconds from the flip to the last request; nothing here is in flight for longer than a few milliseconds."""


@pytest.fixture
def ledger():
    book = Ledger()
    yield book
    book.stop()


@pytest.fixture
def pole():
    flags = Flagpole()
    yield flags
    flags.stop()


PROVIDER = """
    from openfeature.contrib.provider.ofrep import OFREPProvider

    def ofrep():
        return OFREPProvider("{url}")
"""

SOURCES = {
    "a file": "{{file: allowed}}",
    "a URL": "{{url: '{url}/flags', pointer: /load-test/allowed}}",
    "a variable": "{{env: MAY_LOAD}}",
    "OpenFeature": "{{openfeature: load-test, provider: 'flags_of_ours:ofrep'}}",
}

FLIPPED = [
    ("a file", "the kill switch: file allowed is missing"),
    ("a URL", "the kill switch: url {url}/flags"),
    ("a variable", "the kill switch: env MAY_LOAD"),
    ("OpenFeature", "the kill switch: openfeature flag load-test"),
]
ENV_FLIPS = """
    import os, pathlib
    import gevent
    from locust import events

    def _flip():
        while not pathlib.Path("flip").exists():
            gevent.sleep(0.05)
        os.environ["MAY_LOAD"] = "no"

    events.init.add_listener(lambda **_: gevent.spawn(_flip))
"""


def begin(start, write, tmp_path, ledger, pole, source, *more):
    """Start a run with this kill switch, all flags up."""
    write("allowed", "")
    write("flags_of_ours.py", PROVIDER.format(url=pole.url))
    switch = SOURCES[source].format(url=pole.url)
    write("hammer.yml", f"safety: {{rate_cap: 80/s, kill_switch: {switch}}}")
    return start(
        *("-f", write("hammer.py", HAMMER + ENV_FLIPS), "--headless", "-u", 16, "-r", 16, "-t", "60s"),
        *("-H", ledger.url, *more),
        env={"MAY_LOAD": "yes", "PYTHONPATH": str(tmp_path)},
    )


@pytest.mark.parametrize("source, reason", rows([(row[0], *row) for row in FLIPPED], "a file"))
def test_a_source_is_flipped_under_four_workers(start, write, tmp_path, ledger, pole, source, reason):
    """Quiet within three seconds, exit code 108, and the source is named."""
    run = begin(start, write, tmp_path, ledger, pole, source, "--processes", 4)
    wait_until(lambda: len(ledger.times) > 150, "150 requests", 30)

    (tmp_path / "allowed").unlink()
    pole.allowed = False
    (tmp_path / "flip").touch()
    flipped = time.monotonic()
    finished = run.finish()

    assert finished.code == 108, finished.out + finished.err
    assert ledger.last_after(flipped) <= QUIET
    assert finished.summary["verdict"] == "aborted"
    assert reason.format(url=pole.url) in finished.summary["reason"]
    assert {"stopped"} == {finding["kind"] for finding in finished.summary["findings"]}


def signal_worker(run):
    wait_until(lambda: len(run.workers()) == 4, "four workers")
    os.kill(run.workers()[2], signal.SIGUSR1)


def call_kill(*arguments, env=None, cwd=None):
    return command("kill", *arguments, env=env, cwd=cwd)


def by_command(run):
    done = call_kill(str(run.process.pid))
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(run.process.pid) in done.stdout


BY_HAND = {
    "SIGUSR1 to the master": (lambda run: run.send(signal.SIGUSR1), "SIGUSR1"),
    "SIGUSR1 to a worker": (signal_worker, "SIGUSR1"),
    "locust-ext kill PID": (by_command, "SIGUSR1"),
}


@pytest.mark.parametrize("how", rows({how: how for how in BY_HAND}, "SIGUSR1 to a worker", "locust-ext kill PID"))
def test_a_person_stops_it_under_four_workers(start, write, tmp_path, ledger, pole, how):
    """A signal to any process, or the command, which returns when it has seen so: all of them fall silent."""
    run = begin(start, write, tmp_path, ledger, pole, "a file", "--processes", 4)
    wait_until(lambda: len(ledger.times) > 150, "150 requests", 30)
    pull, reason = BY_HAND[how]

    pull(run)
    pulled = time.monotonic()
    finished = run.finish()

    assert finished.code == 108, finished.out + finished.err
    assert ledger.last_after(pulled) <= (0 if pull is by_command else QUIET)
    assert reason in finished.summary["reason"]


@pytest.mark.parametrize("processes", rows({"one process": (), "two workers": ("--processes", 2)}, "two workers"))
def test_a_run_without_any_rules_can_be_stopped_too(start, write, ledger, processes):
    """Nothing was configured, and users have ten seconds to finish: nothing more is sent all the same."""
    hammer = write("hammer.py", HAMMER.replace("constant(0)", "constant(0.05)"))
    run = start("-f", hammer, "--headless", "-u", 8, "-t", "60s", "-H", ledger.url, "--stop-timeout", 10, *processes)
    wait_until(lambda: len(ledger.times) > 150, "150 requests", 30)

    by_command(run)
    pulled = time.monotonic()
    finished = run.finish()

    assert finished.code == 108, finished.out + finished.err
    assert not ledger.since(pulled)


def test_a_master_elsewhere_is_told_over_its_port(start, write, tmp_path, ledger, pole):
    """Headless, without a web UI: the command speaks to the port that workers use."""
    port = free_port()
    more = ("--processes", 2, "--master-bind-port", port, "--master-port", port)
    run = begin(start, write, tmp_path, ledger, pole, "a file", *more)
    wait_until(lambda: len(ledger.times) > 150, "150 requests", 30)

    done = call_kill("--master", f"127.0.0.1:{port}")
    pulled = time.monotonic()
    finished = run.finish()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Stopped: somebody called locust-ext kill" in done.stdout
    assert finished.code == 108
    assert not ledger.since(pulled)
    assert "locust-ext kill" in finished.summary["reason"]


def test_the_command_without_a_name_in_the_directory_of_a_web_ui(start, write, tmp_path, ledger):
    """It asks where two are meant, and says that the test was stopped when that is over."""
    env, port = {"XDG_RUNTIME_DIR": str(tmp_path)}, free_port()
    users = write("hammer.py", HAMMER.replace("constant(0)", "constant(0.05)"))
    ui = start("-f", users, "--web-host", "127.0.0.1", "--web-port", port, "-H", ledger.url, env=env)
    other = start("-f", users, "--headless", "-u", 1, "-t", "60s", "-H", ledger.url, env=env)
    wait_until(lambda: len(list((tmp_path / f"locust-ext-{os.getuid()}").glob("*.json"))) == 2, "two entries")
    wait_until(lambda: ledger.times, "a request")
    asked = call_kill(env=env, cwd=tmp_path)
    by_number = call_kill(str(other.process.pid), env=env)
    swarm = {"user_count": 4, "spawn_rate": 4}

    def stats():
        return requests.get(f"http://127.0.0.1:{port}/stats/requests", timeout=5).json()

    assert requests.post(f"http://127.0.0.1:{port}/swarm", swarm, timeout=5).json()["success"]
    wait_until(lambda: stats()["total_rps"] > 1, "requests")
    stopped = call_kill(env=env, cwd=tmp_path)
    returned = time.monotonic()
    wait_until(lambda: stats()["state"] == "stopped", "Locust's page to say so")

    assert asked.returncode == 104
    assert "say which: locust-ext kill NAME" in asked.stderr
    assert f"hammer ({ui.process.pid}), in {tmp_path}: no test is running" in asked.stderr
    assert f"hammer ({other.process.pid}), in {tmp_path}\n" in asked.stderr
    assert (by_number.returncode, other.finish().code) == (0, 108)
    assert stopped.returncode == 0
    assert f"hammer ({ui.process.pid}): Stopped: " in stopped.stdout
    assert not ledger.since(returned)


def test_the_command_says_when_there_is_nothing_to_stop(tmp_path):
    """And where nobody listens, it says that as well, and does not hang."""
    nothing = call_kill("no-such-run", env={"XDG_RUNTIME_DIR": str(tmp_path)})
    nobody = call_kill("--master", f"127.0.0.1:{free_port()}")

    assert nothing.returncode == 104
    assert "no such run is under way" in nothing.stderr
    assert nobody.returncode == 1
    assert "no master answers" in nobody.stdout


MOODS = {
    "hangs": lambda pole, _: setattr(pole, "mood", "hang"),
    "answers 500": lambda pole, _: setattr(pole, "mood", "error"),
    "sends garbage": lambda pole, _: setattr(pole, "mood", "garbage"),
    "is gone": lambda pole, _: pole.stop(),
}


@pytest.mark.parametrize(
    "source, mood",
    [
        *(("a URL", mood) for mood in ("hangs", "is gone")),
        *(pytest.param("a URL", mood, marks=pytest.mark.long) for mood in ("answers 500", "sends garbage")),
        pytest.param("OpenFeature", "hangs", marks=pytest.mark.timed),
    ],
)
def test_a_flag_server_in_trouble_stops_the_run(start, write, tmp_path, ledger, source, mood):
    """Whatever is not a yes is a no."""
    pole = Flagpole()
    run = begin(start, write, tmp_path, ledger, pole, source)
    wait_until(lambda: len(ledger.times) > 100, "100 requests", 30)

    MOODS[mood](pole, tmp_path)
    troubled = time.monotonic()
    finished = run.finish()

    assert finished.code == 108, finished.out + finished.err
    assert ledger.last_after(troubled) <= QUIET
    assert "Traceback" not in finished.err


CLOSED = [
    ("a file that says no", "allowed", "stop", "{file: allowed}", "file allowed says stop"),
    ("a file that is not there", "other", "", "{file: allowed}", "file allowed is missing"),
    ("a file of something else", "allowed", "key=s3cret-canary", "{file: allowed}", "holds none of the words"),
    ("a server that is not there", "other", "", "{url: 'http://127.0.0.1:1/flag'}", "url http://127.0.0.1:1/flag"),
    ("a variable that is not set", "other", "", "{env: NOT_SET}", "env NOT_SET"),
    (
        "a header without its variable",
        "other",
        "",
        "{url: 'http://127.0.0.1:1', headers_env: {A: NOT_SET}}",
        "$NOT_SET",
    ),
    ("a provider that is none", "other", "", "{openfeature: x, provider: 'no_such:thing'}", "no_such"),
]


@pytest.mark.parametrize("file, text, switch, said", [row[1:] for row in CLOSED], ids=[row[0] for row in CLOSED])
def test_without_a_yes_at_the_start_nothing_is_sent(locust, write, ledger, file, text, switch, said):
    """104, with the source and what it said; the target hears nothing."""
    write(file, text)
    write("hammer.yml", f"safety: {{kill_switch: {switch}}}")

    run = locust("-f", write("hammer.py", HAMMER), "--headless", "-u", 2, "-t", "5s", "-H", ledger.url)

    assert run.code == 104, run.out + run.err
    assert said in run.err
    assert "s3cret-canary" not in run.out + run.err
    assert not ledger.times
    assert "Traceback" not in run.err
