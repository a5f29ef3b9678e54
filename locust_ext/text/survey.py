"""What a YAML file may hold: looked at node by node before a value is made of it.

Law: all mistakes at once, each with its line; neither size nor depth nor aliases cost more than a look, and what YAML
would read as something else than the text that stands there is refused, not turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from locust_ext.text.lengths import LONGEST_NAME, LONGEST_TEXT, excess, has_half, quoted
from locust_ext.text.paths import Path, dotted
from locust_ext.text.problems import Problem
from locust_ext.text.unquoted import wrong_key

MOST_NODES = 20_000
MOST_DEPTH = 50

FOREIGN = (ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What the loader lets through for values that do not fit their tag, such as ``!!bool maybe``."""

SELECTING = frozenset({"thresholds", "max_regression"})
"""Keys below which keys are selections, which are as long as texts."""

NAMES = frozenset({"name", "phase", "shape", "kind"})
"""Keys whose values are names."""

TAGS = "tags"

_YAML = "tag:yaml.org,2002:"
_MERGE, _DATE = f"{_YAML}merge", f"{_YAML}timestamp"
_PLAIN: Mapping[str, str] = {
    f"{_YAML}int": "a whole number",
    f"{_YAML}float": "a number",
    f"{_YAML}bool": "true or false",
}
_FITTING = frozenset({*_PLAIN, f"{_YAML}str", f"{_YAML}null", f"{_YAML}seq", f"{_YAML}map", _MERGE})
"""The tags of what a configuration holds."""

_READ_AS: Mapping[str, str] = {
    **_PLAIN,
    f"{_YAML}null": "nothing",
    _DATE: "a date",
    f"{_YAML}value": "a sign of its own",
}
"""By tag: what YAML reads a word as that somebody may have meant as text."""


class TooMuchError(Exception):
    """More values than any configuration has, from this line on."""

    def __init__(self, line: int) -> None:
        super().__init__(f"more than {MOST_NODES} values or {MOST_DEPTH} levels")
        self.line = line


