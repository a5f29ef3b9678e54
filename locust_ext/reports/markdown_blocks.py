"""Tables and lists in Markdown that have an end.

Law: pure; what does not fit is counted in a sentence. Cells and entries come as Markdown, and have no line breaks.
"""

from __future__ import annotations

from collections.abc import Sequence

from locust_ext.text.spelling import plural


def table(title: str, heads: str, rows: Sequence[Sequence[str]], most: int) -> list[str]:
    """Return a table, at most so many bytes of rows; a heading that ends in a colon stands on the right."""
    if not rows:
        return []
    names = heads.split("|")
    lines = [
        "| " + " | ".join(name.rstrip(":") for name in names) + " |",
        "|" + "|".join("---:" if name.endswith(":") else "---" for name in names) + "|",
    ]
    kept, sentence = fit(["| " + " | ".join(row) + " |" for row in rows], most)
    return [*([title] if title else []), "", *lines, *kept, *sentence]


def listing(title: str, entries: Sequence[str], most: int) -> list[str]:
    """Return a list, at most so many bytes of entries."""
    kept, sentence = fit([f"- {entry}" for entry in entries], most)
    return [*([f"### {title}"] if title else []), "", *kept, *sentence] if entries else []


def fit(lines: Sequence[str], most: int) -> tuple[list[str], list[str]]:
    """Return the lines that fit, and a sentence about those that do not."""
    kept: list[str] = []
    for line in lines:
        most -= len(line.encode("utf-8", "backslashreplace")) + 1
        if most < 0:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    return kept, ["", f"{plural(left, 'row')} more: see `summary.json`."] if left else []
