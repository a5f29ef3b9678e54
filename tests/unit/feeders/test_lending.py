"""Over whatever becomes of messages and processes: no row is with two users at once, and none is lost without a count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.feeders.lender import Lender
from locust_ext.feeders.pool import Pool
from locust_ext.feeders.stock import Stock
from tests.lending import Weather, World

WEATHERS = {
    "all is well": Weather(),
    "messages are lost": Weather(loses=0.2),
    "messages come late and twice": Weather(doubles=0.3, delays=0.2),
    "a process dies now and then": Weather(dies=0.004),
    "processes stand still": Weather(stalls=0.01),
    "processes join": Weather(joins=0.003),
    "everything": Weather(loses=0.05, doubles=0.1, delays=0.1, dies=0.002, stalls=0.006, joins=0.006),
}
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 10))]

CALM = 10.0
"""Seconds of fine weather at the end: whatever is under way comes to its end."""


def counted(world):
    """Return where all rows are, by what the master knows."""
    return world.pool.free + world.pool.out + world.pool.used_up


@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("cycle", [False, True], ids=["once", "cycle"])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_row_is_with_two_at_once(weather, cycle, seed):
    """Nor, of once, with anybody a second time; and every row is free, out or used up."""
    world = World(f"{weather} {cycle} {seed}", WEATHERS[weather], rows=120, cycle=cycle)
    for _ in range(10):
        world.play(1.0)
        assert counted(world) == 120
    assert world.book.twice == []
    assert world.book.taken
    if not cycle:
        assert max(world.book.taken.values()) == 1


@pytest.mark.parametrize("weather", ["messages are lost", "messages come late and twice", "processes join"])
@pytest.mark.parametrize("seed", SEEDS)
def test_all_rows_are_used_where_nobody_dies(weather, seed):
    """Every single one, once; what lay idle with one process came back for those who waited at another."""
    world = World(f"{weather} {seed}", WEATHERS[weather], rows=90, cycle=False)
    world.play(25.0, calm=CALM)
    assert sum(world.book.taken.values()) == 90 == len(world.book.taken)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_dead_process_has_is_counted(seed):
    """All others were used: each row was used, or is out with it."""
    world = World(f"dies {seed}", Weather(), rows=90, cycle=False)
    world.play(0.6)
    world.processes["w0"].is_dead = True
    world.play(15.0)
    workers, lost = world.lender.gone(world.now)
    assert workers == 1
    assert counted(world) == 90
    assert world.pool.out == lost
    assert world.pool.used_up + lost == 90
    assert max(world.book.taken.values()) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_as_many_rows_as_users(seed):
    """Whoever keeps one for good leaves the others theirs: none lies idle where somebody waits for it elsewhere."""
    world = World(f"keep {seed}", Weather(), rows=18, cycle=True, keeps=1e9, eager=0.05)
    world.play(12.0)
    assert world.users_with_rows() == 18


def test_fewer_rows_than_users_go_round():
    """And each process has its share of them: none is hungry for ever."""
    world = World("few", Weather(), rows=6, cycle=True, keeps=0.2)
    world.play(12.0)
    assert world.book.twice == []
    rounds = sum(world.book.taken.values())
    assert rounds > 6 * 8
    assert min(one.stock.taken for one in world.processes.values()) > 0.5 * rounds / 3


@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("cycle", [False, True], ids=["once", "cycle"])
@pytest.mark.parametrize("seed", SEEDS)
def test_rows_that_come_back_from_the_lost(weather, cycle, seed):
    """Go to others only when those who had them cannot use them any more, however long they stood still."""
    world = World(f"{weather} {cycle} {seed}", WEATHERS[weather], rows=60, cycle=cycle, returns=True, keeps=4.0)
    for _ in range(25):
        world.play(1.0)
        assert counted(world) == 60
    assert world.book.twice == []


def test_a_dead_process_s_rows_come_back():
    """Where that was asked for: all of them are used in the end, but those that were used when it died, twice."""
    world = World("back", Weather(), rows=60, cycle=False, returns=True)
    world.play(0.5)
    world.processes["w0"].is_dead = True
    world.play(20.0)
    assert len(world.book.taken) == 60
    assert world.pool.out == 0
    assert world.pool.used_up == 60


@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([0.0, 0.1, 0.3]))
def test_any_seed(seed, cycle, harm):
    """No row is with two at once, whatever happens."""
    weather = Weather(loses=harm, doubles=harm, delays=harm, dies=harm / 100, stalls=harm / 30, joins=harm / 60)
    world = World(str(seed), weather, rows=30, cycle=cycle, users=3)
    world.play(2.5)
    assert world.book.twice == []
    assert counted(world) == 30
    assert cycle or not world.book.taken or max(world.book.taken.values()) == 1


def give_twice(patch):
    """Lend what is out already."""
    patch.setattr(Pool, "give_back", lambda pool, row, used: pool._again.append(row) or pool._out.discard(row))


def forget_what_was_sent(patch):
    """Send the next rows where the last ones were lost."""
    hear = Lender.hear

    def heard(lender, worker, ask, now):
        one = lender.borrowers.get(worker)
        if one is not None and ask.number == one.number:
            ask = ask.model_copy(update={"number": one.number + 1})
        return hear(lender, worker, ask, now)

    patch.setattr(Lender, "hear", heard)


def go_on_after_a_lapse(patch):
    """Use rows for ever."""
    patch.setattr(Stock, "_is_over", lambda *_: False)


def test_a_standstill_that_is_noticed():
    """Others have the rows by then, and whoever stood still has none of them any more."""
    world = World("lapse", Weather(), rows=24, cycle=True, returns=True, keeps=9.0)
    world.play(1.0)
    world.processes["w0"].still_until = 14.0
    world.play(18.0)
    assert world.book.twice == []
    assert world.processes["w0"].stock.session == 2


def test_a_lapse_that_is_not_noticed(monkeypatch):
    """Breaks the law, where rows come back."""
    go_on_after_a_lapse(monkeypatch)
    world = World("lapse", Weather(), rows=24, cycle=True, returns=True, keeps=9.0)
    world.play(1.0)
    world.processes["w0"].still_until = 14.0
    world.play(18.0)
    assert world.book.twice


def take_late_ones(patch):
    """Take rows whatever their number."""
    hear = Stock.hear

    def heard(stock, lent, now):
        stock.number = lent.number - 1 if lent.ids else stock.number
        return hear(stock, lent, now)

    patch.setattr(Stock, "hear", heard)


BROKEN = [
    pytest.param(give_twice, id="once is given twice"),
    pytest.param(forget_what_was_sent, id="lost rows are forgotten"),
    pytest.param(take_late_ones, id="doubled rows are taken twice"),
]


@pytest.mark.parametrize("breaks", BROKEN)
def test_the_laws_can_fail(monkeypatch, breaks):
    """Each is broken by what it is about."""
    breaks(monkeypatch)
    harm = Weather(loses=0.2, doubles=0.3, delays=0.2)
    world = World("broken", harm, rows=90, cycle=False)
    world.play(25.0, calm=CALM)
    taken = world.book.taken
    assert world.book.twice or max(taken.values()) > 1 or sum(taken.values()) < 90
