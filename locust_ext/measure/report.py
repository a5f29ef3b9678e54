"""What a worker reports: a part of Locust's own report every three seconds, and a last one of its own.

Law: pure. A report is numbered from 1 on within its run, and holds all that was measured since the one before.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, ClassVar, Self

import msgpack
from pydantic import BeforeValidator, Field, InstanceOf

from locust_ext.measure.errors_told import Errors
from locust_ext.measure.rows import Measured, read_rows
from locust_ext.measure.traces_told import Traces
from locust_ext.process.wire import Count, Item, Message, Name, Number, Seconds, Sentence, UnfitError

FINAL = "locust_ext.final"
CLEARED = "locust_ext.cleared"
USER_CODE = "locust_ext.user_code"
KEY = "locust_ext"
"""Where our part of a worker's report to the master stands."""

MOST_REFUSED = 30


class Raised(Item):
    """What user code did on a worker since its last report, as :meth:`UserCode.take` tells it."""

    count: Count = 0
    first: Sentence = ""
    left: Sentence = ""


class Report(Message):
    """What one worker measured since its last report."""

    type: ClassVar[str] = "report"

    run: Name
    sequence: Number
    rows: Annotated[InstanceOf[Measured], BeforeValidator(read_rows)]
    user_code: Raised | None = None
    refused: Annotated[tuple[Sentence, ...], Field(max_length=MOST_REFUSED, strict=False)] = ()
    """Which messages of the master's it has refused."""
    errors: Errors = ()
    traces: Traces = ()
    resets: Count = 0
    """Of how many resets of the statistics it had heard when it measured this."""
    fingerprint: bytes = b""
    """What tells it from another report of the same number; nobody sends it."""

    @classmethod
    def of(cls, data: object) -> Self:
        """Return the report that travelled as ``data``; raises :class:`UnfitError` for anything else."""
        report = super().of(data)
        return report.model_copy(update={"fingerprint": _fingerprint(data)})


def _fingerprint(data: object) -> bytes:
    try:
        packed = msgpack.packb(data, default=repr)
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise UnfitError("it holds what no message can") from None
    return blake2b(packed, digest_size=16).digest()


class Final(Report):
    """The last report of a run, when all users of the worker have stopped."""

    type: ClassVar[str] = FINAL

    counted: Seconds
    """For how long its users were there."""


class Cleared(Report):
    """What a worker had measured when it heard that the statistics are reset: it is of what came before."""

    type: ClassVar[str] = CLEARED


class Told(Message):
    """What user code did on a worker after its last report."""

    type: ClassVar[str] = USER_CODE

    run: Name
    count: Count = 0
    first: Sentence = ""
    left: Sentence = ""
