"""Data that a script reads for its users: which file, in which order rows are taken, and which expressions are one.

Law: only files are followed; a list that stands in the script itself stays a thing for a person to move.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from locust_ext.k6.expressions import Expressions
from locust_ext.k6.linked_names import LinkedNames
from locust_ext.k6.scopes import Binding
from locust_ext.k6.syntax import line_of, meaningful, part, text_of, unwrapped, walk

SEQUENCE, RANDOM = "sequence", "random"
CYCLE, ONCE = "cycle", "once"

_OF_USER = re.compile(r"\(?(?:__VU|exec\.vu\.idInTest|vu\.idInTest)(?:-1)?\)?(?P<cycles>%\w+\.length)?")
_OF_ITERATION = re.compile(
    r"(?:__ITER|(?:exec\.)?scenario\.iterationInTest|(?:exec\.)?vu\.iterationInScenario|(?:exec\.)?vu\.iterationInInstance)"
    r"(?P<cycles>%\w+\.length)?"
)
_BY_CHANCE = re.compile(
    r"Math\.floor\(Math\.random\(\)\*\w+\.length\)|\(?Math\.random\(\)\*\w+\.length\)?(?:\|0|>>0|>>>0)|"
    r"randomIntBetween\(0,\w+\.length-1\)|Math\.floor\(Math\.random\(\)\*\(\w+\.length\)\)"
)


@dataclass
class DataFeeder:
    """One file of rows, and how the functions take them."""

    name: str
    file: str
    line: int
    is_json: bool
    beside: str = ""
    """The file that opens it, from which its name is seen."""
    order: str = SEQUENCE
    use: str = CYCLE
    kept: bool = False
    used: bool = False


class DataFeeders:
    """The files of data of one script, by the names of what holds them."""

    def __init__(self, names: LinkedNames, expressions: Expressions) -> None:
        self._names, self._expressions = names, expressions
        self._held: dict[Binding, DataFeeder | None] = {}

    def _read(self, binding: Binding) -> DataFeeder | None:
        """Return the file that a name holds."""
        value = binding.value if not binding.key else None
        opened = _opened(value, self._names) if value is not None else None
        if value is None or opened is None or self._names.changed_in(binding) is not None:
            return None
        file = self._expressions.worth(opened).value
        if not isinstance(file, str) or not file:
            return None
        is_json = any(text_of(each) == "JSON.parse" for each in walk(value))
        beside = self._names.module_of(value).file
        return DataFeeder(self._called(binding.name), file.removeprefix("./"), line_of(value), is_json, beside)

    @property
    def used(self) -> list[DataFeeder]:
        """Those of which a function takes rows."""
        return [feeder for feeder in self._held.values() if feeder is not None and feeder.used]

    def row_of(self, node: Node | None) -> str | None:
        """Return the feeder of which an expression takes a row, such as ``users[__VU % users.length]``; else None."""
        node = unwrapped(node)
        if node is None:
            return None
        if node.type == "subscript_expression":
            feeder = self._meant(part(node, "object"))
            return self._taken(feeder, part(node, "index")) if feeder is not None else None
        if node.type == "call_expression" and text_of(part(node, "function")) == "randomItem":
            given = part(node, "arguments")
            feeder = self._meant(next(iter(meaningful(given)), None) if given is not None else None)
            if feeder is not None:
                feeder.order, feeder.used = RANDOM, True
                return feeder.name
        return None

    def is_list(self, node: Node | None) -> bool:
        """Tell whether a name means a list that the script has, or reads in a way that is not followed."""
        binding = self._names.meant(node) if node is not None and node.type == "identifier" else None
        return binding is not None and binding.value is not None and binding.value.type in {"array", "new_expression"}

    def _meant(self, node: Node | None) -> DataFeeder | None:
        binding = self._names.meant(node) if node is not None and node.type == "identifier" else None
        if binding is None:
            return None
        if binding not in self._held:
            self._held[binding] = self._read(binding)
        return self._held[binding]

    def _taken(self, feeder: DataFeeder, index: Node | None) -> str | None:
        if index is not None and index.type == "identifier":
            binding = self._names.meant(index)
            index = binding.value if binding is not None and self._names.changed_in(binding) is None else None
        text = re.sub(r"\s", "", text_of(index))
        if _BY_CHANCE.fullmatch(text):
            feeder.order = RANDOM
        elif match := _OF_USER.fullmatch(text):
            feeder.kept = True
        elif match := _OF_ITERATION.fullmatch(text):
            feeder.use = CYCLE if match["cycles"] else ONCE
        else:
            return None
        feeder.used = True
        return feeder.name

    def _called(self, name: str) -> str:
        plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)[:60].lstrip(".-") or "rows"
        taken, number, found = {each.name for each in self._held.values() if each is not None}, 1, plain
        while found in taken:
            number += 1
            found = f"{plain}_{number}"
        return found


def _opened(value: Node, names: LinkedNames) -> Node | None:
    """Return the name of the file in ``open('./users.csv')``, if all that a value is made of is that file."""
    calls = [
        each for each in walk(value) if each.type == "call_expression" and text_of(part(each, "function")) == "open"
    ]
    if len(calls) != 1 or names.meant(part(calls[0], "function")) is not None:
        return None
    if value.type not in {"new_expression", "call_expression", "member_expression"}:
        return None
    if value.type == "new_expression" and text_of(part(value, "constructor")) != "SharedArray":
        return None
    known = {"open", "JSON.parse", "papaparse.parse", "Papa.parse", "parse"}
    if any(text_of(part(each, "function")) not in known for each in walk(value) if each.type == "call_expression"):
        return None
    given = part(calls[0], "arguments")
    return next(iter(meaningful(given)), None) if given is not None else None
