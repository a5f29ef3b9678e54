"""A locustfile's own LoadTestShape: what is known of it without running it.

Law: nothing is called; where its text cannot be found its name alone counts.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType
from typing import Any

_PLAIN = (int, float, str, bool, list, tuple, dict, type(None))
"""What a shape may take from its module as a figure."""


def text_of(shape: type[Any]) -> str:
    """Return what makes a shape that shape: its text, that of its bases, and what both take from their modules.

    So another load is another text, and a change elsewhere in the locustfile is not.
    """
    return "\n".join(part for one in shape.__mro__ if not _is_locusts(one) for part in _parts(one))


def _is_locusts(one: type[Any]) -> bool:
    return one is object or one.__module__.partition(".")[0] in ("locust", "locust_ext")


def _parts(one: type[Any]) -> Iterator[str]:
    yield one.__qualname__
    yield _source(one)
    seen: set[str] = set()
    functions = [item for item in vars(one).values() if isinstance(item, FunctionType)]
    while functions:
        function = functions.pop()
        for name in sorted(set(function.__code__.co_names) - seen):
            seen.add(name)
            value = function.__globals__.get(name)
            if isinstance(value, FunctionType):
                yield _source(value)
                functions.append(value)
            elif isinstance(value, _PLAIN) and name in function.__globals__:
                yield f"{name} = {value!r}"


def _source(item: Any) -> str:
    try:
        return inspect.getsource(item)
    except (OSError, TypeError):
        return ""
