"""Several configurations of one run as one: each locustfile brings its own.

Law: the order of the files changes nothing but the name. What two files say differently is a mistake that names both,
and so are two loads: nobody can tell which of them was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path as FilePath
from typing import Any

from locust_ext.text.document import Document, Path
from locust_ext.text.problems import Problem

NAME = "name"
"""What the first file says for all."""

OF_PARTS = frozenset({"tags", "thresholds", "shapes", "scenarios", "safety", "probes", "reports"})
"""Keys whose parts are united; a part is taken whole, since half of one file's and half of another's is neither's."""

SHAPE, SHAPES = "shape", "shapes"
LOADS = (SHAPE, "arrivals", "scenarios")
"""Keys that say the load of a run."""


def united(documents: Sequence[Document]) -> tuple[Document, list[Problem]]:
    """Return the documents as one whose parts know their files, and what the files do not agree on."""
    if len(documents) < 2:  # noqa: PLR2004 one is united already
        return (documents[0] if documents else Document("")), []
    values: dict[Any, Any] = {}
    owners: dict[Path, Document] = {}
    problems = _two_loads(documents)
    for document in documents:
        for path, value in _parts(document):
            owner = owners.setdefault(path, document)
            holder = values.setdefault(path[0], {}) if len(path) > 1 else values
            if owner is document:
                holder[path[-1]] = value
            elif holder[path[-1]] != value and path[0] not in LOADS:  # those have been compared whole
                problems.append(_disagreement(path, document, owner))
    first = documents[0]
    values[NAME] = first.values.get(NAME) or FilePath(first.source).stem
    lines = {path: line for document in reversed(documents) for path, line in document.lines.items()}
    for path, owner in owners.items():
        lines.update({inner: line for inner, line in owner.lines.items() if inner[: len(path)] == path})
    sources = {path: owner.source for path, owner in owners.items()}
    return Document(first.source, values, lines, sources), problems


def _parts(document: Document) -> Iterator[tuple[Path, Any]]:
    """Yield what is united by itself, with its path; what has a wrong form stands among the file's own mistakes."""
    for key, value in document.values.items():
        if key not in OF_PARTS:
            if key != NAME:
                yield (key,), value
        elif isinstance(value, dict):
            for part, inner in value.items():
                yield (key, part), inner


def _disagreement(path: Path, document: Document, other: Document) -> Problem:
    line = other.line(path)
    place = f"{other.source}:{line}" if line else other.source
    return document.problem(path, f"{place} says something else; say it in one of the files, or alike in both")


def _two_loads(documents: Sequence[Document]) -> list[Problem]:
    """Return a problem for each file whose load is another than that of the first file with one."""
    loaded = [(document, load) for document in documents if any((load := _load(document)).values())]
    for (other, first), (document, load) in combinations(loaded, 2):
        if load != first:
            key = next(key for key in LOADS if document.values.get(key))
            what = f"it is another load than that in {other.source}, and a run has one; keep one of them"
            return [document.problem((key,), what)]
    return []


def _load(document: Document) -> Mapping[str, Any]:
    """Return all that the file says of the load, its shape's own parameters among it."""
    load = {key: document.values.get(key) for key in LOADS}
    shapes = document.values.get(SHAPES)
    if load[SHAPE] and isinstance(shapes, dict):
        load[SHAPES] = shapes.get(load[SHAPE])
    return load
