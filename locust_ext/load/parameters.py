"""The parameters of a shape as fields that people fill in: what each is, what it is by default, and what it means.

Law: pure; all of it is read off the model, so that a parameter that is added there has a field at once. What a field
holds is text, in the spelling that the command line takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from locust_ext.load.profile import Profile
from locust_ext.text.frozen import dataclass
from locust_ext.text.units import Duration, Share, format_duration

WHOLE, NUMBER, DURATION, SHARE, CHOICE, TEXT, FIXED = (
    "whole number",
    "number",
    "duration",
    "share",
    "choice",
    "text",
    "as configured",
)
"""What a field holds; ``FIXED`` is what no field can hold: a list, or the name of a file."""

_READ: Mapping[Any, str] = {Duration.__metadata__[0].func: DURATION, Share.__metadata__[0].func: SHARE}  # type: ignore[attr-defined]
_PLAIN: Mapping[Any, str] = {int: WHOLE, float: NUMBER, str: TEXT}
_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    DURATION: format_duration,
    SHARE: "{:.4%}".format,
    NUMBER: "{:.12g}".format,
}

_CODE = re.compile(r"`([^`]*)`")

OF_A_FILE = "file"
"""The parameter that names a file, which is nobody's business who is not on this machine."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a shape; ``default`` is how its value is written where nobody says another one."""

    key: str
    kind: str
    default: str
    about: str
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What it is called: its key in words."""
        return self.key.replace("_", " ").capitalize()


def parameters_of(settings: Profile) -> tuple[Parameter, ...]:
    """Return the parameters of a shape, with the values of ``settings`` as defaults."""
    return tuple(_parameter(key, field, getattr(settings, key)) for key, field in type(settings).model_fields.items())


def written(kind: str, value: Any) -> str:
    """Return a value as people write it in a field of that kind; nothing for none."""
    if value is None:
        return ""
    text = _WRITTEN.get(kind, str)(value)
    return text if kind != SHARE else f"{text[:-1].rstrip('0').rstrip('.')}%"


def differing(before: Profile, after: Profile) -> Iterator[tuple[str, str, str]]:
    """Yield the key of each parameter that two settings of one kind do not share, and how both values are written."""
    for key, field in type(after).model_fields.items():
        old, new = getattr(before, key, None), getattr(after, key)
        if old != new:
            kind = _kind_of(key, field)
            yield key, _shown(kind, old), _shown(kind, new)


def _shown(kind: str, value: Any) -> str:
    return "another one" if kind == FIXED else written(kind, value) or "nothing"


def _parameter(key: str, field: FieldInfo, value: Any) -> Parameter:
    kind = _kind_of(key, field)
    choices = tuple(str(one) for one in get_args(field.annotation)) if kind == CHOICE else ()
    default = "" if kind == FIXED else written(kind, value)
    return Parameter(key, kind, default, _in_words(field.description or ""), choices)


def _in_words(about: str) -> str:
    """Return a description as it stands beside a field: other parameters are called what stands beside theirs."""
    return _CODE.sub(lambda found: found[1].replace("_", " "), about)


def _kind_of(key: str, field: FieldInfo) -> str:
    readers = [
        _READ[item.func] for item in _metadata(field) if isinstance(item, BeforeValidator) and item.func in _READ
    ]
    if key == OF_A_FILE:
        return FIXED
    if readers:
        return readers[0]
    if get_origin(field.annotation) is Literal:
        return CHOICE
    plain = next(iter(_types_of(field.annotation)))
    return _PLAIN.get(plain, FIXED)


def _metadata(field: FieldInfo) -> list[Any]:
    """Return what is said of a field beside its type, and of the type that it may have beside none."""
    inner = [item for one in _types_of(field.annotation, bare=False) for item in getattr(one, "__metadata__", ())]
    flat = [part for item in inner for part in (item.metadata if isinstance(item, FieldInfo) else [item])]
    return [*field.metadata, *flat]


def _types_of(annotation: Any, *, bare: bool = True) -> list[Any]:
    """Return the types that a field may have, but for none at all."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    found = [one for one in parts if one is not NoneType]
    return [get_args(one)[0] if bare and hasattr(one, "__metadata__") else one for one in found]
