"""What became of the rows of feeders: one finding a feeder.

Law: pure; names and numbers, and no value of any row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from locust_ext.feeders.account import FeederAccount
from locust_ext.reports.result import Finding

MOST_WAITED = 0.5
"""Of the time of all users, what they may wait for rows: with more the load was another one."""


def feeders_of(accounts: Sequence[FeederAccount]) -> Iterator[Finding]:
    """Yield what became of the rows of each feeder."""
    for account in accounts:
        figures = {"feeder": account.name, "taken": account.taken, "waits": account.waits, "lost": account.lost}
        yield Finding("feeder", account.text, figures)


def starved_of(accounts: Sequence[FeederAccount], user_seconds: float) -> Iterator[str]:
    """Yield for which feeders users waited most of their time; they had ``user_seconds`` at the most, all together."""
    for account in accounts:
        if user_seconds > 0 and account.waited_s > MOST_WAITED * user_seconds:
            yield (
                f"{account.name}: users waited for rows {account.waited_s / user_seconds:.0%} of their time"
                f" (limit {MOST_WAITED:.0%}): the load was not the one that was asked for; give it more rows, or the"
                " run fewer users"
            )
