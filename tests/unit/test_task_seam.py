"""The chain around a task: the same in every test of a process, whatever came before."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from locust import User, task
from locust.env import Environment
from locust.user.task import DefaultTaskSet, TaskSet

from locust_ext.clients.links import UserLinks
from locust_ext.load.agent import ArrivalsAgent
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.pieces import Line
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import Schedule
from locust_ext.load.user_classes import told_of
from locust_ext.measure import iterations
from locust_ext.measure.iterations import IterationClock
from locust_ext.measure.recorder import Recorder
from locust_ext.process.part_table import WORKER, PartTable, Row
from locust_ext.process.task_seam import Rank, TaskSeam
from locust_ext.storms import agent
from locust_ext.storms.on_demand import StormsOnDemand
from locust_ext.storms.reconnect import ReconnectStormUser

STOCK = {owner: vars(owner)["execute_task"] for owner in (TaskSet, DefaultTaskSet)}
CHANGES = st.lists(st.tuples(st.sampled_from(Rank), st.booleans()), max_size=12)


def calls(owner=TaskSet):
    """Return who was called around a task, from the outermost to the innermost."""
    log = []
    owner.execute_task(SimpleNamespace(user=SimpleNamespace(log=log)), lambda _: log.append("task"))
    return log[: log.index("task")]


def logged(name):
    """Return a wrapper that says that it was called."""

    def wrap(execute):
        def execute_task(task_set, one):
            task_set.user.log.append(name)
            return execute(task_set, one)

        return execute_task

    return wrap


@given(CHANGES)
def test_the_order_is_that_of_the_ranks(changes):
    """No matter who comes or goes, and when; and with nobody there Locust's own function stands there."""
    seam, there = TaskSeam(), set()
    try:
        for rank, comes in changes:
            seam.put(rank, logged(rank) if comes else None)
            (there.add if comes else there.discard)(rank)
            assert calls() == sorted(there)
    finally:
        seam.let_go()
    assert {owner: vars(owner)["execute_task"] for owner in STOCK} == STOCK


class Stormy(ReconnectStormUser, User):
    """A user that can storm."""

    host = "http://127.0.0.1:1"

    @task
    def nothing(self):
        """Do nothing."""


OPEN = told_of(
    [Scenario("arrivals", Schedule((Line("steady", 2.0, 10, 10),)), pool=Pool(5, 5), users=("Stormy",))], ["Stormy"]
)
ARRIVALS, USERS, TIMED = {"arrivals": {"scenarios": OPEN}, "iterations": {}}, {}, {"iterations": {}}
EVERYTHING = ["arrival", "connection", "clock"]
TESTS = (
    ("arrivals, then users", [(ARRIVALS, EVERYTHING), (USERS, ["connection"])]),
    ("users, then users whose tasks are timed", [(USERS, ["connection"]), (TIMED, ["connection", "clock"])]),
    ("users, arrivals, users", [(TIMED, ["connection", "clock"]), (ARRIVALS, EVERYTHING), (USERS, ["connection"])]),
    ("arrivals twice", [(ARRIVALS, EVERYTHING), (ARRIVALS, EVERYTHING)]),
)


@pytest.mark.parametrize("runs", [runs for _, runs in TESTS], ids=[what for what, _ in TESTS])
def test_each_test_of_a_process_has_its_own_chain(runs, monkeypatch):
    """Storm users are away before an iteration's clock starts, and a test without arrivals still has its storms."""
    monkeypatch.setattr(agent, "guarded", logged("connection"))
    monkeypatch.setattr(iterations, "iteration_clock", lambda _: logged("clock"))
    monkeypatch.setattr(ArrivalsAgent, "_in_time", lambda _, execute: logged("arrival")(execute))
    environment, recorder, tasks = Environment(user_classes=[Stormy]), Recorder(), TaskSeam()
    environment.runner = SimpleNamespace(send_message=lambda *_: None, worker_index=0)
    parts = PartTable(
        [
            Row(IterationClock(recorder, tasks)),
            Row(StormsOnDemand(environment, recorder, tasks, SimpleNamespace(), UserLinks)),
            Row(ArrivalsOnDemand(environment, recorder, tasks)),
        ],
        WORKER,
    )
    try:
        for number, (told, chain) in enumerate(runs):
            parts.follow(told, f"run-{number}")
            assert (calls(TaskSet), calls(DefaultTaskSet)) == (chain, chain)
            parts.leave()
    finally:
        parts.leave()
        tasks.let_go()
    assert {owner: vars(owner)["execute_task"] for owner in STOCK} == STOCK
