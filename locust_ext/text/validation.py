"""What pydantic finds wrong with values, in words of the configuration.

Law: pure, and generic over models: which keys are valid somewhere is read off their annotations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from locust_ext.text.document import Document, Path
from locust_ext.text.lengths import LONGEST_QUOTE, quoted
from locust_ext.text.problems import Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.unquoted import in_marks

DEFAULT = "default"
"""The key that stands for all that are not named; one limit for all may stand in its place, without it."""

WANTED: Mapping[str, str] = {
    "greater_than": "must be more than {gt:,}",
    "greater_than_equal": "must be at least {ge:,}",
    "less_than_equal": "must be at most {le:,}",
    "too_long": "must be at most {max_length:,}",
    "literal_error": "must be {expected}",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "must hold keys and values"),
    **dict.fromkeys(("list_type", "tuple_type"), "must be a list"),
    "string_type": "must be text",
    "string_too_short": "must not be empty",
}
"""What pydantic's types of errors mean, in words of the configuration."""


def path_of(location: Path) -> Path:
    """Return where pydantic's error stands, without its mark for a wrong key."""
    return tuple(part for part in location if part != "[key]")


def problems_of(error: ValidationError, model: type[BaseModel], document: Document, at: Path = ()) -> list[Problem]:
    """Return pydantic's errors as problems, unknown keys with the nearest valid one."""
    found: dict[Path, Problem] = {}
    for item in error.errors(include_url=False):
        path = path_of(item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"unknown key{nearest(str(path[-1]), _keys_at(model, path[:-1]))}"
        elif item["type"] == "missing":
            message = "this key is missing"
        elif item["type"] != "value_error":
            wanted = WANTED.get(item["type"], f"{message[:1].lower()}{message[1:]}").format(**item.get("ctx", {}))
            message = (
                wanted
                if item["type"] == "string_too_short"
                else f"{wanted}, not {_written(document, (*at, *path)) or quoted(item['input'])}"
            )
            message += _quote_it(document, (*at, *path)) if item["type"] == "string_type" else ""
        if path[-1:] == (DEFAULT,) and (*at, *path) not in document.lines:
            path = path[:-1]  # one limit for all stands under its key itself
        found.setdefault((*at, *path), document.problem((*at, *path), message))
    inner = {path[:length] for path in found for length in range(len(path))}
    return [problem for path, problem in found.items() if path not in inner]


def _written(document: Document, path: Path) -> str:
    """Return a short plain text that YAML does not read as text, as it is written; else ``""``."""
    plain = document.plain.get(path, "")
    return plain if len(plain) <= LONGEST_QUOTE else ""


def _quote_it(document: Document, path: Path) -> str:
    """Return the text that was meant where YAML reads something else."""
    plain = _written(document, path)
    return f"; quote it: {in_marks(plain)}" if plain else ""


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that are valid where ``path`` ends: of the innermost model that there is on the way."""
    there: tuple[Any, ...] = (model,)
    keys = list(model.model_fields)
    for part in path:
        there = tuple(_inside(there, part))
        if found := [one for one in there if _is_model(one)]:
            keys = [key for one in found for key in one.model_fields]
    return list(dict.fromkeys(keys))


def _inside(types: Iterable[Any], part: str | int) -> Iterator[Any]:
    """Yield the types of what stands under ``part``: a key of a model or of a mapping, or a place in a list."""
    for one in types:
        if _is_model(one):
            field = one.model_fields.get(str(part))
            yield from _plain(field.annotation) if field else ()
        elif get_origin(one) is dict:
            yield from _plain(get_args(one)[1])
        elif get_origin(one) in (list, tuple):
            for item in get_args(one):
                yield from _plain(item)


def _plain(annotation: Any) -> Iterator[Any]:
    """Yield the types that an annotation stands for: what is optional, annotated or one of several, taken apart."""
    if _is_model(annotation) or get_origin(annotation) in (dict, list, tuple):
        yield annotation
        return
    for one in get_args(annotation):
        yield from _plain(one)


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)
