"""What ``locust-ext check`` says of feeders: how many rows there are, how they go, and whether they are enough.

Law: names and numbers, and no value of any row. What may be too little is a warning: it is for the team to know.
"""

from __future__ import annotations

from collections.abc import Iterator

from locust_ext.config.plan import Plan
from locust_ext.feeders.options import CYCLE, STOP, WAIT, ZIPF
from locust_ext.feeders.resolved import Resolved, nobody_uses
from locust_ext.run.feeding import declared, feeders_in
from locust_ext.text.spelling import plural

MOST_COLUMNS_TOLD = 10

EMPTY = {WAIT: "wait for one", STOP: "stop", "fail": "fail the run"}
"""What users do for whom there is no row."""


def feeder_lines(plan: Plan) -> Iterator[str]:
    """Yield a line a feeder that code declares, and one for each that no code does."""
    for one in feeders_in(plan) if plan.config.feeders or declared() else ():
        yield f"feeder       {one.name}: {_said(one)}"
    for name in nobody_uses(plan.config.feeders, declared()):
        yield f'feeder       {name}: no code uses it: write locust_ext.Feeder("{name}") in the locustfile'


def _said(one: Resolved) -> str:
    options, table = one.options, one.table
    how = f"zipf of exponent {options.exponent:g}" if options.order == ZIPF else options.order
    there = "rows that code makes"
    if table is not None:
        columns = table.columns
        more = f" and {len(columns) - MOST_COLUMNS_TOLD} more" if len(columns) > MOST_COLUMNS_TOLD else ""
        there = f"{plural(table.rows, 'row')} of {', '.join(columns[:MOST_COLUMNS_TOLD])}{more}"
    if options.shares:
        return f"{there}, {how}: users share them"
    return f"{there}, {how}, {options.use}; users without one {EMPTY[options.when_empty]}"


def feeder_warnings(plan: Plan, users: float | None) -> Iterator[str]:
    """Yield where there are fewer rows than users."""
    for one in feeders_in(plan) if users and (plan.config.feeders or declared()) else ():
        assert users is not None
        rows = one.table.rows if one.table is not None else None
        if rows is None or one.options.shares or rows >= users:
            continue
        there = f"{one.name}: {plural(rows, 'row')} for {plural(users, 'user')}"
        if one.options.use == CYCLE:
            do = EMPTY[one.options.when_empty]
            yield f"{there}: {users - rows:,.0f} users would {do} while the others have theirs"
        else:
            yield f"{there}, each used once: {users - rows:,.0f} users would never have one"
