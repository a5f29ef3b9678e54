"""What an expression is worth: literals, constants of the script and of the files it imports, and a little arithmetic.

Law: nothing is executed. Variables of the environment are read as not set, and the value remembers them. What was read
on the way is kept, so that it can be asked who else holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from tree_sitter import Node

from locust_ext.k6.calls import Call, called_function, is_fresh, read_json
from locust_ext.k6.constants import NOT_A_NUMBER, UNDEFINED, Constant, combined, property_of, returned
from locust_ext.k6.literals import as_text, is_truthy, joined, read_escape, read_number
from locust_ext.k6.modules import Module, Modules
from locust_ext.k6.names import Names, unknown
from locust_ext.k6.scopes import Binding, Scopes
from locust_ext.k6.syntax import FUNCTIONS, WRAPPERS, line_of, meaningful, part, text_of, unwrapped, walk, word_of

MOST_STEPS = 20_000
MOST_DEPTH = 80

_WORDS = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}
_KINDS = {"arrow_function": "a function", "function_expression": "a function", "new_expression": "a new object"}
_NAMES = frozenset({"identifier", "shorthand_property_identifier"})
_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", type(UNDEFINED): "undefined"}


class Expressions(Names):
    """Reads the expressions of one script; with ``modules``, those of the files that it imports too."""

    def __init__(self, scopes: Scopes, modules: Modules | None = None) -> None:
        super().__init__(scopes, modules)
        self._left = MOST_STEPS
        self._depth = 0

    def evaluate(self, node: Node | None) -> Constant:
        """Return what an expression is worth."""
        node = unwrapped(node) if node is not None and node.type in WRAPPERS else node
        if node is None or node.type in _WORDS:
            return self._word(node)
        self._left -= 1
        if self._left < 0 or self._depth >= MOST_DEPTH:
            return unknown(node, f"it has more than {MOST_STEPS:,} parts, or more than {MOST_DEPTH} levels")
        self._depth += 1
        try:
            reader = self._READERS.get(node.type)
            return reader(self, node) if reader else unknown(node, f"it is {_KINDS.get(node.type, 'not a constant')}")
        except ValueError as error:
            return unknown(node, str(error))
        finally:
            self._depth -= 1

    def _word(self, node: Node | None) -> Constant:
        if node is None:
            return Constant(UNDEFINED)
        if node.type == "undefined" and self._scopes.meant(node) is not None:
            return unknown(node, "undefined has another meaning here")
        return Constant(_WORDS[node.type], line_of(node))

    def _only(self, node: Node) -> Constant:
        return self.evaluate(next(iter(meaningful(node)), None))

    def _text(self, node: Node) -> Constant:
        """Return a string, or a template in backquotes."""
        found = Constant("", line_of(node))
        for each in node.named_children:
            if each.type == "template_substitution":
                piece = self._only(each)
            elif each.type == "escape_sequence":
                piece = Constant(read_escape(text_of(each)))
            else:
                piece = Constant(text_of(each).replace("\r\n", "\n").replace("\r", "\n"))
            found = combined("+", found, piece)
        return replace(found, value=joined(found.value)) if isinstance(found.value, str) else found

    def _array(self, node: Node) -> Constant:
        items: list[Constant] = []
        is_gap = True
        for each in node.children:
            if each.type == ",":
                if is_gap:
                    return unknown(node, "a list with gaps is not followed here")
                is_gap = True
            elif each.is_named and each.type != "comment":
                is_gap = False
                found = self._only(each) if each.type == "spread_element" else self.evaluate(each)
                if each.type != "spread_element":
                    items.append(found)
                elif isinstance(found.value, tuple):
                    items += [item.asking(found) for item in found.value]
                else:
                    return found if found.is_unknown else unknown(each, "it spreads what is not a list")
        return Constant(tuple(items), line_of(node))

    def _object(self, node: Node) -> Constant:
        found: dict[str, Constant] = {}
        for each in meaningful(node):
            if each.type == "pair":
                key = self._key(part(each, "key"))
                if not isinstance(key.value, str):
                    return key if key.is_unknown else unknown(each, f"of a key: {key.missing()}")
                found[key.value] = self.evaluate(part(each, "value")).at(line_of(each)).asking(key)
            elif each.type == "shorthand_property_identifier":
                found[text_of(each)] = self.named(each).at(line_of(each))
            elif each.type == "spread_element":
                spread = self._only(each)
                if not (isinstance(spread.value, dict) or spread.is_nothing):
                    return spread if spread.is_unknown else unknown(each, "it spreads what is not an object")
                found |= {key: value.asking(spread) for key, value in (spread.value or {}).items()}
            elif any(child.type in {"get", "set"} for child in each.children):
                return unknown(each, "it has a property that is computed when it is read")
            else:
                name = self._key(part(each, "name"))
                if not isinstance(name.value, str):
                    return unknown(each, "it is a function")
                found[name.value] = unknown(each, "it is a function")
        if "__proto__" in found:
            return unknown(node, "it has another object behind it")
        return Constant(found, line_of(node))

    def _key(self, node: Node | None) -> Constant:
        """Return the name of a property."""
        if node is None or node.type in {"property_identifier", "private_property_identifier"}:
            return Constant(text_of(node))
        key = self._only(node) if node.type == "computed_property_name" else self.evaluate(node)
        is_plain = isinstance(key.value, (int, float)) and not isinstance(key.value, bool)
        return replace(key, value=as_text(key.value)) if is_plain else key

    def _member(self, node: Node) -> Constant:
        key, is_optional = text_of(part(node, "property")), part(node, "optional_chain") is not None
        owner = part(node, "object")
        binding = self._scopes.meant(owner) if owner is not None and owner.type == "identifier" else None
        members = self._module.imports.members if self._module is not None else {}
        if binding is not None and members.get(binding, ("", ""))[1] == "*":
            self.read.add(node.id)
            return self._imported(binding, key)
        return property_of(self.evaluate(owner), key, line_of(node), is_optional=is_optional)

    def _subscript(self, node: Node) -> Constant:
        owner, key = self.evaluate(part(node, "object")), self._key(part(node, "index"))
        if not isinstance(key.value, str):
            return key if key.is_unknown else unknown(node, key.missing()).asking(key)
        is_optional = part(node, "optional_chain") is not None
        return property_of(owner, key.value, line_of(node), is_optional=is_optional).asking(key)

    def _unary(self, node: Node) -> Constant:
        sign, value = text_of(part(node, "operator")), self.evaluate(part(node, "argument"))
        if value.is_unknown:
            return value
        if sign == "!":
            return replace(value, value=not is_truthy(value.value), line=line_of(node))
        if sign == "typeof":
            return replace(value, value=_TYPES.get(type(value.value), "object"), line=line_of(node))
        if sign == "void":
            return replace(value, value=UNDEFINED, line=line_of(node))
        if sign not in {"-", "+"}:
            raise ValueError(f"{sign} is not followed here")
        if value.value is UNDEFINED or value.value is NOT_A_NUMBER:
            return replace(value, value=NOT_A_NUMBER, line=line_of(node))
        return combined("*", Constant(-1 if sign == "-" else 1, line_of(node)), value)

    def _binary(self, node: Node) -> Constant:
        sign, left = text_of(part(node, "operator")), self.evaluate(part(node, "left"))
        if sign not in {"||", "&&", "??"}:
            return combined(sign, left, self.evaluate(part(node, "right")))
        if left.is_unknown:
            return left
        stays = {"||": is_truthy(left.value), "&&": not is_truthy(left.value), "??": not left.is_nothing}[sign]
        if stays:
            self._skip(part(node, "right"))
            return left
        return self.evaluate(part(node, "right")).asking(left)

    def _ternary(self, node: Node) -> Constant:
        condition = self.evaluate(part(node, "condition"))
        if condition.is_unknown:
            return condition
        ways = ["consequence", "alternative"]
        chosen = ways.pop(0 if is_truthy(condition.value) else 1)
        self._skip(part(node, ways[0]))
        return self.evaluate(part(node, chosen)).asking(condition)

    def _skip(self, node: Node | None) -> None:
        """Note that a branch never runs, so that nothing in it can change what it names."""
        if node is not None:
            self.read.update(each.id for each in walk(node) if each.type in _NAMES)

    def _call(self, node: Node) -> Constant:
        called, given = part(node, "function"), part(node, "arguments")
        if called is None or given is None or given.type != "arguments":
            return unknown(node, "it is what a function returns")
        arguments = meaningful(given)
        if called.type in FUNCTIONS:
            return self._result(Call.of(called, arguments), node)
        binding = self._scopes.meant(part(called, "object") or called)
        return self._own_call(called, binding, arguments, node) if binding else self._language(called, arguments, node)

    def _language(self, called: Node, given: list[Node], node: Node) -> Constant:
        """Return what a function of the language's own returns."""
        name = word_of(called)
        if name == "JSON.parse":
            return self._json(given, node)
        if name == "Object.assign" and not is_fresh(next(iter(given), None)):
            return unknown(node, "Object.assign changes what it is given first; begin with {}")
        if any(each.type == "spread_element" for each in given):
            return unknown(node, "it is what a function returns")
        return returned(name, [self.evaluate(each) for each in given], line_of(node))

    def _own_call(self, called: Node, binding: Binding, given: list[Node], node: Node) -> Constant:
        """Return what a function of the script's own returns."""
        module, found = self._module, binding
        if module is not None and self._modules is not None and binding in module.imports.members:
            specifier, name = module.imports.members[binding]
            name = text_of(part(called, "property")) if name == "*" and called.type == "member_expression" else name
            if not specifier.startswith((".", "/")) or (called.type == "member_expression") != (
                module.imports.members[binding][1] == "*"
            ):
                return unknown(node, "it is what a function returns")
            exported = self._modules.exported(self._modules.imported(module, specifier), name)
            if exported is None:
                return unknown(node, "it is what a function returns")
            module, found = exported
        elif called.type != "identifier":
            return unknown(node, "it is what a function returns")
        function = called_function(found)
        scopes = module.scopes if module is not None else self._scopes
        if function is None or scopes.changed_in(found) is not None:
            return unknown(node, "it is what a function returns")
        self.read.add(called.id)
        late = self._is_late(found) if module is self._module else None
        if late is not None:
            return unknown(node, late)
        return self._result(Call.of(function, given), node, found, module)

    def _result(
        self, call: Call | None, node: Node, binding: Binding | None = None, module: Module | None = None
    ) -> Constant:
        """Return what a function returns that consists of one return."""
        if call is None:
            return unknown(node, "it is what a function returns that does more than return")
        values = {self._scopes_of(module).meant(name): self.evaluate(given) for name, given, _ in call.given}
        module = module or self._module
        if module is not None and self._module is not None and module is not self._module:
            values = {name: value.placed(self._module.file) for name, value in values.items()}
        before = dict(self._given)

        def read() -> Constant:
            for name, _, default in call.given:
                known = self._scopes.meant(name)
                if known is None or self._scopes.changed_in(known) is not None:
                    raise ValueError(f"{text_of(name):.60} is changed in its function")
                value = values[known]
                if value.value is UNDEFINED and default is not None:
                    value = self.evaluate(default).asking(value)
                self._given[known] = value
            return self.evaluate(call.body)

        try:
            found = self._inside(module, read) if module is not None else read()
        finally:
            self._given = before
        if module is not None and module is not self._module:
            found = found.placed(module.file)
        if binding is not None and module is not None:
            self.called[binding] = call.function, module
        return found.at(line_of(node))

    def _scopes_of(self, module: Module | None) -> Scopes:
        return module.scopes if module is not None else self._scopes

    def _json(self, given: list[Node], node: Node) -> Constant:
        """Return what stands in a text, or in a file beside the script."""
        if len(given) != 1:
            return unknown(node, "it is what a function returns")
        inner = unwrapped(given[0])
        is_open = inner is not None and inner.type == "call_expression" and text_of(part(inner, "function")) == "open"
        if not is_open or inner is None or self._scopes.meant(part(inner, "function")) is not None:
            text = self.evaluate(given[0])
            if isinstance(text.value, str):
                return read_json(text, line_of(node))
            return text if text.is_unknown else unknown(node, "what JSON.parse is given is not JSON")
        names = part(inner, "arguments")
        name = self.evaluate(meaningful(names)[0]) if names is not None and len(meaningful(names)) == 1 else None
        if name is None or not isinstance(name.value, str) or self._modules is None or self._module is None:
            return name if name is not None and name.is_unknown else unknown(node, "it is what a function returns")
        main = self._modules.main.file
        places = {self._modules.files.place(beside, name.value) for beside in (main, self._module.file)}
        if len(places) > 1:
            return unknown(node, f"where {name.value:.80} is depends on the file that opens it")
        found = read_json(Constant(self._modules.text(main, name.value), line_of(node)), line_of(node))
        return found.asking(name)

    _READERS: ClassVar[Mapping[str, Callable[[Expressions, Node], Constant]]] = {
        "array": _array,
        "binary_expression": _binary,
        "call_expression": _call,
        "identifier": lambda self, node: self.named(node),
        "member_expression": _member,
        "number": lambda _, node: Constant(read_number(text_of(node)), line_of(node)),
        "object": _object,
        "shorthand_property_identifier": lambda self, node: self.named(node),
        "string": _text,
        "subscript_expression": _subscript,
        "template_string": _text,
        "ternary_expression": _ternary,
        "unary_expression": _unary,
    }
