"""A YAML file as plain values that know their lines.

Law: the safe loader; a duplicate key is a mistake; neither size nor aliases can blow it up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path as FilePath
from typing import Any, TypeVar

import yaml

from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_NAME, shortened
from locust_ext.text.paths import Path, dotted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.survey import FOREIGN, MOST_DEPTH, MOST_NODES, Loader, Survey, TooMuchError
from locust_ext.text.unquoted import misreadings

__all__ = [
    "MOST_BYTES",
    "MOST_DEPTH",
    "MOST_NODES",
    "Document",
    "FlawedDocumentError",
    "Path",
    "dotted",
    "parse",
    "read",
]

MOST_BYTES = 1 << 20

Known = TypeVar("Known")


@dataclass(frozen=True)
class Document:
    """The values of a file and the line of each path."""

    source: str
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Path, int] = field(default_factory=dict)
    sources: Mapping[Path, str] = field(default_factory=dict)
    """The files of paths that stand in another than ``source``, where several are united."""
    plain: Mapping[Path, str] = field(default_factory=dict)
    """The texts of plain values that YAML does not read as text, such as ``yes`` and ``1.10``."""
    misread: Sequence[tuple[Path, str]] = ()
    """What is wrong with keys and values that YAML reads as something else than what is written."""

    def line(self, path: Path) -> int | None:
        """Return the line of the nearest part of ``path`` that stands in the file."""
        return _nearest(self.lines, path)

    def source_of(self, path: Path) -> str:
        """Return the file in which the nearest part of ``path`` stands."""
        return _nearest(self.sources, path) or self.source

    def with_own(self, own: Mapping[str, Any]) -> Document:
        """Return the document with keys of a script's own above its: of two groups those of both."""
        values = dict(self.values)
        for key, value in own.items():
            both = isinstance(value, dict) and isinstance(values.get(key), dict)
            values[key] = {**values[key], **value} if both else value
        return replace(self, values=values)

    def problem(self, path: Path, message: str) -> Problem:
        """Return a problem that knows its line."""
        return Problem(dotted(path), message, self.line(path), self.source_of(path))


def _nearest(known: Mapping[Path, Known], path: Path) -> Known | None:
    """Return what is known of the longest beginning of ``path``."""
    return next((known[path[:length]] for length in range(len(path), 0, -1) if path[:length] in known), None)


class FlawedDocumentError(ConfigurationError):
    """A file of which parts are wrong; ``rest`` is the document without them, so that it can be checked too."""

    def __init__(self, problems: Sequence[Problem], rest: Document) -> None:
        super().__init__(problems)
        self.rest = rest


def read(file: FilePath) -> Document:
    """Return the document in ``file``; raises ConfigurationError, with every problem, if there is none."""
    source = str(file)
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        text = content.decode("utf-8") if len(content) <= MOST_BYTES else ""
    except FileNotFoundError:
        raise ConfigurationError([Problem("", "there is no such file", source=source)]) from None
    except (OSError, ValueError) as error:
        unread = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        why = error.strerror if isinstance(error, OSError) else unread
        raise ConfigurationError([Problem("", f"the file cannot be read: {why}", source=source)]) from None
    if len(content) > MOST_BYTES:
        raise ConfigurationError([Problem("", f"the file is larger than {MOST_BYTES >> 20} MiB", source=source)])
    return parse(text, source)


def parse(text: str, source: str, *, is_ours: bool = True) -> Document:
    """Return the document in ``text``; raises ConfigurationError.

    It is a FlawedDocumentError where parts alone are wrong. In a file of somebody else's, where ``is_ours`` is false,
    texts may be as long as they are, and keys whatever YAML takes.
    """
    loader = None
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        survey = Survey(loader, is_ours=is_ours)
        values = loader.construct_document(node) if survey.visit(node, ()) else None
    except TooMuchError as error:
        raise ConfigurationError([Problem("", str(error), error.line, source)]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not valid YAML: {shortened(str(error.problem or error.context), LONGEST_NAME)}"
        raise ConfigurationError([Problem("", message, mark.line + 1 if mark else None, source)]) from None
    except yaml.reader.ReaderError as error:
        message = f"not valid YAML: the character {chr(error.character)!r} cannot stand in it"
        raise ConfigurationError([Problem("", message, text.count("\n", 0, error.position) + 1, source)]) from None
    except (yaml.YAMLError, *FOREIGN) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigurationError([Problem("", f"not valid YAML: {first}", source=source)]) from None
    finally:
        if loader is not None:
            loader.dispose()
    problems = [replace(problem, source=source) for problem in survey.problems]
    if not isinstance(values, dict):
        nothing = Problem("", "the file must hold keys and values, such as 'version: 1'", source=source)
        raise ConfigurationError(problems or [nothing])
    misread = [*survey.wrong_keys.items(), *misreadings(survey.plain, values)]
    document = Document(source, values, survey.lines, plain=survey.plain, misread=misread)
    if problems:
        raise FlawedDocumentError(problems, document)
    return document