class Loader(yaml.SafeLoader):
    """YAML's safe loader, which stops where there is too much, before it has read it all."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node more; raises TooMuchError."""
        self._nodes += 1
        if self._nodes > 2 * MOST_NODES + 1 or self._depth > MOST_DEPTH:  # keys are nodes, too
            raise TooMuchError(self.line + 1)
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class Survey:
    """One walk over the nodes: lines, duplicates, lengths, and what YAML reads otherwise than it is written.

    In a file of somebody else's (``is_ours`` is false) only what makes it unreadable is a mistake.
    """

    def __init__(self, loader: Loader, *, is_ours: bool = True) -> None:
        self.lines: dict[Path, int] = {}
        self.plain: dict[Path, str] = {}
        """Texts without quotation marks that YAML reads as something else."""
        self.wrong_keys: dict[Path, str] = {}
        """Keys that YAML does not read as they are written, which become their texts, and what is wrong with them."""
        self.problems: list[Problem] = []
        self._loader, self._is_ours = loader, is_ours
        self._left = MOST_NODES

    def visit(self, node: yaml.Node | None, path: Path) -> bool:
        """Look at a node and at all below it, and take out what is wrong; tell whether the node itself can stay.

        Raises TooMuchError.
        """
        if node is None:
            self.problems.append(Problem("", "the file is empty; write at least 'version: 1'"))
            return False
        self._left -= 1
        if self._left < 0 or len(path) > MOST_DEPTH:
            raise TooMuchError(_line(node))
        self.lines.setdefault(path, _line(node))
        if isinstance(node, yaml.ScalarNode):
            return self._is_right(node, path)
        if node.tag not in _FITTING:
            return self._say(path, f"{_tag(node)} has no place here; write plain keys, values and lists", node)
        if isinstance(node, yaml.SequenceNode):
            right = [self.visit(item, (*path, index)) for index, item in enumerate(node.value)]
            return all(right)  # the places of those behind a wrong one stay what they are
        if isinstance(node, yaml.MappingNode):
            node.value = self._right_pairs(node, path)
        return True

    def _right_pairs(self, node: yaml.MappingNode, path: Path) -> list[tuple[yaml.Node, yaml.Node]]:
        seen: dict[str, int] = {}
        right = []
        for key, value in node.value:
            if not self._is_a_key(key, path):
                continue
            name, line = key.value, _line(key)
            if name in seen and key.tag != _MERGE:
                self._say((*path, name), f"the key stands here twice, first in line {seen[name]}", key)
            seen[name] = line
            self.lines[*path, name] = line
            if self._is_ours and key.tag in _READ_AS:
                self._take_as_text(key, (*path, name))
            if self.visit(value, (*path, name)):
                right.append((key, value))
        return right

    def _is_a_key(self, key: yaml.Node, path: Path) -> bool:
        """Tell whether a key is text, and no longer than one can be; what is wrong with it is noted."""
        if not isinstance(key, yaml.ScalarNode):
            kind = "a list" if isinstance(key, yaml.SequenceNode) else "a mapping"
            return self._say(path, f"a key must be text, and one here is {kind}", key)
        if key.tag == _MERGE or (key.tag in _READ_AS and not self._is_ours):
            return True
        if key.tag == f"{_YAML}null" and not key.value.strip():
            return self._say(path, "a value stands here without a key; write its key before the colon", key)
        if key.tag != f"{_YAML}str" and key.tag not in _READ_AS:
            return self._say(path, f"{_tag(key)} makes no key; write it as text", key)
        most = LONGEST_TEXT if path and path[-1] in SELECTING else LONGEST_NAME
        return self._is_whole(key, path, "a key") and not self._is_long(key, path, most, "a key")

    def _take_as_text(self, key: yaml.ScalarNode, path: Path) -> None:
        """Turn a key into the text that is written, and note where YAML reads another."""
        try:
            read = yaml.safe_load(key.value)
        except (yaml.YAMLError, *FOREIGN):
            self._say(path, f"YAML reads this key as {_READ_AS[key.tag]}, and it is not; quote it", key)
        else:
            if wrong := wrong_key(key.value, read):
                self.wrong_keys[path] = wrong
        key.tag = f"{_YAML}str"

    def _is_right(self, node: yaml.ScalarNode, path: Path) -> bool:
        most = LONGEST_NAME if path and (path[-1] in NAMES or path[-2:-1] == (TAGS,)) else LONGEST_TEXT
        if self._is_long(node, path, most, "a text" if most == LONGEST_TEXT else "a name"):
            return False
        read, is_plain = _READ_AS.get(node.tag), node.style is None
        if node.tag in (*_PLAIN, _DATE):
            try:
                self._loader.construct_object(node)
            except FOREIGN:
                return self._say(path, f"{quoted(node.value)} is not {read}; quote it, if it is text", node)
        if is_plain and read:
            self.plain[path] = node.value
        if node.tag in _FITTING or (node.tag == _DATE and is_plain):  # what is written without marks is looked at later
            return self._is_whole(node, path, "it")
        if read and not self._is_ours:
            return True
        if read:
            return self._say(path, f"YAML reads {quoted(node.value)} as {read}, not as text; quote it", node)
        return self._say(path, f"{_tag(node)} has no place here; write the value itself", node)

    def _is_long(self, node: yaml.ScalarNode, path: Path, most: int, what: str) -> bool:
        sentence = excess(node.value, most, what) if self._is_ours else ""
        if sentence:
            self._say(path, sentence, node)
        return bool(sentence)

    def _is_whole(self, node: yaml.ScalarNode, path: Path, what: str) -> bool:
        """Put the halves of a character together, as JSON writes them; tell whether no half is left alone."""
        if has_half(node.value):
            node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
            if has_half(node.value):
                return self._say(path, f"{what} holds half a character: {quoted(node.value)}; write it whole", node)
        return True

    def _say(self, path: Path, message: str, node: yaml.Node) -> bool:
        """Note a mistake; it is false that the node is right."""
        self.problems.append(Problem(dotted(path), message, _line(node)))
        return False


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _tag(node: yaml.Node) -> str:
    return quoted(node.tag.replace(_YAML, "!!"))
