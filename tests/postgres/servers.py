"""A PostgreSQL primary and a replica that streams from it: free ports, a temporary directory, another user than root."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.integration.conftest import free_port
from tests.postgres.install import binaries

OWNER = "postgres"
"""Who runs the servers where the tests are root's: PostgreSQL refuses that one."""

_DIES_WITH_ITS_PARENT = 1  # PR_SET_PDEATHSIG


def as_owner() -> dict[str, Any]:
    """What has a process run as another user than root."""
    return {"user": OWNER, "group": OWNER, "extra_groups": []} if os.geteuid() == 0 else {}


class Server:
    """One server, from its directory to its end."""

    def __init__(self, place: Path, programs: Path) -> None:
        self.place, self._programs, self.port = place, programs, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={OWNER} dbname=postgres connect_timeout=5"

    def program(self, name: str, *arguments: object) -> None:
        """Run one of PostgreSQL's programs to its end."""
        command = [str(self._programs / name), *map(str, arguments)]
        ran = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120, **as_owner())
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.place.parent / f"{self.place.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._programs / "postgres"), "-D", str(self.place), "-p", str(self.port)),
                    *("-k", str(self.place.parent), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
                ],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: ctypes.CDLL(None).prctl(_DIES_WITH_ITS_PARENT, signal.SIGQUIT),  # noqa: PLW1509 one thread
                **as_owner(),
            )
        deadline = time.monotonic() + 60
        while True:
            with suppress(psycopg.OperationalError), self.connect():
                return
            assert self._process.poll() is None, log.name and Path(log.name).read_text()
            assert time.monotonic() < deadline, Path(log.name).read_text()
            time.sleep(0.05)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.address, autocommit=True)

    def ask(self, statement: str) -> Any:
        """The one value that a statement returns; None where there is none."""
        with self.connect() as connection:
            row = connection.execute(statement).fetchone()
        return row[0] if row else None

    def set(self, **settings: str) -> None:
        """Change settings for good, and wait until they hold."""
        with self.connect() as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        for name, value in settings.items():
            deadline = time.monotonic() + 10
            while self.ask(f"SHOW {name}") != value:
                assert time.monotonic() < deadline, f"{name} is not {value}"
                time.sleep(0.02)

    def stop(self) -> None:
        """End it at once; a second time it does nothing."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class Servers:
    """A primary, and a replica that may apply what it gets later."""

    def __init__(self, place: Path, programs: Path) -> None:
        self.primary, self.replica = Server(place / "primary", programs), Server(place / "replica", programs)

    def start(self) -> None:
        """Make both, and start them."""
        self.primary.program(
            "initdb", "-D", self.primary.place, "-U", OWNER, "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync"
        )
        self.primary.start()
        with self.primary.connect() as connection:
            connection.execute("CREATE TABLE accounts (id serial PRIMARY KEY, version int NOT NULL)")
            connection.execute("CREATE TABLE posts (id serial PRIMARY KEY, body text NOT NULL)")
        self.replica.program(
            *("pg_basebackup", "-D", self.replica.place, "-h", "127.0.0.1", "-p", self.primary.port, "-U", OWNER),
            *("-R", "-X", "stream", "-c", "fast", "--no-sync"),
        )
        self.replica.start()
        self.wait_for("SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")
        assert self.replica.ask("SELECT pg_is_in_recovery()")

    def wait_for(self, question: str) -> None:
        """Wait until the primary answers yes."""
        deadline = time.monotonic() + 30
        while not self.primary.ask(question):
            assert time.monotonic() < deadline, question
            time.sleep(0.05)

    def behave(self, *, delay: str = "0", waits_for_replica: bool = False) -> None:
        """Apply with this delay; a write may wait for its answer until the replica has applied it."""
        self.replica.set(recovery_min_apply_delay=delay)
        self.primary.set(
            synchronous_standby_names="*" if waits_for_replica else "",
            synchronous_commit="remote_apply" if waits_for_replica else "on",
        )

    def own_figures(self) -> tuple[float | None, float | None]:
        """What the servers say of the lag, in seconds: the primary's ``replay_lag``, the age of the last replayed commit."""
        replay = self.primary.ask("SELECT extract(epoch FROM replay_lag)::float FROM pg_stat_replication")
        age = self.replica.ask("SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float")
        return replay, age

    def stop(self) -> None:
        """Stop both, the one that streams first."""
        for server in (self.replica, self.primary):
            server.stop()


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both; they are stopped and removed whatever happens."""
    programs = binaries()
    assert programs is not None, "PostgreSQL is not there: python -m tests.postgres.install"
    place = Path(tempfile.mkdtemp(prefix="locust-ext-postgres-"))
    both = Servers(place, programs)
    try:
        if as_owner():
            shutil.chown(place, OWNER, OWNER)
        both.start()
        yield both
    finally:
        both.stop()
        shutil.rmtree(place, ignore_errors=True)
