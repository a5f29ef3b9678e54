"""Users of a PostgreSQL primary and its replica: what a team would write."""

import os

from locust import User, between, constant, task

import locust_ext
from locust_ext import ReadYourWritesUser, request

import psycopg  # isort: skip  after Locust, which has patched what psycopg waits with

locust_ext.install()


class Postgres(User):
    """Has a connection to each: it writes over one and reads over the other."""

    abstract = True

    def on_start(self):
        """Connect."""
        self.primary = psycopg.connect(os.environ["PRIMARY"], autocommit=True)
        self.replica = psycopg.connect(os.environ["REPLICA"], autocommit=True)

    def on_stop(self):
        """Disconnect."""
        self.primary.close()
        self.replica.close()


class PostUser(ReadYourWritesUser, Postgres):
    """Each write is a row of its own: the key alone says what to look for."""

    wait_time = between(0.02, 0.2)
    read_pause = os.environ.get("PAUSE", "5ms")
    read_deadline = os.environ.get("DEADLINE", "10s")
    measured_as = "post"

    def write(self):
        """Insert a row, and return its id."""
        with request("postgres", "insert post"):
            return self.primary.execute("INSERT INTO posts (body) VALUES ('synthetic') RETURNING id").fetchone()[0]

    def read(self, key):
        """Return the id as the replica has it, or None."""
        with request("postgres", "select post"):
            row = self.replica.execute("SELECT id FROM posts WHERE id = %s", (key,)).fetchone()
        return row[0] if row else None


class AccountUser(ReadYourWritesUser, Postgres):
    """Writes the same row again and again: its versions say how far a read was behind."""

    wait_time = between(0.02, 0.2)
    read_pause = os.environ.get("PAUSE", "5ms")
    read_deadline = os.environ.get("DEADLINE", "10s")
    measured_as = "account"

    def on_start(self):
        """Connect, and open an account."""
        super().on_start()
        self.id = self.primary.execute("INSERT INTO accounts (version) VALUES (0) RETURNING id").fetchone()[0]

    def write(self):
        """Change the row, and return its version."""
        with request("postgres", "update account"):
            change = "UPDATE accounts SET version = version + 1 WHERE id = %s RETURNING version"
            return self.id, self.primary.execute(change, (self.id,)).fetchone()[0]

    def read(self, key):
        """Return the version that the replica has, or None."""
        with request("postgres", "select account"):
            row = self.replica.execute("SELECT version FROM accounts WHERE id = %s", (key,)).fetchone()
        return row[0] if row else None


class SleepyUser(Postgres):
    """Waits half a second in the database."""

    wait_time = constant(0)

    @task
    def sleep(self):
        """Wait."""
        with request("postgres", "sleep"):
            self.replica.execute("SELECT pg_sleep(0.5)")
