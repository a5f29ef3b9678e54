"""The project's checks: ``nox`` runs those that a pull request must pass.

In an environment that has the package and its extra ``dev`` they run as they are; elsewhere each makes its own.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import nox

nox.options.sessions = ["lint", "typing", "tables", "integration", "docs"]
nox.options.reuse_existing_virtualenvs = True

DEVELOPED = all(find_spec(name) for name in ("locust_ext", "locust", "pytest", "mypy", "sphinx", "playwright"))
nox.options.default_venv_backend = "none" if DEVELOPED else "venv"


def need(session: nox.Session, extra: str) -> None:
    """Install the package with an extra, where it is not there already."""
    if not DEVELOPED:
        session.install("-e", f".[{extra}]")


NOTHING_CHOSEN = 5
"""What pytest ends with where none of its tests was chosen."""


SOCKETS = "pytestmark = pytest.mark.sockets"
"""What files of unit tests say whose tests hold real sockets and wait by real clocks."""


def unit_tests(*options: str, sockets: bool = False) -> list[tuple[str, ...]]:
    """Return a command for each core, which runs its share of the files of unit tests, the longest dealt out first.

    Workers of xdist would each collect all fifteen thousand, and tell of each what it needs and how it went. With
    ``sockets`` return the one command for the files whose tests wait for the machine, which no share has.
    """
    files = sorted(Path("tests/unit").rglob("test_*.py"))
    waiting = [file for file in files if SOCKETS in file.read_text("utf-8")]
    if sockets:
        return [("pytest", *map(str, waiting), *options)]
    weights = {file: weight(file) for file in files if file not in waiting}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares: list[list[Path]] = [[] for _ in range(min(cores, len(weights)))]
    for file in sorted(weights, key=weights.__getitem__, reverse=True):
        min(shares, key=lambda share: sum(map(weights.__getitem__, share))).append(file)
    return [("pytest", *map(str, sorted(share)), *options) for share in shares]


TAKES = {
    "test_simulation": 13.0,
    "test_storms_describe": 8.0,
    "test_reports_markdown": 6.0,
    "test_bounds": 6.0,
    "test_document": 6.0,
    "test_recorded_commands": 5.0,
    "test_reports_html": 5.0,
    "test_gates_calibration": 5.0,
    "test_backoff_command": 4.0,
    "test_confirmed_runs": 4.0,
    "test_har_bounds": 3.0,
    "test_lending": 3.0,
    "test_baseline_store": 3.0,
    "test_feeders_in_runs": 3.0,
    "test_journalling": 3.0,
    "test_supervised": 3.0,
    "test_records": 2.5,
    "test_bounded_for_days": 2.5,
    "test_pair": 2.5,
    "test_imports": 2.5,
}
"""Seconds of a processor that files take which take much longer than others of their size; measured now and then."""


def weight(file: Path) -> float:
    """Return about how many seconds of a processor a file takes: half a second for ten kilobytes, as a rule."""
    return TAKES.get(file.stem, file.stat().st_size / 20_000)


def at_once(session: nox.Session, *commands: tuple[str, ...]) -> None:
    """Run commands side by side; show what each said, in this order, and fail where one did."""
    with beside(session, *commands):
        pass


@contextmanager
def beside(session: nox.Session, *commands: tuple[str, ...]) -> Iterator[None]:
    """Run commands side by side, beside what is done meanwhile; then do as ``at_once``.

    Where what is done meanwhile fails, they are waited for and shown all the same.
    """
    path = os.pathsep.join([*(session.bin_paths or []), os.environ["PATH"]])
    env = {**os.environ, "PATH": path}
    begun = []
    for command in commands:
        said = tempfile.TemporaryFile()  # noqa: SIM115 it is read below
        process = subprocess.Popen(command, env=env, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603 our own
        begun.append((command, said, process))
    try:
        yield
    finally:
        failed = finish(session, begun)
    if failed:
        session.error(f"failed: {'; '.join(failed)}")


def finish(
    session: nox.Session, begun: Sequence[tuple[tuple[str, ...], IO[bytes], subprocess.Popen[bytes]]]
) -> list[str]:
    """Wait for commands, show what each said, and return those that failed."""
    failed = []
    for command, said, process in begun:
        named = " ".join(command[:1] if command[0] == "pytest" else command)
        if process.wait() not in (0, *([NOTHING_CHOSEN] if command[0] == "pytest" else [])):
            failed.append(named)
        said.seek(0)
        session.log(named)
        sys.stdout.write(said.read().decode(errors="replace"))
        said.close()
    return failed


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and the laws of the house: who may import whom."""
    need(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def typing(session: nox.Session) -> None:
    """Types, strictly, a user's locustfile among them; and what pyright sees of a normal install.

    ``long``: what both checkers see of a normal install and of an editable one.
    """
    need(session, "typing")
    session.run("mypy")
    session.run("python", "tests/typing/check.py", "wheel", "pyright")


KEEPS_NOTHING = ("-p", "no:cacheprovider")
TRIES = ("-m", "not long", "--reruns", "2", "-rfER")
"""Who fails gets two more tries, and the summary names it."""


def plainly(session: nox.Session, *commands: tuple[str, ...]) -> None:
    """Run commands of pytest side by side as ``at_once`` does, and say of what failed what was compared.

    To be able to say that of each assertion takes a twentieth of the time of them all, so only those that failed are
    run with it, once more. They have failed whatever becomes of them then.
    """
    with tempfile.TemporaryDirectory() as kept:
        plain = [
            (*command, "--assert", "plain", "-o", f"cache_dir={kept}/{number}")
            for number, command in enumerate(commands)
        ]
        try:
            at_once(session, *plain)
        finally:
            for number, command in enumerate(commands):
                if Path(f"{kept}/{number}/v/cache/lastfailed").exists():
                    words = ("--last-failed", "-o", f"cache_dir={kept}/{number}")
                    session.run(*command, *words, success_codes=[0, 1])


@nox.session
def tests(session: nox.Session) -> None:
    """All unit tests: what ``tables`` runs, and what ``integration`` runs of them."""
    need(session, "test")
    options = (*TRIES, *session.posargs)
    plainly(session, *unit_tests(*options), *unit_tests(*options, sockets=True))


@nox.session
def tables(session: nox.Session) -> None:
    """Tables, properties and documents: no processes, no sockets, and no clock but a virtual one.

    ``.ci/run`` gives them what others leave of the processors.
    """
    need(session, "test")
    plainly(session, *unit_tests(*TRIES, *session.posargs))


@nox.session
def quick(session: nox.Session) -> None:
    """Before each commit: lint, types and unit tests at once, within a minute on two cores.

    Slow tests are left out: ``tests`` runs them all.
    """
    for extra in ("lint", "typing", "test"):
        need(session, extra)
    at_once(
        session,
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("lint-imports",),
        ("mypy",),
        *unit_tests("--quiet", "-m", "not slow and not long", *KEEPS_NOTHING, *session.posargs),
        *unit_tests("--quiet", "-m", "not slow and not long", *KEEPS_NOTHING, *session.posargs, sockets=True),
    )


@nox.session
def integration(session: nox.Session) -> None:
    """Real locust processes against real servers, and a real browser: mostly waiting, so many at once.

    What measures time comes first, four at once, and all others after it, ten at once; beside those the unit tests that
    hold sockets. They can disturb each other: who fails gets three more tries, and the summary names it.
    """
    need(session, "test")
    run_integration(session, "timed and not long", 4)
    with beside(session, *unit_tests("--quiet", *TRIES, *KEEPS_NOTHING, sockets=True)):
        run_integration(session, "not timed and not long", 10)


@nox.session(name="long")
def more_rows(session: nox.Session) -> None:
    """More rows of what ``integration`` and ``tests`` show: every page's blocks, the whole scenario matrix.

    And more examples of each property, others each time. Before each release.
    """
    need(session, "test")
    session.run("python", "tests/typing/check.py")
    run_integration(session, "long", 3)
    session.run(
        "pytest", "tests/unit", "-n", "logical", "-m", "long or hypothesis", env={"HYPOTHESIS_PROFILE": "search"}
    )


def run_integration(session: nox.Session, chosen: str, together: int) -> None:
    """Run the integration tests that a choice of marks leaves."""
    where = ("tests/integration", "tests/browser")
    handed_out = ("-n", str(together), "--dist", "loadscope", "--no-loadscope-reorder")
    kept = {"PYTHONDONTWRITEBYTECODE": ""}  # else each of a thousand processes compiles all of us again
    command = ("pytest", *where, "-m", chosen, *handed_out, "--reruns", "3", "-rR", "--durations", "15")
    session.run(*command, *session.posargs, env=kept)


@nox.session
def docs(session: nox.Session) -> None:
    """The documents, warnings as errors."""
    need(session, "docs")
    session.run("sphinx-build", "-W", "-n", "-b", "html", "docs", "docs/_build/html")


@nox.session
def bench(session: nox.Session) -> None:
    """What the design promises, side by side with bare Locust in the same run."""
    need(session, "test")
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """A sample of small changes of the code: how many of them the unit tests notice, by room, and which they do not."""
    need(session, "test")
    session.run("python", "tests/mutants/run.py", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Twenty short runs in which workers, the network or the target break, by a seed: what passes must be true."""
    need(session, "test")
    session.run("python", "tests/chaos/run.py", *session.posargs)


@nox.session
def stops(session: nox.Session) -> None:
    """Every way to stop a run, at every moment, headless and with the web UI, local and with workers."""
    need(session, "test")
    session.run("python", "tests/stops/run.py", *session.posargs)


@nox.session
def raising(session: nox.Session) -> None:
    """Each listener and each greenlet of ours in turn is made to raise, in real runs: never 0, nothing unlocked."""
    need(session, "test")
    session.run("pytest", "tests/raising", "-n", "4", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """The shipped soak: ten healthy runs, the same with workers, and each fault; some fifteen minutes."""
    need(session, "test")
    session.run("python", "tests/soak/run.py", *session.posargs)


@nox.session(venv_backend="venv")
def postgres(session: nox.Session) -> None:
    """Read-your-writes against a PostgreSQL primary and its replica; root's, since it may have to install them.

    Its environment is its own: no other session needs psycopg.
    """
    session.install("-e", ".[test,postgres]")
    session.run("python", "-m", "tests.postgres.install")
    session.run("pytest", "tests/postgres", *session.posargs)


@nox.session
def prometheus(session: nox.Session) -> None:
    """What is exported, asked of a real Prometheus: each query of the dashboards; it is taken from a Debian package."""
    need(session, "test")
    session.run("python", "-m", "tests.prometheus.install")
    session.run("pytest", "tests/prometheus", *session.posargs)
