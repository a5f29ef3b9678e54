"""The master's part in feeders: it alone has the tables, lends their rows, and says what became of them.

Law: a run begins with fresh feeders: ``once`` is once a run. It goes on hearing what comes back until the run is
judged. Where nobody can go on without rows, the run ends as planned; where there must be rows and are none, it proves
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import field
from functools import partial
from random import Random
from time import monotonic
from typing import Any, Protocol

import gevent
from locust.exception import RPCError

from locust_ext.feeders.account import FeederAccount
from locust_ext.feeders.lender import HOPE, Lender, Lent
from locust_ext.feeders.made import MadeRows
from locust_ext.feeders.messages import Ask, FeederTold, RowsLent
from locust_ext.feeders.options import CYCLE, FAIL, RANDOM, RETURN, STOP
from locust_ext.feeders.order import Shuffle, Zipf
from locust_ext.feeders.pool import Drawn, Places, Plain, Pool, Stocked
from locust_ext.feeders.resolved import Resolved
from locust_ext.feeders.table import ChangedError, Reader
from locust_ext.process.supervised import Stake, Work
from locust_ext.process.wire import UnfitError
from locust_ext.safety.known_secrets import says_secret
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

logger = logging.getLogger(__name__)

LENDING = Work("the lending of rows", Stake.LOAD)

LOOK = 0.25
"""Seconds from one look at what is lent to the next."""

IDLE = 1.0
"""Seconds without any user after which nobody can go on."""


class Stage(Protocol):
    """The run that is under way: the controller."""

    run: Any

    def give_up(self, reason: str) -> None:
        """End a run that proves nothing."""

    def doubt(self, why: str, about: str = "") -> None:
        """Let a run go on that proves nothing."""


@dataclass(frozen=True)
class FeedersIntent:
    """The feeders of a run, and whether it is one load whose iterations begin when they are due."""

    feeders: Sequence[Resolved] = field(default_factory=tuple)
    is_open: bool = False
    there: float = 0.0
    """Seconds of the run after which users of all its loads have come, where it has several."""


class Counter:
    """One feeder of a run, where it is lent."""

    def __init__(self, resolved: Resolved, run: str, failed: Any, on_more: Any) -> None:
        self.resolved, options = resolved, resolved.options
        rng = Random(f"{run}:{resolved.name}")  # noqa: S311 an order, and no secret
        self.pool: Stocked
        self.source: Reader | MadeRows
        table = resolved.table
        if table is None:
            self.pool = made = Pool(None, cycle=False)
            self.source = MadeRows(resolved.rows, made, on_more, failed)  # type: ignore[arg-type]
        else:
            self.source = table.open()
            size, key = table.rows, rng.getrandbits(48)

            def shuffled(number: int) -> Places:
                return Shuffle(size, key + number) if options.order == RANDOM else Plain()

            self.pool = (
                Drawn(Zipf(size, options.exponent, rng.random).draw)
                if options.shares
                else Pool(size, cycle=options.use == CYCLE, places=shuffled)
            )
        self.lender = Lender(self.pool, self._read, returns=options.lost == RETURN, shares=options.shares)
        self._hidden = hidden_in(resolved)
        self.ended, self.is_closed = "", False
        self.nobody_since: float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are only known by the rows."""
        return self.source.columns if isinstance(self.source, MadeRows) else ()

    def _read(self, numbers: Sequence[int]) -> Sequence[tuple[Any, ...]]:
        rows = self.source.rows(numbers)
        hidden = self._hidden
        if self.columns:
            hidden = tuple(at for at, name in enumerate(self.columns) if name not in self.resolved.options.public)
        OUTLET.hide_rows([row[at] for at in hidden for row in rows])
        return rows

    def all_rows(self, now: float) -> str:
        """Return what has become of its rows in words, without those that are out with lost workers."""
        table, (_, lost) = self.resolved.table, self.lender.gone(now)
        how = "were used up" if self.resolved.options.use != CYCLE else "were in use"
        if table is None:
            return f"all rows that code made {how}"
        return f"all other rows of {table.rows:,} {how}" if lost else f"all {plural(table.rows, 'row')} {how}"

    def account(self, now: float) -> FeederAccount:
        """Return what became of its rows."""
        options, table = self.resolved.options, self.resolved.table
        said = [one.said for one in self.lender.borrowers.values() if one.said is not None]
        lost_workers, lost = self.lender.gone(now + (HOPE if self.is_closed else 0))
        return FeederAccount(
            name=self.resolved.name,
            rows=table.rows if table else None,
            order=options.order,
            use=options.use,
            on_empty=options.when_empty,
            taken=sum(one.taken for one in said),
            used_up=self.pool.used_up if isinstance(self.pool, Pool) else 0,
            out=self.lender.out,
            waits=sum(one.waits for one in said),
            waited_s=round(sum(one.waited for one in said), 3),
            longest_wait_s=round(max((one.longest for one in said), default=0.0), 3),
            exhausted=self.lender.was_empty,
            lost=lost,
            lost_workers=lost_workers if lost else 0,
            ended=self.ended,
        )


