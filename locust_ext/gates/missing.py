"""What was measured in the place of a name that nobody measured, and how the two come together.

Law: pure. A suggestion is a name that was measured, with what to do about it: a name in the call, or the one to select.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from urllib.parse import urlsplit

from locust_ext.measure.catalogue import HTTP_METHODS
from locust_ext.measure.series import CUT
from locust_ext.text.lengths import LONGEST_NAME, quoted
from locust_ext.text.spelling import nearest, plural

Kin = Callable[[str, str], bool]
"""Tells whether the second name, which was measured, is the first one, which was not, in another spelling."""


def instead(wanted: str, measured: Collection[str]) -> str:
    """Return which measured name was probably meant by ``wanted``, and the cure; else what names there are."""
    asked = wanted.removesuffix("*")
    for is_kin, cure in KINDS:
        alike = sorted(name for name in measured if is_kin(asked, name))
        if alike and asked:
            others = f" and {plural(len(alike) - 1, 'other')} like it" if len(alike) > 1 else ""
            method, rest = _split(asked)
            shown = {"wanted": asked, "first": alike[0], "method": method, "rest": rest}
            return f"; measured was {quoted(alike[0], LONGEST_NAME)}{others}: {cure.format(**shown)}"
    return nearest(wanted, measured)


def _split(name: str) -> tuple[str, str]:
    """Return the method that a name begins with, if it does, and the rest."""
    method, _, rest = name.strip().partition(" ")
    return (method, rest.strip()) if rest and method.upper() in HTTP_METHODS else ("", name.strip())


def _without_query(name: str) -> str:
    return name.partition("#")[0].partition("?")[0]


@lru_cache(maxsize=4096)
def _loosely(name: str) -> str:
    """Return the path of a name in small letters: without method, host, query, and the slash at its end."""
    _, rest = _split(name)
    try:
        path = urlsplit(rest).path if "://" in rest else rest
    except ValueError:
        path = rest
    return _without_query(path).rstrip("/").casefold()


def _asks(asked: str, name: str) -> bool:
    return "?" not in asked and _without_query(name) == asked != name


def _names_its_method(asked: str, name: str) -> bool:
    method, rest = _split(asked)
    return bool(method) and rest == name


def _is_like(asked: str, name: str) -> bool:
    return bool(_loosely(asked)) and _loosely(asked) == _loosely(name)


def _is_below(asked: str, name: str) -> bool:
    return asked.startswith("/") and _loosely(name).startswith(f"{_loosely(asked)}/") and bool(_loosely(asked))


def _is_above(asked: str, name: str) -> bool:
    ends, path = sorted((_loosely(asked), _loosely(name)), key=len)
    return ends.startswith("/") and path.endswith(ends)


KINDS: tuple[tuple[Kin, str], ...] = (
    (_asks, "give these requests name={wanted!r} in the locustfile, or select name:{wanted}?*"),
    (_names_its_method, "select name:{rest},method:{method}"),
    (lambda asked, name: name.endswith(CUT) and asked.startswith(name.removesuffix(CUT)), "end the name with *"),
    (_is_like, "select name:{first}, or give the requests name={wanted!r} in the locustfile"),
    (_is_below, "give these requests name={wanted!r} in the locustfile, or select name:{wanted}/*"),
    (_is_above, "select name:{first}"),
)
"""How a name is another spelling of another, the nearest first, and what cures it."""
