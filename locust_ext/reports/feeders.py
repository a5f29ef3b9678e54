"""What became of the rows of feeders: one finding a feeder.

Law: pure; names and numbers, and no value of any row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from locust_ext.feeders.account import FeederAccount
from locust_ext.reports.result import Finding


def feeders_of(accounts: Sequence[FeederAccount]) -> Iterator[Finding]:
    """Yield what became of the rows of each feeder."""
    for account in accounts:
        figures = {"feeder": account.name, "taken": account.taken, "waits": account.waits, "lost": account.lost}
        yield Finding("feeder", account.text, figures)
