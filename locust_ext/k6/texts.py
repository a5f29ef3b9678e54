"""Values of a function as templates: literals, variables of the environment, columns of rows, and parts of answers.

Law: nothing is executed; a value is exact, or it is an UntranslatableError that says why. Secrets are never literals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from tree_sitter import Node

from locust_ext.drafts.journey import Captured, Code, Column, Env, Reference, Template, Value
from locust_ext.k6.answers import (
    Answer,
    Answers,
    HeldRow,
    Keys,
    Known,
    Lost,
    Meaning,
    Sending,
    UntranslatableError,
    part_of_answer,
    read_keys,
)
from locust_ext.k6.chance import drawn, is_by_chance
from locust_ext.k6.constants import UNDEFINED
from locust_ext.k6.data_feeders import DataFeeders
from locust_ext.k6.expressions import Expressions
from locust_ext.k6.handed_out import HandedOut
from locust_ext.k6.imports import HTTP
from locust_ext.k6.linked_names import LinkedNames
from locust_ext.k6.literal_secrets import LiteralSecrets
from locust_ext.k6.literals import as_text, joined, read_escape
from locust_ext.k6.modules import Modules
from locust_ext.k6.scopes import Binding
from locust_ext.k6.syntax import line_of, meaningful, part, text_of, unwrapped
from locust_ext.text.lengths import quoted

MOST_LEVELS = 60
_KEPT = {"encodeURIComponent": "~()*!.'", "encodeURI": "~()*!.';/?:@&=+$,#"}
"""The functions that quote parts of addresses, and the signs that they leave; what has gaps is quoted by the client."""

_UNQUOTED = "values that the script quotes for the address stand here as they are: quote what may hold & or %"

_NAMED = frozenset({"identifier", "shorthand_property_identifier", "member_expression", "subscript_expression"})


class Texts:
    """Reads the values of one script; ``meanings`` are what names stand for that are not constants."""

    def __init__(self, modules: Modules) -> None:
        self.names = LinkedNames(modules)
        self.expressions = Expressions(modules.main.scopes, modules)
        self.secrets = LiteralSecrets(node for module in modules.read for node in module.scopes.nodes)
        self.feeders = DataFeeders(self.names, self.expressions)
        self._handed_out = HandedOut(self.names)
        self.remarks: list[str] = []  # what must be said of the values that were read since somebody looked here
        self.meanings: dict[Binding, Meaning | Node] = {}
        self.sent: dict[int, Answer] = {}
        """Answers of calls that stand within others, by their nodes."""
        self.undo: list[Callable[[], object]] = []
        """What takes back what reading a value has left with a request."""
        self.taken: set[str] = set()
        """Names of values that were taken from answers."""
        self._depth = 0

    def template(self, node: Node | None) -> Template:
        """Return what an expression is worth as a text."""
        value = self.value(node)
        if isinstance(value, Template):
            return value
        if isinstance(value, (Env, Column, Captured, Code)):
            return Template.of(value)
        return Template.of(_as_text(value, node))

    def value(self, node: Node | None) -> Value:
        """Return what an expression is worth, as a value of JSON."""
        node = unwrapped(node)
        if node is None:
            raise UntranslatableError("a value is missing")
        if self._depth > MOST_LEVELS:
            raise UntranslatableError(f"it has more than {MOST_LEVELS} levels")
        self._depth += 1
        try:
            return self._value(node)
        finally:
            self._depth -= 1

    def _value(self, node: Node) -> Value:
        reader = self._READERS.get(node.type)
        if reader is not None:
            return reader(self, node)
        found: Value = self.constant(node)
        return found

    def _string(self, node: Node) -> Value:
        return self._literal(self.constant(node))

    def _object(self, node: Node) -> Value:
        return {key: self.value(each) for key, each in self.fields(node).items()}

    def _array(self, node: Node) -> Value:
        return tuple(self.value(each) for each in meaningful(node))

    def constant(self, node: Node | None) -> Any:
        """Return a scalar that does not depend on anything."""
        found = self.expressions.worth(node)
        if found.is_unknown:
            raise UntranslatableError(found.value.why)
        if found.asks or found.value is UNDEFINED:
            raise UntranslatableError(found.missing())
        if isinstance(found.value, (dict, tuple)):
            raise UntranslatableError("it is an object where a plain value is read")
        return found.value

    def text(self, node: Node | None) -> str:
        """Return a text that does not depend on anything."""
        found = self.template(node).literal
        if found is None:
            raise UntranslatableError(f"{quoted(text_of(node), 40)} is not known before the run")
        return found

    def _literal(self, value: Any) -> Value:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        template = self.secrets.template(value)
        return template.literal if template.literal is not None else template

    def _joined(self, node: Node) -> Value:
        pieces: list[str | Reference] = []
        for each in node.named_children:
            if each.type == "template_substitution":
                pieces += self.template(next(iter(meaningful(each)), None)).pieces
            elif each.type == "string_fragment":
                pieces += self.secrets.template(text_of(each)).pieces
            else:
                pieces.append(read_escape(text_of(each)))
        template = Template(
            tuple(joined(each) if isinstance(each, str) else each for each in Template.of(*pieces).pieces)
        )
        return template.literal if template.literal is not None else template

    def _binary(self, node: Node) -> Value:
        sign, left, right = text_of(part(node, "operator")), part(node, "left"), part(node, "right")
        if sign in {"||", "??"}:
            first = self.value(left)
            if isinstance(first, Env) and first.default is None:
                second = self.value(right)
                if isinstance(second, (str, int, float)) and not isinstance(second, bool):
                    return Env(first.name, _as_text(second, right))
                if isinstance(second, (Template, Env)):
                    return first  # the default is a secret, or another variable: the first one must be set
            raise UntranslatableError(f"{sign} depends on the run")
        if sign == "+":
            values = [self.value(left), self.value(right)]
            if any(isinstance(each, (str, Template)) for each in values):
                return Template.of(*self.template(left).pieces, *self.template(right).pieces)
        return self._literal(self.constant(node))

    def _reference(self, node: Node) -> Value:
        found = self.meaning(node)
        if isinstance(found, Answer):
            if found.keys is None:
                raise UntranslatableError("it is a whole answer")
            return self._taken(found.sending, found.keys)
        if isinstance(found, Known):
            return found.value
        if isinstance(found, (HeldRow, Answers)):
            raise UntranslatableError("it is a whole row" if isinstance(found, HeldRow) else "it is a list of answers")
        if isinstance(found, (Env, Column)):
            return found
        if isinstance(found, Node):
            return self.value(found)
        return self._literal(self.constant(node))

    def _taken(self, sending: Sending, keys: Keys) -> Captured:
        if keys not in sending.taken:
            captured = sending.take(keys, self.taken)
            self.undo.append(lambda: self.taken.discard(sending.taken.pop(keys)))
            return captured
        return sending.take(keys, self.taken)

    def meaning(self, node: Node | None) -> Meaning | Env | Column | Node | None:
        """Return what a name or a part of it stands for; None if only its value as a constant is known."""
        node = unwrapped(node)
        if node is None:
            return None
        if node.type in {"identifier", "shorthand_property_identifier"}:
            return self._named(node)
        if node.type in {"member_expression", "subscript_expression"}:
            return self._part(node)
        if node.type == "call_expression":
            return self._returned(node)
        return None

    def _named(self, node: Node) -> Meaning | Env | Column | Node | None:
        binding = self.names.meant(node)
        if binding is None:
            return None
        if binding in self.meanings:
            found = self.meanings[binding]
            if isinstance(found, Lost):
                raise UntranslatableError(found.why)
            return found
        if binding.value is None and self.names.changed_in(binding) is None:
            return None
        why = self._handed_out.why_unsure(node, binding)
        if why:
            raise UntranslatableError(why)
        row = self.feeders.row_of(binding.value)
        if row is not None:
            return Column(row, binding.key) if binding.key else HeldRow(row)
        if not binding.key:
            return self.meaning(binding.value) or binding.value
        return self._within(self.meaning(binding.value) or binding.value, binding.key)

    def _part(self, node: Node) -> Meaning | Env | Column | Node | None:
        owner = part(node, "object")
        row = self.feeders.row_of(node)
        if row is not None:
            return HeldRow(row)
        if node.type == "subscript_expression" and self.feeders.is_list(owner):
            self._row_by_number(node, owner)
        key = text_of(part(node, "property")) if node.type == "member_expression" else self._index(node)
        if (
            owner is not None
            and owner.type == "identifier"
            and text_of(owner) == "__ENV"
            and self.names.meant(owner) is None
        ):
            return Env(str(key))
        row = self.feeders.row_of(owner)
        if row is not None:
            return Column(row, str(key))
        found = self.meaning(owner)
        return self._within(found if found is not None else unwrapped(owner), key)

    def _row_by_number(self, node: Node, owner: Node | None) -> None:
        """Raise UntranslatableError where a row of the script's own list is taken by a number that changes."""
        if self.expressions.worth(part(node, "index")).is_unknown:
            raise UntranslatableError(f"put the rows of {text_of(owner)} into a file, and take them from a Feeder")

    def _index(self, node: Node) -> str | int:
        found = self.constant(part(node, "index"))
        return found if isinstance(found, int) and not isinstance(found, bool) else str(found)

    def _within(self, found: Any, key: str | int) -> Meaning | Env | Column | Node | None:
        """Return the part of something that is called ``key``."""
        if isinstance(found, HeldRow):
            return Column(found.feeder, str(key))
        if isinstance(found, Known) and isinstance(found.value, Mapping) and str(key) in found.value:
            return Known(found.value[str(key)])
        if isinstance(found, (Answer, Answers)):
            return part_of_answer(found, key)
        if isinstance(found, Node):
            if found.type == "object":
                fields = self.fields(found)
                if str(key) in fields:
                    return self.meaning(fields[str(key)]) or fields[str(key)]
            if found.type == "array" and isinstance(key, int) and key < len(meaningful(found)):
                return self.meaning(meaningful(found)[key]) or meaningful(found)[key]
        return None

    def _returned(self, node: Node) -> Meaning | None:
        """Return what a call stands for: an answer or its JSON, or a row."""
        if node.id in self.sent:
            return self.sent[node.id]
        row = self.feeders.row_of(node)
        if row is not None:
            return HeldRow(row)
        called, given = part(node, "function"), _arguments(node)
        if called is None or called.type != "member_expression":
            return None
        owner, method = part(called, "object"), text_of(part(called, "property"))
        if text_of(called) == "JSON.parse" and given:
            inner = unwrapped(given[0])
            if inner is not None and inner.type == "member_expression" and text_of(part(inner, "property")) == "body":
                found = self.meaning(part(inner, "object"))
                return Answer(found.sending, ()) if isinstance(found, Answer) and found.keys is None else None
        if method == "json":
            found = self.meaning(owner)
            if isinstance(found, Answer) and found.keys is None:
                return Answer(found.sending, self.keys(given[0]) if given else ())
        return None

    def keys(self, node: Node) -> Keys:
        """Return the path that a selector such as ``data.0.token`` means."""
        return read_keys(self.text(node))

    def _call(self, node: Node) -> Value:
        if isinstance(self._returned(node), Answer):
            return self._reference(node)
        called, given = part(node, "function"), _arguments(node)
        if self.names.function(called, HTTP) == "url" and given:
            return self.value(given[0])
        method = text_of(part(called, "property")) if called is not None and called.type == "member_expression" else ""
        if called is not None and method == "toString" and not given:
            return self.template(part(called, "object"))
        if text_of(called) == "String" and len(given) == 1:
            return self.template(given[0])
        if text_of(called) in _KEPT and len(given) == 1:
            return self._quoted(self.template(given[0]), _KEPT[text_of(called)])
        return self._made(node, called, given)

    def fresh(self, name: str) -> str:
        """Return a name that no value has yet."""
        found, number = name, 1
        while found in self.taken:
            number += 1
            found = f"{name}_{number}"
        self.taken.add(found)
        return found

    def _quoted(self, template: Template, safe: str) -> Value:
        if template.literal is not None:
            return quote(template.literal, safe=safe)
        self.remarks.append(_UNQUOTED)
        return template

    def _made(self, node: Node, called: Node | None, given: list[Node]) -> Value:
        """Return what is made by chance or by the clock."""
        name = text_of(called)
        if name == "Date.now" and called is not None and self.names.meant(part(called, "object")) is None:
            return Code("int(time.time() * 1000)", ("time",))
        binding = self.names.meant(called) if called is not None and called.type == "identifier" else None
        module, member = self.names.imported(binding)
        if is_by_chance(module, member):
            return drawn(member, [self.constant(each) for each in given])
        if self.expressions.worth(node).is_unknown:
            raise UntranslatableError(f"{quoted(name, 60)} is a function that is not followed here")
        return self._literal(self.constant(node))

    def templates(self, node: Node | None) -> dict[str, Template]:
        """Return the properties of an object as texts; of none, none."""
        fields = self.fields(node) if node is not None and text_of(node) not in {"null", "undefined"} else {}
        return {key: self.template(each) for key, each in fields.items()}

    def is_answer_of(self, sending: Sending) -> Callable[[Node], bool]:
        """Return what tells whether a name means the whole answer of a request."""

        def is_answer(node: Node) -> bool:
            meaning = self.meaning(node)
            return isinstance(meaning, Answer) and meaning.sending is sending and meaning.keys is None

        return is_answer

    def fields(self, node: Node | None) -> dict[str, Node]:
        """Return the properties of an object, those of objects that it spreads among them."""
        node = unwrapped(node)
        found: dict[str, Node] = {}
        if node is not None and node.type in _NAMED:
            meant = self.meaning(node)
            node = unwrapped(meant) if isinstance(meant, Node) else node
        if node is None or node.type != "object":
            raise UntranslatableError("it is not an object that can be read here")
        for each in meaningful(node):
            key = part(each, "key")
            value = part(each, "value")
            if each.type == "pair" and key is not None and value is not None:
                found[self._key(key)] = value
            elif each.type == "shorthand_property_identifier":
                found[text_of(each)] = each
            elif each.type == "spread_element":
                found |= self.fields(next(iter(meaningful(each)), None))
            else:
                raise UntranslatableError(f"line {line_of(each)} is a function within an object")
        return found

    def _key(self, node: Node) -> str:
        if node.type == "property_identifier":
            return text_of(node)
        return self.text(meaningful(node)[0] if node.type == "computed_property_name" else node)

    _READERS: ClassVar[Mapping[str, Callable[[Texts, Node], Value]]] = {
        "string": _string,
        "template_string": _joined,
        "object": _object,
        "array": _array,
        **dict.fromkeys(("identifier", "shorthand_property_identifier"), _reference),
        **dict.fromkeys(("member_expression", "subscript_expression"), _reference),
        "binary_expression": _binary,
        "call_expression": _call,
    }


def _arguments(node: Node) -> list[Node]:
    given = part(node, "arguments")
    if given is None:
        return []
    return [given] if given.type == "template_string" else meaningful(given)


def _as_text(value: Value, node: Node | None) -> str:
    """Return a scalar as JavaScript puts it into a text."""
    if value is not None and not isinstance(value, (str, bool, int, float)):
        raise UntranslatableError(f"{quoted(text_of(node), 40)} is an object where a text is needed")
    return as_text(value)
