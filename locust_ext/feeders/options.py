"""``feeders:`` of the configuration: where rows come from, in which order, how often, and what when there are none.

Law: pure. Whatever passes here can be lent; that a file can be read is looked at elsewhere.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from locust_ext.text.fields import Names, Section
from locust_ext.text.lengths import check_length, quoted

Order = Literal["sequence", "random", "zipf"]
Use = Literal["once", "cycle"]
OnEmpty = Literal["stop", "wait", "fail"]
Lost = Literal["keep", "return"]

SEQUENCE, RANDOM, ZIPF = "sequence", "random", "zipf"
ONCE, CYCLE = "once", "cycle"
STOP, WAIT, FAIL = "stop", "wait", "fail"
KEEP, RETURN = "keep", "return"

MOST_FEEDERS = 100

EXPONENT = 0.99
"""How steep ``zipf`` is by default: as YCSB's requests are (Cooper et al. 2010), after Gray et al. 1994. Of web caches
0.64 to 0.83 was measured (Breslau et al. 1999)."""

_NAME = re.compile(r"\w[\w.-]{0,63}")


class FeederOptions(Section):
    """How rows are handed out."""

    file: Annotated[str, AfterValidator(check_length)] = ""
    order: Order = "sequence"
    exponent: Annotated[float, Field(gt=0, le=10)] = EXPONENT
    use: Use = "cycle"
    on_empty: OnEmpty | None = None
    lost: Lost = "keep"
    public: Names = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> FeederOptions:
        if self.order == ZIPF and "use" in self.model_fields_set and self.use == ONCE:
            raise ValueError("zipf hands out hot rows again and again, so that use: once cannot be; leave use out")
        if self.order == ZIPF and self.on_empty is not None:
            raise ValueError("zipf shares its rows, so that they never run out; leave on_empty out")
        if self.order != ZIPF and "exponent" in self.model_fields_set:
            raise ValueError("an exponent is for order: zipf; leave it out")
        if self.use == ONCE and self.on_empty == WAIT:
            raise ValueError("a row that is used once never comes back, so that users would wait for ever; write stop")
        return self

    @property
    def shares(self) -> bool:
        """Whether several users may have the same row."""
        return self.order == ZIPF

    @property
    def when_empty(self) -> OnEmpty:
        """What becomes of a user for whom there is no row: by default it waits where one may come back, else stops."""
        return self.on_empty or ("stop" if self.use == ONCE else "wait")


class WrittenFeeder(FeederOptions):
    """A feeder of the configuration: its rows are a file's."""

    @model_validator(mode="after")
    def _has_a_file(self) -> WrittenFeeder:
        if not self.file:
            raise ValueError("name the file that the rows stand in: file: users.csv")
        return self


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{quoted(name)} is not the name of a feeder: one word of letters, digits, _, . and -")
    return name


def _check_number(feeders: dict[str, WrittenFeeder]) -> dict[str, WrittenFeeder]:
    if len(feeders) > MOST_FEEDERS:
        raise ValueError(f"there can be at most {MOST_FEEDERS} feeders, and these are {len(feeders)}")
    return feeders


def _none_is_empty(feeders: Any) -> Any:
    return {} if feeders is None else feeders


Feeders = Annotated[
    dict[Annotated[str, AfterValidator(_check_name)], WrittenFeeder],
    BeforeValidator(_none_is_empty),
    AfterValidator(_check_number),
]
"""Feeders by their names."""
