"""Lone halves of characters, which no file and no message can carry, in what Locust keeps and sends.

Law: a name is spelled out once, where it is new; a request whose name is whole costs nothing, and none is lost.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from locust.rpc.protocol import Message
from locust.runners import Runner
from locust.stats import EntriesDict, StatsError

from locust_ext.process.seam import Seam
from locust_ext.text.lengths import whole

Function = Callable[..., Any]


def keep_names_whole() -> None:
    """Stand, until the process ends, where Locust takes a name for the first time, and where it sends anything."""
    for owner, name, wrap in _PLACES:
        if not getattr(getattr(owner, name), _OURS, False):
            Seam(owner, name, wrap).open()


_OURS = "is_locust_exts_whole_name"


def _entry(missing: Function) -> Function:
    @functools.wraps(missing)
    def found(self: Any, key: Any) -> Any:
        spelled = _spelled(key)
        return missing(self, key) if spelled == key else self[spelled]

    return _marked(found)


def _key(create: Function) -> Function:
    @functools.wraps(create)
    def created(*parts: Any) -> Any:
        try:
            return create(*parts)
        except UnicodeEncodeError:
            *names, error = _spelled(parts)
            return create(*names, whole(repr(error)) if isinstance(error, BaseException) else error)

    return staticmethod(_marked(created))


def _arguments(stock: Function) -> Function:
    @functools.wraps(stock)
    def called(self: Any, *parts: Any, **named: Any) -> Any:
        return stock(self, *_spelled(parts), **_spelled(named))

    return _marked(called)


def _message(serialize: Function) -> Function:
    @functools.wraps(serialize)
    def serialized(self: Any) -> Any:
        try:
            return serialize(self)
        except UnicodeEncodeError:
            return serialize(Message(self.type, _spelled(self.data), self.node_id))

    return _marked(serialized)


_PLACES: tuple[tuple[Any, str, Callable[[Function], Function]], ...] = (
    (EntriesDict, "__missing__", _entry),
    (StatsError, "create_key", _key),
    (StatsError, "__init__", _arguments),
    (Runner, "log_exception", _arguments),
    (Message, "serialize", _message),
)


def _marked(function: Function) -> Function:
    setattr(function, _OURS, True)
    return function


def _spelled(value: Any) -> Any:
    """Return a value with all texts in it whole."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {_spelled(key): _spelled(item) for key, item in value.items()}
    return type(value)(map(_spelled, value)) if type(value) in (list, tuple) else value
