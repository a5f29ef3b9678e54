"""Every regular expression of the package: its work grows with the text, and not with the square of it.

Growth is measured, not seconds: the same pattern on a text of one length and of four times that. A pattern that works
along the text takes four times as long at the most, one that goes back and forth sixteen times and more.
"""

import ast
import importlib
import re
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import locust_ext

SHORT, LONG = 200, 800
MOST_GROWTH = 8.0
"""Four for a pattern that is linear, sixteen for one that is quadratic; in between there is room for a busy machine."""

TRIES = 12

BEGINNINGS = ("", "p(", "1", "a", "a{", "{", "a=", "sep=", ",a", "://", "?a", "Bearer ", "token=", "mon ")
PUMPS = (
    *(" ", "\n", "1", "a", "A", ".", ",", ":", "-", "{", "}", '"', "=", "/", "%", "|", "[", "\\", "+", "é", "_", "~"),
    *("1.", "a.", " 1", "a ", "1s", "-a", ",a", ",a:", "a=", " =", "} ", "\n ", "%41", "://", "?a=", "&a=b", "a:"),
    *("0:", ":1", "-again", "\\\n", ", ", "Bearer ", '",', "@a"),
)
ENDS = ("", "\0", " x", "{")

SCANNING = frozenset({"search", "finditer", "findall", "split", "sub"})
"""Methods that start again at each place of a text."""

USING = frozenset({*SCANNING, "match", "fullmatch"})
"""All methods that look at a text."""


HANDED_ON = {
    "locust_ext.text.units._RATE": "fullmatch",
    "locust_ext.text.units._PERCENT": "fullmatch",
    "locust_ext.k6.literals._LEADING_INTEGER": "match",
    "locust_ext.k6.literals._LEADING_NUMBER": "match",
}
"""Patterns that are used where only their functions see it; any other is taken to be looked for at each place."""


def _sources() -> Iterator[tuple[str, str, ast.Module]]:
    package = Path(locust_ext.__file__).parent
    for file in sorted(package.rglob("*.py")):
        name = ".".join(("locust_ext", *file.relative_to(package).with_suffix("").parts))
        if not name.endswith("__main__"):
            text = file.read_text(encoding="utf-8")
            if "re.compile(" in text or any(f".{method}(" in text for method in USING):
                yield name.removesuffix(".__init__"), text, ast.parse(text)


def _written(module: str, tree: ast.Module) -> Iterator[tuple[str, re.Pattern[str], str]]:
    """Yield each pattern that a module uses, with the method by which it does: a constant's, or one on the spot."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner, method = node.func.value, node.func.attr
        if not isinstance(owner, ast.Name):
            continue
        if owner.id == "re" and method in USING and isinstance(node.args[0], ast.Constant):
            yield f"{module}:{node.lineno}", re.compile(node.args[0].value), method
        elif method in USING and owner.id in _constants(module):
            yield f"{module}.{owner.id}", _constants(module)[owner.id], method


def _constants(module: str) -> dict[str, re.Pattern[str]]:
    names = vars(importlib.import_module(module)).items()
    return {name: each for name, each in names if isinstance(each, re.Pattern) and isinstance(each.pattern, str)}


def _used() -> dict[tuple[str, str], re.Pattern[str]]:
    sources = list(_sources())
    found = {
        (where, "search" if method in SCANNING else method): pattern
        for module, _, tree in sources
        for where, pattern, method in _written(module, tree)
    }
    seen = {where for where, _ in found}
    for module, text, _ in sources:
        if "re.compile" in text:
            for name, pattern in _constants(module).items():
                if (where := f"{module}.{name}") not in seen:
                    found[where, HANDED_ON.get(where, "search")] = pattern
    return found


USED = _used()


def _once(pattern: re.Pattern[str], method: str, text: str) -> float:
    began = time.thread_time()
    if method == "search":
        for _ in pattern.finditer(text):
            pass
    else:
        getattr(pattern, method)(text)
    return time.thread_time() - began


def growth(pattern: re.Pattern[str], method: str, begins: str, pump: str, ends: str) -> float:
    """Return how many times as long four times the text takes: the least that some tries tell."""
    short, long = (begins + pump * (size // len(pump)) + ends for size in (SHORT, LONG))
    least = float("inf")
    few, many = float("inf"), float("inf")
    for _ in range(TRIES):
        few, many = min(few, _once(pattern, method, short)), min(many, _once(pattern, method, long))
        least = min(least, many / max(few, 1e-9))
        if least <= MOST_GROWTH:
            break
    return many / max(few, 1e-9) if least > MOST_GROWTH else least


def hostile(pattern: re.Pattern[str], method: str) -> list[tuple[str, str, str]]:
    """Return the texts on which the pattern's work grows faster than they do."""
    suspects = [parts for parts in product(BEGINNINGS, PUMPS, ENDS) if growth(pattern, method, *parts) > MOST_GROWTH]
    return [parts for parts in suspects if growth(pattern, method, *parts) > MOST_GROWTH]  # now at another time


def test_all_are_found():
    """The walk finds those constants and calls that everybody knows of."""
    names = {where for where, _ in USED}
    assert len(names) > 40
    assert {
        "locust_ext.text.units._PIECE",
        "locust_ext.gates.thresholds._SELECTOR",
        "locust_ext.config.beside._BLOCK",
    } <= names


@pytest.mark.parametrize("used", sorted(USED), ids=lambda used: f"{used[0]}-{used[1]}")
@pytest.mark.slow
def test_its_work_grows_with_the_text(used):
    """No text that is made of a repeated piece makes it go back and forth."""
    assert hostile(USED[used], used[1]) == []


FORMER = [
    ("a percentile", r"p\(([+-]?(?:\d+\.?\d*|\.\d+))\)", "fullmatch", ("p(", "1", "")),
    ("a selector", r"\s*([^{}\s]+)\s*(?:\{(.*)\})?\s*", "fullmatch", ("a", " ", "x")),
    ("the pieces of a duration", r"(\d+(?:\.\d+)?|\.\d+)\s*(us|ms|s|m|h|d)\s*", "search", ("", "1", "")),
    ("a label", r'\s*([^=,"{}\s]+)\s*=\s*(?:"([^"]*)"|([^,"{}]*?))\s*(?:,|$)', "match", ("a=b", " ", "{")),
    ("an export", r"(?m)^\s*export\s+", "search", ("", "\n", "")),
]


@pytest.mark.parametrize("pattern, method, parts", [row[1:] for row in FORMER], ids=[row[0] for row in FORMER])
@pytest.mark.slow
def test_what_was_quadratic_is_seen(pattern, method, parts):
    """The measurement notices each pattern that this package once had."""
    assert any(growth(re.compile(pattern), method, *parts) > MOST_GROWTH for _ in range(5))
