"""A YAML file as plain values that know their lines.

Law: the safe loader; a duplicate key is a mistake; neither size nor aliases can blow it up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, TypeVar

import yaml

from locust_ext.problems import ConfigurationError, Problem
from locust_ext.unquoted import misreadings, wrong_key

MOST_BYTES = 1 << 20
MOST_NODES = 20_000
MOST_DEPTH = 50

Path = tuple[str | int, ...]
Known = TypeVar("Known")

_FOREIGN = (ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What the loader lets through for values that do not fit their tag, such as ``!!bool maybe``."""


_TEXT = "tag:yaml.org,2002:str"
_NO_VALUES = (_TEXT, "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")
"""Tags of plain texts that are text, or YAML's own marks."""


def dotted(path: Path) -> str:
    """Return a path as people write it: ``thresholds.checks[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


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


class _TooMuchError(Exception):
    """More values than any configuration has."""


class _Survey:
    """One walk over the nodes: lines, plain texts, duplicates, and an end to what is too much."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.plain: dict[Path, str] = {}
        self.wrong_keys: dict[Path, str] = {}
        self.problems: list[Problem] = []
        self._left = MOST_NODES

    def visit(self, node: yaml.Node | None, path: Path) -> None:
        if node is None:
            self.problems.append(Problem("", "the file is empty; write at least 'version: 1'"))
            return
        self._left -= 1
        if self._left < 0 or len(path) > MOST_DEPTH:
            raise _TooMuchError
        self.lines.setdefault(path, node.start_mark.line + 1)
        if _is_plain(node):
            self.plain[path] = str(node.value)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.visit(item, (*path, index))
        elif isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                name, line = str(key.value), key.start_mark.line + 1
                if name in seen and name != "<<":
                    first = f"the key stands here twice, first in line {seen[name]}"
                    self.problems.append(Problem(dotted((*path, name)), first, line))
                seen[name] = line
                self.lines[*path, name] = line
                if wrong := _text_that_was_meant(key):
                    self.wrong_keys[*path, name] = wrong
                self.visit(value, (*path, name))


def _is_plain(node: yaml.Node) -> bool:
    """Tell whether a node is a text without quotation marks that YAML reads as something else."""
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.tag not in _NO_VALUES


def _text_that_was_meant(key: yaml.Node) -> str:
    """Return what is wrong with a key that YAML does not read as it is written, which then becomes that text."""
    if not _is_plain(key):
        return ""
    wrong = wrong_key(str(key.value), yaml.safe_load(str(key.value)))
    if wrong:
        key.tag = _TEXT
    return wrong


def read(file: FilePath) -> Document:
    """Return the document in ``file``; raises ConfigurationError, with every problem, if there is none."""
    source = str(file)
    try:
        content = file.read_bytes()
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError([Problem("", "there is no such file", source=source)]) from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigurationError([Problem("", f"the file cannot be read: {why}", source=source)]) from None
    if len(content) > MOST_BYTES:
        raise ConfigurationError([Problem("", f"the file is larger than {MOST_BYTES >> 20} MiB", source=source)])
    return parse(text, source)


def parse(text: str, source: str) -> Document:
    """Return the document in ``text``; raises ConfigurationError."""
    survey = _Survey()
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        survey.visit(node, ())
        values = loader.construct_document(node) if node else None
    except _TooMuchError:
        message = f"more than {MOST_NODES} values or {MOST_DEPTH} levels"
        raise ConfigurationError([Problem("", message, source=source)]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"no valid YAML: {error.problem or error.context}"
        raise ConfigurationError([Problem("", message, mark.line + 1 if mark else None, source)]) from None
    except (yaml.YAMLError, *_FOREIGN) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigurationError([Problem("", f"no valid YAML: {first}", source=source)]) from None
    finally:
        if loader is not None:
            loader.dispose()
    if survey.problems:
        raise ConfigurationError([replace(problem, source=source) for problem in survey.problems])
    if not isinstance(values, dict):
        message = "the file must hold keys and values, such as 'version: 1'"
        raise ConfigurationError([Problem("", message, source=source)])
    misread = [*survey.wrong_keys.items(), *misreadings(survey.plain, values)]
    return Document(source, values, survey.lines, plain=survey.plain, misread=misread)
