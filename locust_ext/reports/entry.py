"""A part of summary.json: a model that is made of a value of ours, and makes it again.

Law: a field whose name is that of the value is taken over and back by itself, so that only what differs is spelled
out, once a direction. What is made of a value is not validated again: whatever a run holds can be written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Literal, Self, TypeVar, cast

from pydantic import ConfigDict

from locust_ext.text.models import Model

Number = int | float
Numbers = tuple[Number | None, ...]
Judged = Literal["passed", "failed", "inconclusive"]

T = TypeVar("T")


class Entry(Model):
    """A part whose fields are all known; what a later version adds is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, value: object, /, **own: Any) -> Self:
        """Return the entry of ``value``: what is not in ``own`` is its attribute of the same name."""
        same = {name: getattr(value, name) for name in cls.model_fields if name not in own}
        return cast("Self", cls.model_construct(**same, **own))

    def to(self, kind: Callable[..., T], /, **own: Any) -> T:
        """Return the dataclass ``kind`` again: what is not in ``own`` is the field of the same name."""
        names = {field.name for field in fields(cast("Any", kind))} & type(self).model_fields.keys()
        return kind(**{name: getattr(self, name) for name in names if name not in own}, **own)

    def plain(self) -> dict[str, Any]:
        """Return plain values, keys in the order of the fields."""
        return self.model_dump(by_alias=True, exclude_unset=True, warnings=False)


class OpenEntry(Entry):
    """A part with figures of its own beside the fields that all have."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @classmethod
    def having(cls, named: Mapping[str, Any], figures: Mapping[str, Any]) -> Self:
        """Return the entry with these fields, and with figures of its own."""
        return cast("Self", cls.model_construct(**{**named, **figures}))

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of its own."""
        return dict(self.model_extra or {})
