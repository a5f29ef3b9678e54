"""What the sections of the configuration read alike.

Law: pure; no value stands for another one in silence: a switch is not a number, and a text is not a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_core import PydanticKnownError

from locust_ext.text.lengths import quoted
from locust_ext.text.models import Model
from locust_ext.text.units import is_written

_SWITCHES = frozenset({bool, object, Any})
"""Types that a switch belongs to."""


class Section(Model):
    """Keys and values of one part of the configuration; an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="wrap")
    @classmethod
    def _is_no_switch(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Refuse ``yes`` where a number belongs: pydantic takes it for 1."""
        found = read(value)
        if _holds_a_switch(value) and (kind := _number_of(cls, info.field_name or "")):
            raise PydanticKnownError(kind)
        return found


def _holds_a_switch(value: Any) -> bool:
    return any(isinstance(one, bool) for one in (value if isinstance(value, (list, tuple)) else [value]))


@cache
def _number_of(model: type[BaseModel], key: str) -> Literal["", "int_type", "float_type"]:
    """Return pydantic's error for a field that takes numbers, alone or in a list, and no switch; ``""`` for others."""
    types = set(_types_in(model.model_fields[key].annotation)) if key in model.model_fields else set()
    if types & _SWITCHES or not types & {int, float}:
        return ""
    return "float_type" if float in types else "int_type"


def _types_in(annotation: Any) -> Iterable[Any]:
    """Yield the plain types that an annotation is made of; of a Literal those of its values."""
    if get_origin(annotation) is Literal:
        yield from map(type, get_args(annotation))
        return
    arguments = get_args(annotation)
    if not arguments:
        yield annotation if isinstance(annotation, type) or annotation is Any else None
    for one in arguments:
        yield from _types_in(one)


def one_is_a_list(value: Any) -> Any:
    """Return a text alone as a list of one; raises ValueError where it lists several itself."""
    if isinstance(value, str) and "," in value:
        names = ", ".join(f'"{name.strip()}"' for name in value.split(",") if name.strip())
        raise ValueError(f"{quoted(value)} is one text, and must be a list; write [{names}]")
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(one_is_a_list)]
"""Names, or one of them alone; none of them is empty."""


def tags_as_text(tags: Any, info: ValidationInfo) -> Any:
    """Return tags as text: numbers as they are written; what a file holds beside those and text is a mistake."""
    if not isinstance(tags, dict):
        return tags
    return {str(key): value_as_text(value) if is_written(info) else str(value) for key, value in tags.items()}


def value_as_text(value: Any) -> Any:
    """Return a number as text; everything else stays what it is: a text or a mistake."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def is_http(url: str) -> bool:
    """Tell whether ``url`` is one of http or https, and one word: some clients leave blanks out, and some do not."""
    try:
        parts = urlsplit(url)
    except ValueError:  # its text may hold the password
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_one_word(url)


def is_one_word(text: str) -> bool:
    """Tell whether ``text`` holds neither blanks nor control characters."""
    return text.isprintable() and not re.search(r"\s", text)


def is_a_path(path: str) -> str:
    """Return ``path`` if it begins at the root of a host; raises ValueError."""
    if not path.startswith("/") or not is_one_word(path):
        raise ValueError(f"{quoted(path)} is not a path; write it as /health")
    return path