def hidden_in(resolved: Resolved) -> tuple[int, ...]:
    """Return the numbers of the columns whose values are hidden in texts, as far as the table is known."""
    table, public = resolved.table, resolved.options.public
    if table is None:
        return ()
    columns = enumerate(table.columns)
    return tuple(at for at, name in columns if name not in public and (at in table.distinct or says_secret(name)))


class FeederCoordinator:
    """Lends the rows of a run's feeders."""

    def __init__(self, runner: Any, stage: Stage, end_as_planned: Callable[[str], object]) -> None:
        self._runner, self._stage, self._end_as_planned = runner, stage, end_as_planned
        self._counters: dict[str, Counter] = {}
        self._run, self._is_open, self._there = "", False, 0.0
        self._greenlet: gevent.Greenlet | None = None

    @staticmethod
    def told(intent: FeedersIntent) -> tuple[FeederTold, ...]:
        """Return what processes are told of the feeders of a run."""
        return tuple(
            FeederTold(
                name=one.name,
                columns=one.table.columns if one.table else (),
                hidden=hidden_in(one),
                public=one.options.public,
                on_empty=one.options.when_empty,
                lost=one.options.lost,
                shares=one.options.shares,
            )
            for one in intent.feeders
        )

    def begin(self, intent: FeedersIntent, run: str) -> None:
        """Begin to lend; raises ValueError where a table has changed since it was looked at."""
        self.end()
        self._counters, self._run = {}, run
        self._is_open, self._there = intent.is_open, intent.there
        for one in intent.feeders:
            try:
                failed, on_more = partial(self._fail, one.name), partial(self._offer, one.name)
                self._counters[one.name] = Counter(one, run, failed, on_more)
            except (OSError, ChangedError) as error:
                raise ValueError(f"the rows of {one.name} cannot be read: {error}") from None
        for counter in self._counters.values():
            if isinstance(counter.source, MadeRows):
                counter.source.start()
        if self._counters:
            counters = tuple(self._counters.values())
            self._stage.run.feeders = lambda: tuple(one.account(monotonic()) for one in counters)
            self._greenlet = LENDING.start(self._look_for_ever)

    def _fail(self, name: str, why: str) -> None:
        self._stage.give_up(f"{name}: {why}")

    def receive(self, worker: str, ask: Ask) -> None:
        """Answer a process, and those who waited for what it gives back."""
        counter = self._counters.get(ask.feeder)
        if ask.run != self._run:
            return
        if counter is None:
            raise UnfitError("feeder: the run has none of this name")
        self._do(counter, lambda: counter.lender.hear(worker, ask, monotonic()))

    def _offer(self, name: str) -> None:
        """Give what has come to those who wait."""
        counter = self._counters.get(name)
        if counter is not None:
            self._do(counter, lambda: counter.lender.give(monotonic()))

    def _do(self, counter: Counter, step: Any) -> None:
        before = counter.lender.was_empty
        try:
            given = step()
        except (OSError, ChangedError) as error:
            counter.lender.is_over = True
            self._stage.give_up(f"the rows of {counter.resolved.name} cannot be read any more: {error}")
            return
        for lent in given:
            self._send(counter, lent)
        if counter.lender.was_empty and not before:
            self._note_empty(counter)

    def _send(self, counter: Counter, lent: Lent) -> None:
        try:
            RowsLent(
                run=self._run,
                feeder=counter.resolved.name,
                asked=lent.ask.asked,
                session=lent.ask.session,
                number=lent.number,
                ids=tuple(lent.ids),
                rows=tuple(lent.rows),
                columns=counter.columns,
                chunk=lent.chunk,
                recall=lent.recall,
                empty=lent.empty,
                expired=lent.expired,
            ).send(self._runner, lent.worker)
        except RPCError as error:
            logger.warning("rows cannot be sent to worker %s: %s", lent.worker, error)

    def _note_empty(self, counter: Counter) -> None:
        """Do what is to be done when somebody wants a row for the first time, and there is none."""
        options, name, there = counter.resolved.options, counter.resolved.name, counter.all_rows(monotonic())
        if options.when_empty == FAIL:
            counter.lender.is_over = True
            counter.ended = f"{there}, and a user wanted one more"
            self._stage.give_up(
                f"{name}: {counter.ended} (on_empty: fail): the load was not the one that was asked for"
            )
        elif options.when_empty == STOP:
            run = self._stage.run
            run.dwindles = min(run.dwindles, run.at(monotonic()))
            logger.info("%s: %s; users that want one stop", name, there)

    def _look_for_ever(self) -> None:
        while True:
            gevent.sleep(LOOK)
            now = monotonic()
            for counter in self._counters.values():
                counter.lender.expire(now)
                self._offer(counter.resolved.name)
                self._look_at_lost(counter)
                self._end_without_users(counter, now)

    def _look_at_lost(self, counter: Counter) -> None:
        """Have the run prove nothing where rows that are used once may have been used twice."""
        if counter.resolved.options.use != CYCLE and counter.lender.again:
            rows = plural(counter.lender.again, "row")
            self._stage.doubt(
                f"{counter.resolved.name}: {rows} of a worker that was not heard came back (lost: return), and it is"
                " not known whether it had used them: what is to be used once may have been used twice",
                f"rows of {counter.resolved.name}",
            )

    def _end_without_users(self, counter: Counter, now: float) -> None:
        """End the run as planned where rows are used up, and no user is left; an open load has none to wait for."""
        options, lender = counter.resolved.options, counter.lender
        if options.when_empty != STOP or not lender.was_empty or counter.ended:
            return
        if self._there and self._stage.run.at(now) < self._there + HOPE:
            return  # users of another load may be still to come
        if options.use == CYCLE and not self._runner.target_user_count:
            return  # there are to be none now, and rows for those that come next
        live = [one.said for one in lender.borrowers.values() if one.said is not None and now - one.seen <= HOPE]
        lost, by_rows = lender.gone(now)[1], self._is_open and options.use != CYCLE
        left = lender.out - lost if by_rows else sum(said.users for said in live)
        if left or not live:
            counter.nobody_since = None
            return
        if counter.nobody_since is None:
            counter.nobody_since = now
        if (by_rows and not lost) or now - counter.nobody_since >= IDLE:
            there = counter.all_rows(now)
            if lost:
                counter.ended = f"{there}, and the others are out with a worker that is not heard"
                self._stage.give_up(f"{counter.resolved.name}: {counter.ended}")
                return
            counter.ended = f"{there}, and the run ended with that, as planned"
            self._end_as_planned(f"{counter.resolved.name}: {counter.ended}")

    @property
    def starving(self) -> int:
        """Users that wait for rows which come back from others alone."""
        counters = self._counters.values()
        return sum(one.lender.waiting(monotonic()) for one in counters if one.pool.is_exhausted)

    def end(self) -> None:
        """Lend no more; what comes back is still heard."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None
        for counter in self._counters.values():
            self._look_at_lost(counter)
            counter.lender.is_over = counter.is_closed = True
            counter.source.close()
