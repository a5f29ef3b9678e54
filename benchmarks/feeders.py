"""What a row of a feeder costs: the user that takes it and gives it back, and both ends of its way.

A user takes what lies ready: that is measured over the real desk. The way is a worker's ask, the master's answer read
off a real file, and both messages packed and checked as they travel, of which users see nothing. In processor time.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgpack
from side_by_side import Row

from locust_ext.feeders.desk import Desk
from locust_ext.feeders.lender import Lender
from locust_ext.feeders.messages import Ask, FeederTold, RowsLent
from locust_ext.feeders.pool import Pool
from locust_ext.feeders.table import look_at
from locust_ext.safety.row_values import RowValues

ROWS = 100_000
GOAL, WAY_GOAL = 50.0, 100.0
"""Microseconds of a fetch, and of the whole way of a row."""

TURN = 1000
"""Rows between two asks."""


class Bench:
    """One worker's desk and the master's lender, joined by packed messages."""

    def __init__(self, file: Path) -> None:
        self.table = look_at(file)
        reader, values = self.table.open(), RowValues()

        def read(ids):
            rows = reader.rows(ids)
            values.add([value for row in rows for value in row])
            return rows

        self.lender = Lender(Pool(self.table.rows, cycle=True), read)
        told = FeederTold(
            name="users", columns=self.table.columns, hidden=(), public=(), on_empty="wait", lost="keep",
            shares=False,
        )  # fmt: skip
        self.desk = Desk(told, lambda: None, lambda _: None)
        self.now = time.monotonic()

    def travel(self, message):
        """Return a message as it comes out at the other end."""
        return type(message).of(msgpack.unpackb(msgpack.packb(message.told())))

    def ask(self) -> None:
        """Have the desk get its next rows."""
        stock = self.desk.stock
        ask = self.travel(Ask(run="r", feeder="users", **stock.ask(time.monotonic(), 0)))
        for lent in self.lender.hear("w", ask, time.monotonic()):
            said = RowsLent(
                run="r", feeder="users", asked=ask.asked, session=ask.session, number=lent.number,
                ids=tuple(lent.ids), rows=tuple(lent.rows), chunk=lent.chunk,
            )  # fmt: skip
            self.desk.hear(self.travel(said))


def costs() -> tuple[float, float]:
    """Return the microseconds of a fetch, and of a row's whole way."""
    with TemporaryDirectory() as place:
        file = Path(place) / "users.csv"
        lines = "".join(f"user{number}@example.org,password-{number:06}\n" for number in range(ROWS))
        file.write_text(f"email,password\n{lines}")
        bench = Bench(file)
        fetches = ways = 0.0
        taken = 0
        while taken < ROWS:
            began = time.process_time()
            bench.ask()
            asked = time.process_time()
            few = min(TURN, bench.desk.stock.idle)
            for _ in range(few):
                row = bench.desk.take(None)
                row["email"]
                bench.desk.give_back(row)
            taken += few
            ways, fetches = ways + asked - began, fetches + time.process_time() - asked
    return fetches / taken * 1e6, ways / taken * 1e6


def measure() -> Row:
    """Return what a fetch costs; its way is the master's and the worker's, and no user waits for it."""
    fetch, way = costs()
    return Row(
        "a row of a feeder: taken, read, given back; its way from the file, both ends",
        f"<= {GOAL:.0f}, {WAY_GOAL:.0f} us",
        f"{fetch:.1f}, {way:.1f} us",
        "-",
        fetch <= GOAL and way <= WAY_GOAL,
    )


if __name__ == "__main__":
    print(measure())
