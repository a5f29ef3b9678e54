"""Short runs in which something breaks, by a seed: ``nox -s chaos``, or ``python tests/chaos/run.py [--seed N] [--runs N]``.

Law: a run passes (exit code 0) only where the target's own count is the verdict's, the run lasted as planned, and all
bounds held. Whatever happens, nothing ends with a traceback, and the code that is printed, the one in ``summary.json``
and that of the process are the same.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.stage import Stage, counted_in, free_port, printed_code, read_summary, stage

HERE = Path(__file__).parent
PLANNED = 8.0
"""Seconds of load in each run."""
USERS = 12
PATIENCE = 75.0
"""Seconds from its start in which a run must have ended."""


@dataclass
class Scene:
    """A target, a relay, a master and its workers."""

    on: Stage
    master_port: int
    target: subprocess.Popen[str]
    url: str
    relay: subprocess.Popen[str]
    relay_port: int
    master: subprocess.Popen[str] | None = None
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def locust(self, name: str, *arguments: object) -> subprocess.Popen[str]:
        """Start a locust process that logs into ``name``."""
        return self.on.locust(name, "-f", HERE / "plan.py", *arguments)

    def worker(self, name: str, *, relayed: bool) -> None:
        """Start a worker; one that is relayed can be cut off."""
        port = self.relay_port if relayed else self.master_port
        self.workers.append(self.locust(name, "--worker", "--master-host", "127.0.0.1", "--master-port", port))

    def came(self) -> int:
        """Return how many requests came to the target."""
        with urllib.request.urlopen(f"{self.url}/_book", timeout=5) as answer:
            return int(answer.read())


Fault = Callable[[Scene, random.Random], None]


def nothing(_: Scene, __: random.Random) -> None:
    """Let all be well."""


def kill_worker(scene: Scene, rng: random.Random) -> None:
    """Kill one of two workers."""
    rng.choice(scene.workers).send_signal(signal.SIGKILL)


def pause_worker(scene: Scene, rng: random.Random) -> None:
    """Let a worker stand still for a while."""
    _pause(rng.choice(scene.workers), rng.uniform(0.3, 3))


def stop_worker(scene: Scene, rng: random.Random) -> None:
    """Let a worker stand still for good."""
    rng.choice(scene.workers).send_signal(signal.SIGSTOP)


def term_worker(scene: Scene, rng: random.Random) -> None:
    """Ask one of two workers to end."""
    rng.choice(scene.workers).send_signal(signal.SIGTERM)


def term_workers(scene: Scene, _: random.Random) -> None:
    """Ask all workers to end."""
    for worker in scene.workers:
        worker.send_signal(signal.SIGTERM)


def restart_worker(scene: Scene, rng: random.Random) -> None:
    """Kill a worker, and start another one in its place."""
    kill_worker(scene, rng)
    time.sleep(rng.uniform(0, 1))
    scene.worker("worker-again", relayed=False)


def cut_off(scene: Scene, rng: random.Random) -> None:
    """Cut a worker off from the master for a while."""
    scene.relay.send_signal(signal.SIGUSR1)
    time.sleep(rng.uniform(0.5, 5))
    scene.relay.send_signal(signal.SIGUSR1)


def freeze_target(scene: Scene, rng: random.Random) -> None:
    """Let the target stand still for a while."""
    _pause(scene.target, rng.uniform(0.1, 3))


def freeze_target_for_good(scene: Scene, _: random.Random) -> None:
    """Let the target stand still until the run is over."""
    scene.target.send_signal(signal.SIGSTOP)


def term_master(scene: Scene, _: random.Random) -> None:
    """Ask the whole run to end."""
    assert scene.master is not None
    scene.master.send_signal(signal.SIGTERM)


def _pause(process: subprocess.Popen[str], seconds: float) -> None:
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


FAULTS: tuple[Fault, ...] = (
    nothing,
    kill_worker,
    pause_worker,
    stop_worker,
    term_worker,
    term_workers,
    restart_worker,
    cut_off,
    freeze_target,
    freeze_target_for_good,
    term_master,
)


@dataclass(frozen=True)
class Row:
    """What one run came to."""

    seed: int
    fault: str
    code: int | None
    came: int
    counted: int
    never_back: int
    seconds: float
    verdict: str
    broken: tuple[str, ...]

    def __str__(self) -> str:
        counts = f"{self.came:>7} {self.counted:>7} {self.never_back:>5} {self.seconds:>6.1f}"
        return f"{self.seed:>6} {self.fault:<24} {self.code!s:>5} {counts}  {'; '.join(self.broken) or 'held':<8} {self.verdict}"


@contextmanager
def scene(directory: Path) -> Iterator[Scene]:
    """Yield a target and a relay; all that was started is ended after it."""
    with stage(directory) as on:
        master_port = free_port()
        target, port = on.helper(HERE / "target.py", 0.03)
        relay, relay_port = on.helper(HERE / "relay.py", master_port)
        yield Scene(on, master_port, target, f"http://127.0.0.1:{port}", relay, relay_port)


def leaving(seed: int) -> tuple[object, ...]:
    """Return how users leave: as ``graceful_stop`` has it, and once all faults have happened, as Locust does."""
    return ("--stop-timeout", 3) if seed // len(FAULTS) % 2 else ()


def play(seed: int, directory: Path) -> Row:
    """Let one run happen, and return what it came to."""
    rng = random.Random(seed)
    fault, moment = FAULTS[seed % len(FAULTS)], rng.uniform(0.5, PLANNED - 2)
    with scene(directory) as play:
        load = ("-u", USERS, "-r", USERS, "-t", f"{PLANNED:g}s", "-H", play.url, *leaving(seed))
        master = ("--master", "--headless", "--expect-workers", 2, "--master-bind-port", play.master_port)
        play.master = play.locust("master", *master, *load, "--report-dir", directory / "reports")
        play.worker("worker", relayed=False)
        play.worker("worker-relayed", relayed=True)
        give_up = time.monotonic() + PATIENCE
        while not play.came() and time.monotonic() < give_up and play.master.poll() is None:
            time.sleep(0.1)
        time.sleep(moment)
        fault(play, rng)
        try:
            code = play.master.wait(max(1.0, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            code = None
        play.target.send_signal(signal.SIGCONT)
        for worker in play.workers:
            worker.send_signal(signal.SIGCONT)
        time.sleep(1.5)  # what is on its way to the target comes, and the workers end
        return judged(seed, fault, code, play.came(), play.on)


def judged(seed: int, fault: Fault, code: int | None, came: int, on: Stage) -> Row:
    """Return the row of a run, with what is broken in it."""
    logs, summary = on.logs(), read_summary(on.directory / "reports")
    never_back = int((summary.get("open_requests") or {}).get("count", 0))
    counted, printed = counted_in(summary) - never_back, printed_code(logs["master"])
    lasted = float(summary.get("duration_s") or 0)
    passed = code == 0
    laws = [
        (code is not None, f"it did not end within {PATIENCE:g} s"),
        (not passed or came == counted + never_back, f"passed, and {came} came where {counted} were counted"),
        (not passed or lasted >= 0.95 * PLANNED, f"passed after {lasted:.1f} s"),
        (not passed or {one["status"] for one in summary["outcomes"]} == {"passed"}, "passed, and a threshold did not"),
        (fault is not nothing or passed, "nothing broke, and it did not pass"),
        (summary.get("exit_code") == code, f"summary.json says {summary.get('exit_code')}"),
        (printed == code, f"printed {printed}"),
        *((("Traceback" not in text), f"a traceback in {name}.log") for name, text in logs.items()),
    ]
    broken = tuple(sentence for holds, sentence in laws if not holds)
    verdict = f"{summary.get('verdict')}: {summary.get('reason')}"[:110]
    return Row(seed, fault.__name__.replace("_", " "), code, came, counted, never_back, lasted, verdict, broken)


def main() -> int:
    """Let all runs happen, one after the other, and print a row of each; 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed; it decides the fault and its moment")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="keep logs and reports in this directory")
    options = parser.parse_args()
    print(f"{'seed':>6} {'fault':<24} {'code':>5} {'came':>7} {'counted':>7} {'open':>5} {'s':>6}  law      verdict")
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(options.seed, options.seed + options.runs):
            directory = (options.keep or Path(temporary)).resolve() / str(seed)
            rows.append(play(seed, directory))
            print(rows[-1], flush=True)
    codes = Counter(row.code for row in rows)
    print(", ".join(f"{count} times {code}" for code, count in sorted(codes.items(), key=str)))
    broken = [row for row in rows if row.broken]
    print(f"{len(broken)} of {len(rows)} runs broke a law" if broken else f"all {len(rows)} runs held")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
