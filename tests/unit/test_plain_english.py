"""Plain English: 'x' is not a duration, never "is no duration"; in messages, docstrings, comments, pages and docs alike."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "locust_ext"
PAGES = sorted(path for end in ("j2", "js", "css") for path in PACKAGE.rglob(f"*.{end}"))
DOCS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FEWEST_TEXTS = 300
"""Texts of the package that must be found at the least: fewer, and this looks at the wrong place."""

DEGREES = "longer more less fewer better worse further wider higher lower later sooner earlier different"
IDIOMS = {
    "is no": re.compile(
        r"(?<!\bthere )(?<!\bthere still )\b(?:is|are|was|were|be|been) no (?!(?:"
        + "|".join(DEGREES.split())
        + r")\b)",
        re.IGNORECASE,
    ),
    "it takes N": re.compile(r"\bit takes (?:\d|\{|(?:an?|one|two|three|ten|another|more than)\b)", re.IGNORECASE),
    "whoever": re.compile(r"\bwhoever\b", re.IGNORECASE),
    "anew": re.compile(r"\banew\b", re.IGNORECASE),
    "as well as none": re.compile(r"\bas well as none\b", re.IGNORECASE),
}


def idioms_in(text: str) -> list[str]:
    """Return the idioms in a text, each with what stands around it; where lines end does not matter."""
    plain = " ".join(text.split())
    return [
        f"{name}: ...{plain[max(0, at.start() - 30) : at.end() + 30]}..."
        for name, idiom in IDIOMS.items()
        for at in idiom.finditer(plain)
    ]


def texts_of(code: str) -> Iterator[str]:
    """Yield the strings of Python code, docstrings among them, with {} for what an f-string fills in; and its comments."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    yield from (block.replace("#", " ") for block in re.findall(r"(?:^[^\n#]*#[^\n]*\n?)+", code, re.MULTILINE))


RIGHT = [  # what is right English, and stays
    ("nothing of that name", "there is no shape 'spyke'; did you mean 'spike'?"),
    ("at the start", "There are no thresholds: nothing was judged"),
    ("it still is not there", "there still is no baseline"),
    ("over two lines", "where there\n    is no schedule"),
    ("a degree", "good and bad are no further apart than this"),
    ("an end", "what was read is no longer known"),
    ("a bound", "they are no more than the p95 allows"),
    ("plain words", "'5 min' is not a duration; write it as 90s"),
    ("how long", "say how long it takes"),
    ("what is taken", "which property of the value it takes, and for what"),
]
WRONG = [
    ("a noun", "'5 min' is no duration", "is no"),
    ("a plural", "values that are no durations", "is no"),
    ("what an f-string fills in", "'30' is no {}", "is no"),
    ("over two lines", "what is\n    no scenario", "is no"),
    ("in the past", "the first one was no accident", "is no"),
    ("a number", "only 15 samples; it takes 200", "it takes N"),
    ("a filled number", "{} to compare with; it takes {}", "it takes N"),
    ("a word for a number", "one point is not a recording: it takes two", "it takes N"),
    ("whoever", "Whoever asks is told", "whoever"),
    ("anew", "the count begins anew", "anew"),
    ("none as well", "an empty text is as well as none", "as well as none"),
]


@pytest.mark.parametrize("text", [row[1] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_right_english_stays(text):
    """What is said in the usual way is not an idiom."""
    assert idioms_in(text) == []


@pytest.mark.parametrize("text, idiom", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_idioms_are_found(text, idiom):
    """Each by its name."""
    assert [found.partition(":")[0] for found in idioms_in(text)] == [idiom]


def test_all_texts_of_code_are_read():
    """Strings in pieces, f-strings, docstrings and comments of several lines."""
    code = '''"""It is
    no module."""
X = f"{a} is " "no " f"{b}"  # whoever reads
# this, and it is
# no more than that: it begins
# anew
'''
    found = {name.partition(":")[0] for text in texts_of(code) for name in idioms_in(text)}
    assert found == {"is no", "whoever", "anew"}


def test_code_speaks_plainly():
    """Messages, docstrings and comments of the package."""
    texts = [(path, text) for path in sorted(PACKAGE.rglob("*.py")) for text in texts_of(path.read_text("utf-8"))]
    assert len(texts) > FEWEST_TEXTS
    said = [f"{path.relative_to(ROOT)}: {idiom}" for path, text in texts for idiom in idioms_in(text)]
    assert said == []


@pytest.mark.parametrize("files", [PAGES, DOCS], ids=["templates", "docs"])
def test_pages_and_docs_speak_plainly(files):
    """What is read in a browser, in a repository that was scaffolded, and in the docs."""
    assert len(files) > 5, "it looks at the wrong place"
    assert [
        f"{path.relative_to(ROOT)}: {idiom}" for path in files for idiom in idioms_in(path.read_text(encoding="utf-8"))
    ] == []
