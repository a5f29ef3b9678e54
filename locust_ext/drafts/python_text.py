"""Python as text: literals, calls and comments, on as many lines as they need.

Law: pure; what is written is what was given, whatever it holds: a literal is read back as the same text, and a comment
is never anything else. Lines are broken as formatters break them, so that nothing has to be formatted again.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from locust_ext.text.frozen import dataclass

WIDTH = 120
INDENT = "    "

MOST_LINES, _LONGEST_LINE = 400, 2000
"""Lines of somebody's script that one comment shows, and characters of one of them."""

_DIRECTIVE = re.compile(
    r"(?i:-\*-|coding|fmt|flake8|isort|mypy|noqa|nosec|pragma|pylint|pyright|ruff|type|vim|yapf|!|%)"
)
"""How comments begin that programs obey."""

_WITHIN = re.compile(rf"#\s*(?={_DIRECTIVE.pattern})")
"""Such a comment within another one."""

_DOUBLED = frozenset("'\"{}")
"""Signs that may be written as two."""

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Text:
    """An expression that stays on its line."""

    text: str


@dataclass(frozen=True)
class Gap:
    """An expression within a text, which may hold neither quotes nor braces nor a backslash."""

    text: str


@dataclass(frozen=True)
class String:
    """A text, with or without gaps."""

    pieces: tuple[str | Gap, ...]


@dataclass(frozen=True)
class Bracket:
    """A call, a list or a dict: what stands before its items, the items, and what closes it."""

    start: str
    items: tuple[Item, ...]
    end: str


@dataclass(frozen=True)
class Item:
    """One item of a bracket: the key or keyword with its sign, and the value."""

    key: str
    value: Node


@dataclass(frozen=True)
class Lambda:
    """A function of an answer ``r`` that returns an expression."""

    text: str


Node = Text | String | Bracket | Lambda


def call(function: str, *positional: Node, **named: Node | None) -> Bracket:
    """Return a call; keywords without a value are left out."""
    keywords = [Item(f"{name}=", value) for name, value in named.items() if value is not None]
    return Bracket(f"{function}(", (*(Item("", each) for each in positional), *keywords), ")")


def dictionary(items: Iterable[tuple[str, Node]]) -> Bracket:
    """Return a dict with keys of text; of two that are the same the last counts."""
    return Bracket("{", tuple(Item(f"{literal(key)}: ", value) for key, value in dict(items).items()), "}")


def string(text: str) -> String:
    """Return a text without gaps."""
    return String((text,))


def literal(text: str) -> str:
    """Return a text as Python reads it back, in the quotes that formatters choose."""
    return flat(String((text,)))


def flat(node: Node) -> str:
    """Return an expression on one line."""
    if isinstance(node, Text):
        return node.text
    if isinstance(node, Lambda):
        return f"lambda r: {node.text}"
    if isinstance(node, String):
        return _quoted(list(_signs(node)))
    return node.start + ", ".join(item.key + flat(item.value) for item in node.items) + node.end


def lay(node: Node, indent: str, head: str = "", tail: str = "") -> Iterator[str]:
    """Yield the lines of an expression between ``head`` and ``tail``; each begins with ``indent``, or deeper."""
    one = f"{indent}{head}{flat(node)}{tail}"
    is_empty = (isinstance(node, Bracket) and not node.items) or (isinstance(node, String) and not node.pieces)
    if _width(one) <= WIDTH or isinstance(node, Text) or is_empty:
        yield one
    elif isinstance(node, Lambda):
        yield from (f"{indent}{head}lambda r: (", f"{indent}{INDENT}{node.text}", f"{indent}){tail}")
    elif isinstance(node, Bracket):
        yield f"{indent}{head}{node.start}"
        for item in node.items:
            yield from lay(item.value, indent + INDENT, item.key, ",")
        yield f"{indent}{node.end}{tail}"
    else:
        yield from _lay_string(node, indent, head, tail)


def _lay_string(node: String, indent: str, head: str, tail: str) -> Iterator[str]:
    """Yield a long text as several, one a line."""
    room = max(WIDTH - len(indent) - len(INDENT) - len('f""'), len(INDENT))
    lines, width = [list[tuple[str, bool]]()], 0
    for sign in _signs(node):
        more = _width(sign[0]) + (sign[0] in _DOUBLED)
        if width + more > room and lines[-1]:
            lines.append([])
            width = 0
        lines[-1].append(sign)
        width += more
    if len(lines) == 1:  # it is the head that is long
        yield f"{indent}{head}{_quoted(lines[0])}{tail}"
        return
    yield f"{indent}{head}("
    for line in lines:
        yield f"{indent}{INDENT}{_quoted(line)}"
    yield f"{indent}){tail}"


