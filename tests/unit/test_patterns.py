"""Every regular expression of the package: its work grows with the text, and not with the square of it.

Growth is measured, not seconds: the same pattern on a text of one length and of four times that. A pattern that works
along the text takes four times as long at the most, one that goes back and forth sixteen times and more.

What a pattern does on a text depends on nothing else, so those that were measured, on these texts and by this Python, stand
in tests/golden/patterns.txt: a pull request measures the others, new ones and changed ones; ``nox -s long`` measures all.
"""

import ast
import importlib
import re
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

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
    width, _ = re._parser.parse(pattern.pattern, pattern.flags).getwidth()  # type: ignore[attr-defined]
    more = width if width >= SHORT // 4 else 0  # where a match has no room, no place of a text is tried
    short, long = (begins + pump * ((size + more) // len(pump)) + ends for size in (SHORT, LONG))
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


def _given(used: tuple[str, str]) -> str:
    """Return all of a pattern that its measurement depends on."""
    return repr((used[1], USED[used].flags, USED[used].pattern))


TEXTS = repr((sys.version_info[:2], SHORT, LONG, MOST_GROWTH, BEGINNINGS, PUMPS, ENDS))
"""What else a measurement depends on."""


def golden() -> str:
    """Return what was measured, as one text: on what, and which patterns."""
    return "\n".join([sha256(TEXTS.encode()).hexdigest(), *sorted({_given(used) for used in USED}), ""])


GOLDEN = Path(__file__).parents[1] / "golden" / "patterns.txt"
ON, *MEASURED = GOLDEN.read_text("utf-8").splitlines() or [""]


def is_known(used: tuple[str, str]) -> bool:
    """Tell whether a pattern was measured as it is, on these texts and by this Python."""
    return sha256(TEXTS.encode()).hexdigest() == ON and _given(used) in MEASURED


def rows() -> list[Any]:
    """Return all patterns: those that nobody has measured yet are measured in each pull request."""
    return [
        pytest.param(used, id=f"{used[0]}-{used[1]}", marks=pytest.mark.long if is_known(used) else ())
        for used in sorted(USED)
    ]


def test_those_that_were_measured_are_known():
    """Hardly any is new: else ``python -m tests.golden.patterns`` measures what is, and writes the list again."""
    known = sum(map(is_known, USED))
    assert len(USED) - known < 20 or sys.version_info[:2] != (3, 11)
    assert sorted(set(MEASURED)) == MEASURED


def test_all_are_found():
    """The walk finds those constants and calls that everybody knows of."""
    names = {where for where, _ in USED}
    assert len(names) > 40
    assert {
        "locust_ext.text.units._PIECE",
        "locust_ext.gates.thresholds._SELECTOR",
        "locust_ext.config.beside._BLOCK",
    } <= names


@pytest.mark.parametrize("used", rows())
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
