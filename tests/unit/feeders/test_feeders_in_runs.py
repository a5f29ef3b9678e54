"""Feeders in runs of a master and its workers over virtual time, and of a process alone: real users, real parts."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from pathlib import Path
from typing import ClassVar

import gevent
import pytest
from locust import User, constant, task
from locust.env import Environment
from locust.event import Events

from locust_ext import Feeder
from locust_ext.feeders import feeder as declaring
from locust_ext.feeders.row import FeederError
from locust_ext.plugin import attach
from locust_ext.safety.outlet import OUTLET
from tests.pair import pair

ROWS = 60
BOOK: list[tuple[str, str]] = []
"""What users did, and with which row."""


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(declaring, "DECLARED", [])
    monkeypatch.setattr(OUTLET, "_current", OUTLET._current)
    BOOK.clear()


@pytest.fixture
def table(tmp_path):
    """Return a configuration with a feeder of sixty rows."""
    (tmp_path / "users.csv").write_text("email,password\n" + "".join(f"u{n}@x.org,secret-{n}\n" for n in range(ROWS)))
    file = tmp_path / "run.yml"

    def written(**options):
        more = "".join(f", {key}: {value}" for key, value in options.items())
        file.write_text(
            f"feeders: {{users: {{file: users.csv{more}}}}}\nthresholds: {{iteration_errors: ['count<1']}}\n"
        )
        return str(file)

    return written


class Once(User):
    """Takes a row, and writes it down."""

    wait_time = constant(0.2)
    feeder: ClassVar[Feeder]

    @task
    def use(self):
        """Have a row for a moment."""
        with self.feeder.row() as row:
            BOOK.append((self.environment.runner.client_id, row["email"]))
            gevent.sleep(0.05)


class Keeper(User):
    """Has a row for its life."""

    wait_time = constant(0.5)
    feeder: ClassVar[Feeder]

    def on_start(self):
        """Take it."""
        self.row = self.feeder.mine()
        BOOK.append(("came", self.row["email"]))

    @task
    def same(self):
        """It stays the same."""
        assert self.feeder.mine() is self.row

    def on_stop(self):
        """Read it once more."""
        BOOK.append(("went", self.row["email"]))


def test_all_rows_of_once_are_used(monkeypatch, table):
    """By whichever worker, and the run ends with that, as planned."""
    Once.feeder = Feeder("users")
    with pair(monkeypatch, [Once], loadtest=table(use="once"), workers=3) as stage:
        stage.start(9, 9)
        result = stage.verdict()
        emails = Counter(email for _, email in BOOK)
        assert len(emails) == ROWS
        assert set(emails.values()) == {1}
        assert len({worker for worker, _ in BOOK}) == 3
        assert result.verdict.exit_code == 0, result.verdict
        (account,) = result.feeders
        assert (account.rows, account.taken, account.used_up, account.out, account.lost) == (ROWS, ROWS, ROWS, 0, 0)
        assert account.ended.startswith("all 60 rows were used up")
        assert any(finding.kind == "feeder" for finding in result.findings)


def test_a_run_that_must_not_run_out(monkeypatch, table):
    """Ends, and proves nothing."""
    Once.feeder = Feeder("users")
    with pair(monkeypatch, [Once], loadtest=table(use="once", on_empty="fail")) as stage:
        stage.start(5, 5)
        result = stage.verdict()
        assert result.verdict.exit_code == 111
        assert "all 60 rows were used up, and a user wanted one more" in result.verdict.reason


def test_a_second_run_begins_at_the_first_row(monkeypatch, table):
    """Whatever the first one has used."""
    Once.feeder = Feeder("users")
    with pair(monkeypatch, [Once], loadtest=table(use="once")) as stage:
        for _ in range(2):
            BOOK.clear()
            stage.start(5, 5)
            stage.heed(lambda: len(BOOK) > 20)
            result = stage.end()
            assert BOOK[0][1] == "u0@x.org"
            assert set(range(20)) <= {int(email[1:-6]) for _, email in BOOK}
            assert result.feeders[0].out == 0
            assert result.feeders[0].taken == len(BOOK)


def test_a_row_for_life(monkeypatch, table):
    """No two users have the same, and it is given back when they stop."""
    Keeper.feeder = Feeder("users")
    with pair(monkeypatch, [Keeper], loadtest=table(), workers=2) as stage:
        stage.begin(ROWS)
        stage.heed(lambda: len(BOOK) == ROWS)
        assert len({email for _, email in BOOK}) == ROWS  # as many rows as users, and each has one
        result = stage.end()
        assert sum(what == "went" for what, _ in BOOK) == ROWS
        assert result.feeders[0].out == 0
        assert result.verdict.exit_code == 0, result.verdict


def test_more_users_than_rows(monkeypatch, table):
    """Wait, until somebody goes; a wait is measured, and can be interrupted."""
    Keeper.feeder = Feeder("users")
    with pair(monkeypatch, [Keeper], loadtest=table()) as stage:
        stage.start(ROWS + 5, 200)
        stage.heed(lambda: sum(one.runner.user_count for one in stage.workers) == ROWS + 5)
        stage.clock.sleep(6)
        assert len(BOOK) == ROWS
        result = stage.end()
        (account,) = result.feeders
        assert account.waits >= 5
        assert account.longest_wait_s > 5
        assert account.out == 0
        assert any(row.metric == "feeder_wait" and row.tags["feeder"] == "users" for row in result.series)


def test_a_worker_that_dies_keeps_its_rows(monkeypatch, table):
    """None of them goes to another one, and the run says how many they are."""
    Keeper.feeder = Feeder("users")
    with pair(monkeypatch, [Keeper], loadtest=table(), workers=2) as stage:
        stage.begin(20)
        stage.heed(lambda: len(BOOK) == 20)
        stage.workers[0].die()
        stage.clock.sleep(20)
        result = stage.end()
        (account,) = result.feeders
        assert account.lost_workers == 1
        assert account.lost >= 10
        assert len({email for what, email in BOOK if what == "came"}) == sum(what == "came" for what, _ in BOOK)


def test_an_open_load_whose_rows_are_out_with_a_lost_worker(monkeypatch, table):
    """Ends: what is out there never comes back, and nobody has anything to do."""
    Once.feeder = Feeder("users")
    file = table(use="once")
    with Path(file).open("a") as configuration:
        configuration.write("arrivals: {rate: 5/s, duration: 300s, users: 4}\n")
    with pair(monkeypatch, [Once], loadtest=file, workers=2) as stage:
        stage.start(4, 4)
        stage.heed(lambda: len(BOOK) > 4)
        stage.workers[0].die()
        result = stage.verdict()
        assert result.verdict.exit_code == 111
        assert result.duration < 60
        assert "the others are out with a worker that is not heard" in result.verdict.reason


class Bursting(User):
    """Has its row for long at first, and for a moment afterwards."""

    feeder: ClassVar[Feeder]

    @task
    def use(self):
        """Have a row."""
        with self.feeder.row() as row:
            BOOK.append(("has", row["email"]))
            gevent.sleep(0.05 if len(BOOK) > ROWS else 15)


def test_an_open_load_whose_rows_come_back(monkeypatch, table):
    """Goes on: that a user found none once does not mean that they are used up."""
    Bursting.feeder = Feeder("users")
    file = table(on_empty="stop")
    with Path(file).open("a") as configuration:
        configuration.write(f"arrivals: {{rate: 6/s, duration: 60s, users: {ROWS * 2}}}\n")
    with pair(monkeypatch, [Bursting], loadtest=file, workers=2) as stage:
        stage.start(ROWS * 2, 200)
        result = stage.verdict()
        assert result.feeders[0].exhausted
        assert not result.feeders[0].ended
        assert result.duration > 55


def test_a_load_that_pauses(monkeypatch, table):
    """Goes on, where its shape has no users for a while and rows come again."""
    Once.feeder = Feeder("users")
    file = table(on_empty="stop")
    with Path(file).open("a") as configuration:
        configuration.write(
            "shape: s\nshapes: {s: {kind: stages, start_users: 150, stages: [{target: 150, duration: 10s},"
            " {target: 0, duration: 1s}, {target: 0, duration: 10s}, {target: 20, duration: 1s}, {target: 20, duration: 9s}]}}\n"
        )
    with pair(monkeypatch, [Once], loadtest=file, workers=2) as stage:
        stage.start()
        result = stage.verdict()
        assert result.feeders[0].exhausted
        assert not result.feeders[0].ended
        assert result.duration > 28


class Divided(User):
    """Takes its rows in greenlets of its own."""

    wait_time = constant(0.1)
    feeder: ClassVar[Feeder]

    @task
    def two(self):
        """Use two at once."""
        gevent.joinall([gevent.spawn(self.one) for _ in range(2)])

    def one(self):
        """Use one."""
        with self.feeder.row() as row:
            BOOK.append(("has", row["email"]))
            gevent.sleep(0.01)


def test_a_part_of_a_user_without_a_row(monkeypatch, table):
    """Stops the whole user: else it would go on, and do nothing."""
    Divided.feeder = Feeder("users")
    with pair(monkeypatch, [Divided], loadtest=table(use="once"), workers=2) as stage:
        stage.start(4, 4)
        with gevent.Timeout(60):
            result = stage.verdict()
        assert len(BOOK) == ROWS
        assert result.feeders[0].ended.startswith("all 60 rows were used up")


def test_users_that_only_wait(monkeypatch, table):
    """Are not the load that was asked for, where they do so most of their time."""
    Killed.feeder = Feeder("users")
    with pair(monkeypatch, [Killed], loadtest=table()) as stage:
        stage.start(ROWS * 3, 500)
        stage.heed(lambda: sum(one.runner.user_count for one in stage.workers) == ROWS * 3)
        stage.clock.sleep(20)
        result = stage.end()
        assert result.verdict.exit_code == 111
        assert "users: users waited for rows 6" in result.verdict.reason


def test_iterations_that_found_no_row(monkeypatch, table):
    """Were not made, though they were begun."""
    Once.feeder = Feeder("users")
    file = table(use="once")
    with Path(file).open("a") as configuration:
        configuration.write(f"iterations: {ROWS + 5}\n")
    with pair(monkeypatch, [Once], loadtest=file, workers=2) as stage:
        stage.start(5, 5)
        result = stage.verdict()
        assert (len(BOOK), result.verdict.exit_code) == (ROWS, 111)
        assert (
            "5 iterations were begun and not ended: their users were stopped, or found no row" in result.verdict.reason
        )


def test_a_run_of_several_loads_goes_on(monkeypatch, table):
    """When the users of one have no rows left; those of the other, which come later, are its load still."""
    Once.feeder = Feeder("users")
    file = table(use="once")
    with Path(file).open("a") as configuration:
        configuration.write(
            "shapes: {few: {kind: smoke, users: 5, duration: 20s, ramp: 0s}}\n"
            "scenarios:\n"
            "  first: {users: Once, shape: few}\n"
            "  second: {users: Other, shape: few, start_time: 40s}\n"
        )
    with pair(monkeypatch, [Once, Other], loadtest=file) as stage:
        stage.start()
        result = stage.verdict()
        assert len(BOOK) == ROWS
        assert result.duration > 55
        assert not result.feeders[0].ended


class Other(User):
    """Needs no rows."""

    wait_time = constant(0.5)

    @task
    def rest(self):
        """Do nothing."""


def test_rows_that_may_have_been_used_twice(monkeypatch, table):
    """Prove nothing, also where their worker has come back."""
    Once.feeder = Feeder("users")
    with pair(monkeypatch, [Once], loadtest=table(use="once", lost="return"), workers=2) as stage:
        stage.start(4, 4)
        stage.heed(lambda: len(BOOK) > 10)
        stage.workers[0].stall()
        stage.clock.sleep(12)
        stage.workers[0].go_on()
        result = stage.verdict()
        assert result.verdict.exit_code == 111
        assert "what is to be used once may have been used twice" in result.verdict.reason


class Killed(User):
    """Is stopped in the middle of its block."""

    wait_time = constant(0.1)
    feeder: ClassVar[Feeder]

    @task
    def hang(self):
        """Never end by itself."""
        with self.feeder.row() as row:
            BOOK.append(("has", row["email"]))
            gevent.sleep(1e6)


def test_who_is_killed_gives_its_row_back(monkeypatch, table):
    """Whatever it was at."""
    Killed.feeder = Feeder("users")
    with pair(monkeypatch, [Killed], loadtest=table()) as stage:
        stage.begin(10)
        stage.heed(lambda: len(BOOK) == 10)
        assert stage.end().feeders[0].out == 0


class Curious(User):
    """Does all that can be done with feeders."""

    wait_time = constant(1e6)
    feeder: ClassVar[Feeder]
    other: ClassVar[Feeder]

    @task
    def all(self):
        """Nest, spawn, and read what is not there."""
        with self.feeder.row() as one, self.feeder.row() as two, self.other.row() as third:
            BOOK.append(("nested", one["email"] + two["email"] + third["item"]))
            try:
                one["emial"]
            except KeyError as error:
                BOOK.append(("unknown", str(error)))
            BOOK.append(("said", f"{one} {dict(two).keys()} {len(one)}"))
            kept = one
        try:
            kept["email"]
        except RuntimeError as error:
            BOOK.append(("after", str(error)))
        gevent.spawn(self.inner).join()
        thread = threading.Thread(target=self.inner)
        thread.start()
        thread.join()

    def inner(self):
        """Take one in a greenlet of its own."""
        with self.feeder.row() as row:
            BOOK.append(("spawned", row["email"]))


def test_what_users_do_with_rows(monkeypatch, tmp_path, table):
    """Nested rows, two of one feeder, those of greenlets and threads, unknown columns, rows that were given back."""
    (tmp_path / "items.jsonl").write_text('{"item": "book"}\n{"item": "lamp"}\n')
    Curious.feeder, Curious.other = Feeder("users"), Feeder(str(tmp_path / "items.jsonl"))
    with pair(monkeypatch, [Curious], loadtest=table()) as stage:
        stage.begin(1)
        stage.heed(lambda: sum(what == "spawned" for what, _ in BOOK) == 2)
        assert stage.end().verdict.exit_code == 0
    said = dict(BOOK)
    assert said["nested"] == "u0@x.orgu1@x.orgbook"
    assert said["unknown"] == "users has no column 'emial'; did you mean 'email'?"
    assert said["said"] == "<a row of users: email, password> dict_keys(['email', 'password']) 2"
    assert "was given back, since its block ended" in said["after"]


def test_nobody_is_there():
    """Outside of a user, and of a run, there is a sentence."""
    alone = Feeder("users")
    for asks in (alone.mine, lambda: alone.row().__enter__()):
        with pytest.raises(FeederError, match=r"there is no user here: a row of users is for one"):
            asks()


def test_rows_that_code_makes(monkeypatch, table):
    """Come from the master alone, as many as are needed."""
    made = []

    def accounts():
        for number in range(40):
            made.append(number)
            yield {"email": f"made-{number}", "n": number}

    Once.feeder = Feeder("accounts", rows=accounts)
    with pair(monkeypatch, [Once], loadtest=table(), workers=2) as stage:
        stage.start(6, 6)
        result = stage.verdict()
        assert Counter(email for _, email in BOOK) == Counter(f"made-{number}" for number in range(40))
        assert made == list(range(40))
        assert result.verdict.exit_code == 0, result.verdict


MAKES = [
    pytest.param(
        [{"email": "a"}, {"mail": "b"}], "row 2 that code makes cannot be lent: its columns", id="other columns"
    ),
    pytest.param(["a"], "row 1 that code makes cannot be lent: it is a str", id="no mapping"),
    pytest.param([{"email": object()}], "it holds a value of the type object", id="what cannot travel"),
    pytest.param([{"email": "x" * 70_000}], "65,536 bytes", id="a large one"),
    pytest.param(1, "raised after row 0: TypeError", id="nothing to go through"),
]


def made_in_part():
    """Make one row, and end as a greenlet does that somebody kills."""
    yield {"email": "a"}
    raise gevent.GreenletExit


def test_rows_whose_making_was_ended(monkeypatch, table):
    """Are not all that there are."""
    Once.feeder = Feeder("accounts", rows=made_in_part)
    with pair(monkeypatch, [Once], loadtest=table()) as stage:
        stage.start(1, 1)
        result = stage.verdict()
        assert result.verdict.exit_code == 111
        assert "the function that makes rows ended itself after row 1" in result.verdict.reason


@pytest.mark.parametrize("rows, says", MAKES)
def test_rows_that_cannot_be_lent(monkeypatch, table, rows, says):
    """End the run with a sentence: it proves nothing."""
    Once.feeder = Feeder("accounts", rows=lambda: rows)
    with pair(monkeypatch, [Once], loadtest=table()) as stage:
        stage.start(1, 1)
        result = stage.verdict()
        assert result.verdict.exit_code == 111
        assert says in result.verdict.reason


def test_a_process_alone(tmp_path, table):
    """Asks itself, over the same messages."""
    Once.feeder = Feeder("users")
    mine = type("Once", (Once,), {"__module__": __name__, "feeder": Once.feeder, "wait_time": constant(0.001)})
    environment = Environment(user_classes=[mine], events=Events(), host="http://127.0.0.1:1")
    environment.create_local_runner()
    mine.tasks = [use_quickly]
    handle = attach(environment, table(use="once"))
    environment.runner.start(5, 100)
    with gevent.Timeout(20):
        while len(BOOK) < ROWS:
            gevent.sleep(0.01)
        environment.runner.stop()
    (account,) = handle._run.result.feeders
    assert account.taken == ROWS == len(set(BOOK))
    assert account.out == 0
    handle._run.let_go()
    environment.runner.quit()
    gc.collect()


def use_quickly(user):
    """Take a row, and go on at once."""
    with user.feeder.row() as row:
        BOOK.append(("has", row["email"]))