def _signs(node: String) -> Iterator[tuple[str, bool]]:
    """Yield the signs of a text, escaped, and its gaps, each with whether it is one."""
    for piece in node.pieces:
        if isinstance(piece, Gap):
            yield f"{{{piece.text}}}", True
        else:
            yield from ((_escaped(sign), False) for sign in piece)


def _quoted(signs: Sequence[tuple[str, bool]]) -> str:
    """Return escaped signs and gaps in quotes: the double ones, unless those would have to be escaped more often."""
    has_gaps = any(is_gap for _, is_gap in signs)
    written = [sign for sign, is_gap in signs if not is_gap]
    quote = "'" if written.count('"') > written.count("'") else '"'
    braces = {"{": "{{", "}": "}}"} if has_gaps else {}
    text = "".join(
        sign if is_gap else f"\\{sign}" if sign == quote else braces.get(sign, sign) for sign, is_gap in signs
    )
    return f"{'f' if has_gaps else ''}{quote}{text}{quote}"


def _width(text: str) -> int:
    """Return how many columns a text takes, as formatters count them."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(sign) in {"W", "F"} for sign in text)
    return len(text) + wide - sum(unicodedata.category(sign) in {"Mn", "Me"} for sign in text)


def _escaped(sign: str) -> str:
    if "\ud800" <= sign <= "\udfff":  # half a character, which nobody can send: it goes out as browsers send it
        return "\\ufffd"
    if sign.isprintable():
        return _ESCAPES.get(sign, sign)
    return _ESCAPES.get(sign) or ascii(sign)[1:-1]


def one_line(text: str) -> str:
    """Return a text without line ends and all other signs that are not seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def comment(text: str, indent: str, start: str = "# ") -> Iterator[str]:
    """Yield a comment, on as many lines as it needs; none of them is a directive to any program."""
    width = max(WIDTH - len(indent) - len(start), 2 * len(INDENT))
    for line in textwrap.wrap(_WITHIN.sub("#.", one_line(text)), width - 2, break_on_hyphens=False):
        yield f"{indent}{start}{'> ' if _DIRECTIVE.match(line) else ''}{line}".rstrip()


def source_lines(text: str, line: int | None, indent: str) -> Iterator[str]:
    """Yield somebody's own lines as comments, each with its number if that is known."""
    lines = textwrap.dedent(text.expandtabs(2)).rstrip().split("\n")
    mark, room = "" if line is None else " " * 5, WIDTH - len(indent) - len("#      | ")
    for number, each in enumerate(lines[:MOST_LINES], line or 0):
        seen = _WITHIN.sub("#.", "".join(sign if sign.isprintable() else " " for sign in each).rstrip())
        pieces = [seen[at : at + room] for at in range(0, min(len(seen), _LONGEST_LINE), room)] or [""]
        yield f"{indent}# {mark and f'{number:>5}'}| {pieces[0]}".rstrip()
        yield from (f"{indent}# {mark}| {piece}".rstrip() for piece in pieces[1:])
        if len(seen) > _LONGEST_LINE:
            yield f"{indent}# {mark}| ... this line has {len(seen):,} characters"
    if len(lines) > MOST_LINES:
        yield f"{indent}# {mark}| ... and {len(lines) - MOST_LINES:,} lines more"


def docstring(paragraphs: Sequence[str], indent: str) -> Iterator[str]:
    """Yield a docstring: a first line, and below it, after a blank one, paragraphs or points that begin with ``-``."""
    shown = [one_line(text).replace('"', "'").strip() for text in paragraphs]
    first = textwrap.shorten(shown[0] or "Users", WIDTH - len(indent) - 2 * len('"""') - 2, placeholder=" ...")
    opening = 'r"""' if any("\\" in text for text in shown) else '"""'
    if len(shown) == 1:
        yield f'{indent}{opening}{first}{"" if first.endswith((".", "?", "!")) else "."}"""'
        return
    yield f"{indent}{opening}{first}"
    previous = ""
    for text in shown[1:]:
        if not (text.startswith("- ") and previous.startswith("- ")):
            yield ""
        after = "  " if text.startswith("- ") else ""
        yield from textwrap.wrap(
            text, WIDTH - 2, initial_indent=indent, subsequent_indent=indent + after, break_on_hyphens=False
        )
        previous = text
    yield f'{indent}"""'
