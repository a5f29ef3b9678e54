"""Frozen dataclasses that are made in a fraction of the time, so that the first request leaves sooner.

Law: a class that is made here behaves as if Python's own ``dataclass`` had made it; one for which that is not certain
is made by Python's own.

A process makes some fifty of these classes before its first request. For each, Python up to 3.12 writes six methods
and compiles them one by one: 24 ms of processor time in all, of which 9 are left. Here only ``__init__`` is compiled,
so that an instance is made as fast as ever; the other five are closures over the names of the fields. To compare two
instances, or to use one as a key, takes up to a tenth of a microsecond longer: what each request does that with is
left to Python's own. From 3.13 on Python's own compiles all of them in one go, and is taken for all.
"""

from __future__ import annotations

import abc
import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

_METHODS = frozenset({"__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"})


class _FromFactory:
    """What a parameter of ``__init__`` is by default where a factory makes the value: it is seen in signatures."""

    def __repr__(self) -> str:
        return "<factory>"


_FROM_FACTORY = _FromFactory()

if TYPE_CHECKING or sys.version_info >= (3, 13):
    from dataclasses import dataclass
else:

    def dataclass(cls: type[Any] | None = None, /, **options: Any) -> Any:
        """Return a class as a dataclass; the options are those of Python's own ``dataclass``."""
        if cls is None:
            return partial(dataclass, **options)
        if options == {"frozen": True} and _is_plain(cls):
            return _made(cls)
        return dataclasses.dataclass(cls, **options)


__all__ = ["dataclass"]


def _is_plain(cls: type[Any]) -> bool:
    """Tell whether nothing in a class is special: a method that we would make, a base, a docstring to be written."""
    return bool(cls.__doc__) and _METHODS.isdisjoint(vars(cls)) and not dataclasses.is_dataclass(cls)


def _made(cls: type[T]) -> type[T]:
    """Return a class that has none of our methods, and no dataclass as a base, as a frozen dataclass."""
    dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    # What inherits from a frozen dataclass must be one itself, and asks here.
    made: Any = vars(cls)["__dataclass_params__"]
    made.init = made.repr = made.eq = made.frozen = True
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # it has just become one
    compared = _values([field.name for field in fields if field.compare])
    hashed = _values([field.name for field in fields if (field.compare if field.hash is None else field.hash)])
    for method in (
        _init(cls, {field.name for field in fields}),
        _repr([field.name for field in fields if field.repr]),
        _eq(compared),
        _hash(hashed),
        *_refusals(cls, frozenset(field.name for field in fields)),
    ):
        method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
        setattr(cls, method.__name__, method)
    return abc.update_abstractmethods(cls)


def _init(cls: type[Any], kept: set[str]) -> Any:
    """Return ``__init__``, which keeps only what is a field: an InitVar is handed on."""
    # A variable of the class is never asked whether it is for keywords only.
    taken = [field for field in cls.__dataclass_fields__.values() if field.kw_only is not dataclasses.MISSING]
    positional = [field for field in taken if field.init and not field.kw_only]
    keywords = [field for field in taken if field.init and field.kw_only]
    this = "__dataclass_self__" if "self" in cls.__dataclass_fields__ else "self"
    factories = {f"__dataclass_make_{field.name}__": field.default_factory for field in taken if _has_factory(field)}
    lines = [
        f"__dataclass_set__({this}, {field.name!r}, {_value(field)})"
        for field in taken
        if field.name in kept and (field.init or _has_factory(field))
    ]
    if hasattr(cls, "__post_init__"):
        lines.append(f"{this}.__post_init__({', '.join(field.name for field in taken if field.name not in kept)})")
    outer = ", ".join(("__dataclass_set__", "__dataclass_default__", *factories))
    star = ["*"] if keywords else []
    inner = ", ".join((this, *(field.name for field in positional), *star, *(field.name for field in keywords)))
    body = "\n  ".join(lines or ["pass"])
    scope: dict[str, Any] = {}
    source = f"def make({outer}):\n def __init__({inner}):\n  {body}\n return __init__"
    exec(source, vars(sys.modules[cls.__module__]), scope)  # noqa: S102 as Python's own: nothing else is as fast in use
    made = scope["make"](object.__setattr__, _FROM_FACTORY, *factories.values())
    made.__defaults__ = _defaults(positional)
    made.__kwdefaults__ = {field.name: _default(field) for field in keywords if _has_default(field)} or None
    made.__annotations__ = {field.name: field.type for field in (*positional, *keywords)} | {"return": None}
    return made


def _has_factory(field: dataclasses.Field[Any]) -> bool:
    return field.default_factory is not dataclasses.MISSING


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or _has_factory(field)


def _default(field: dataclasses.Field[Any]) -> Any:
    return _FROM_FACTORY if _has_factory(field) else field.default


def _defaults(positional: list[dataclasses.Field[Any]]) -> tuple[Any, ...]:
    """Return the defaults of parameters; they belong to the last ones."""
    first = next((at for at, field in enumerate(positional) if _has_default(field)), len(positional))
    for field in positional[first:]:
        if not _has_default(field):
            raise TypeError(f"non-default argument {field.name!r} follows default argument")
    return tuple(_default(field) for field in positional[first:])


def _value(field: dataclasses.Field[Any]) -> str:
    """Return what ``__init__`` sets a field to."""
    if not _has_factory(field):
        return field.name
    made = f"__dataclass_make_{field.name}__()"
    return f"{made} if {field.name} is __dataclass_default__ else {field.name}" if field.init else made


def _values(names: list[str]) -> Callable[[Any], Any]:
    """Return what reads the values of fields as a tuple; it is for several that Python has it ready."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple([getattr(instance, name) for name in names])


def _repr(names: list[str]) -> Any:
    @recursive_repr()
    def __repr__(self: Any) -> str:  # noqa: N807 it becomes a method
        return f"{self.__class__.__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in names])})"

    return __repr__


def _eq(values: Callable[[Any], Any]) -> Any:
    def __eq__(self: Any, other: object) -> Any:  # noqa: N807 it becomes a method
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(values: Callable[[Any], Any]) -> Any:
    def __hash__(self: Any) -> int:  # noqa: N807 it becomes a method
        return hash(values(self))

    return __hash__


def _refusals(cls: type[Any], names: frozenset[str]) -> tuple[Any, Any]:
    """Return what refuses to set and to delete; a plain class that inherits may have attributes beside the fields."""

    def __setattr__(self: Any, name: str, value: object) -> None:  # noqa: N807 it becomes a method
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:  # noqa: N807 it becomes a method
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return __setattr__, __delattr__
