"""Who else holds an object that the options are made of, and might change it before k6 reads them.

Law: an object may be read into the options, and its texts and numbers anywhere. Every other mention is a doubt, with
its line, and a doubt is enough. Nothing is asked of when a line runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tree_sitter import Node

from locust_ext.k6.changes import target_of
from locust_ext.k6.constants import ENVIRONMENT, UNDEFINED, Constant, Unknown, property_of
from locust_ext.k6.expressions import Expressions
from locust_ext.k6.modules import Module, Modules
from locust_ext.k6.scopes import Binding, declared_in
from locust_ext.k6.syntax import WRAPPERS, first_of, line_of, meaningful, part, text_of, walk, word_of
from locust_ext.text.frozen import dataclass

_HARMLESS_CALLS = frozenset(
    {
        "Array.isArray", "JSON.stringify", "Object.keys", "String", "console.debug", "console.error", "console.info",
        "console.log", "console.warn",
    }
)  # fmt: skip
"""Functions of the language's own that neither keep nor change what they are given."""

_HARMLESS_METHODS = frozenset({"hasOwnProperty", "includes", "indexOf", "join", "lastIndexOf"})

_COMPARING = frozenset({"!=", "!==", "+", "<", "<=", "==", "===", ">", ">=", "in", "instanceof"})

_PLACES = frozenset({"export_specifier", "export_statement", "expression_statement", "type_query"})
"""Where an object may stand: it is named in a type, or exported, and who imports it is asked too."""

_CONDITIONS = frozenset({"if_statement", "while_statement", "do_statement"})

_LANGUAGE = frozenset(
    {
        "Array", "Boolean", "Function", "JSON", "Math", "NaN", "Number", "Object", "Reflect", "String", "__ENV",
        "console", "open", "parseFloat", "parseInt",
    }
)  # fmt: skip
"""What a value that was read may rest on, and what a script can change for all of its files."""

_GLOBALS = frozenset({"global", "globalThis"})
_EXTENDED = frozenset({"Array", "Boolean", "Number", "String"})
"""What scripts give methods of their own, by which no value changes; what Object has, all objects have."""


@dataclass(frozen=True)
class Doubt:
    """A line that may change an object of the options, and why."""

    line: int
    why: str
    file: str


def doubts(modules: Modules, expressions: Expressions) -> Iterator[Doubt]:
    """Yield where an object that was read may have been changed; raises TooManyError."""
    files, missing = modules.all()
    checking = _Checking(modules, expressions, files)
    yield from checking.found(missing)


class _Checking:
    def __init__(self, modules: Modules, expressions: Expressions, files: list[Module]) -> None:
        self._modules = modules
        self._expressions = expressions
        self._files = files
        self._seen: set[tuple[int, str]] = set()

    def found(self, missing: Iterable[str]) -> Iterator[Doubt]:
        """Yield all doubts."""
        for module in self._files:
            yield from self._language(module)
        done: set[Binding] = set()
        while waiting := [each for each in self._touched() if each[0] not in done]:
            for binding, held in waiting:
                done.add(binding)
                yield from self._of(binding, held)
        is_elsewhere = any(self._home(binding) is not self._modules.main for binding in done)
        if is_elsewhere:
            for why in missing:
                yield Doubt(0, f"a file that could change them cannot be read: {why}", self._modules.main.file)
        for module in self._files:
            yield from self._required(module, everything=is_elsewhere)

    def _touched(self) -> list[tuple[Binding, Constant]]:
        """Return the names to be checked: of objects, and of functions that may hand one out."""
        touched = self._expressions.touched
        for function, (body, module) in self._expressions.called.items():
            names = (
                module.scopes.meant(each)
                for each in walk(body)
                if each.type in {"identifier", "shorthand_property_identifier"}
            )
            foreign = module.imports.members
            if function not in touched and any(
                each in touched or each in foreign for each in names if each is not None
            ):
                touched[function] = Constant(Unknown("it is what a function returns"))
        return list(touched.items())

    def _home(self, binding: Binding) -> Module:
        return self._modules.module_of(binding.declared)

    def _language(self, module: Module) -> Iterator[Doubt]:
        """Yield where a script changes the language itself, or what it is told about the environment."""
        for node in module.scopes.nodes:
            target = target_of(node)
            called = word_of(part(node, "function")) if node.type == "call_expression" else ""
            if called.startswith(("Object.", "Reflect.")):
                given = part(node, "arguments")
                is_change = called.partition(".")[2] in _CHANGING
                target = next(iter(meaningful(given)), None) if given is not None and is_change else None
            root = first_of(target)
            if root is not None and module.scopes.meant(root) is None and _is_of_language(root):
                yield self._doubt(node, module, f"{word_of(root)} is changed")
        for node in module.scopes.mentions.get("eval", ()):
            yield self._doubt(node, module, "eval may change anything")
        if self._expressions.asked:
            for node in module.scopes.mentions.get("__ENV", ()):
                yield from self._mention(node, Constant(ENVIRONMENT), module, "__ENV")

    def _required(self, module: Module, *, everything: bool) -> Iterator[Doubt]:
        """Yield where a file, or the script itself, is loaded in a way that is not followed."""
        for node in module.scopes.nodes:
            if node.type == "call_expression" and word_of(part(node, "function")) in {"import", "require"}:
                name = word_of(part(node, "arguments")).strip("()'\"` ")
                is_file = not name.startswith(("k6", "https:"))
                if is_file and (everything or self._modules.is_main(module, name)):
                    yield self._doubt(node, module, "a file that could change them is loaded")

    def _of(self, binding: Binding, held: Constant) -> Iterator[Doubt]:
        """Yield the doubts about one name, in the file that declares it and in those that import it."""
        home = self._home(binding)
        for node in home.scopes.mentions.get(binding, ()):
            yield from self._mention(node, held, home, binding.name)
        for module in self._files:
            for local, (specifier, name) in module.imports.members.items():
                yield from self._through(module, local, specifier, name, binding, held)

    def _through(
        self, module: Module, local: Binding, specifier: str, name: str, binding: Binding, held: Constant
    ) -> Iterator[Doubt]:
        """Yield the doubts about a name under which another file imports it."""
        if not specifier.startswith((".", "/")):
            return
        try:
            source = self._modules.imported(module, specifier)
        except ValueError:
            return  # it is among those that are missing
        for node in module.scopes.mentions.get(local, ()):
            wanted, at = name, node
            if name == "*":
                member = node.parent
                if member is None or member.type != "member_expression":
                    yield self._doubt(node, module, f"{local.name:.60} is used")
                    continue
                wanted, at = text_of(part(member, "property")), member
            try:
                found = self._modules.exported(source, wanted)
            except ValueError:
                found = None
            if found is not None and found[1] is binding:
                yield from self._mention(at, held, module, local.name)
            elif found is None and name == "default" and source is self._home(binding):
                yield self._doubt(node, module, f"{local.name:.60} is used")

    def _mention(self, node: Node, held: Constant, module: Module, name: str) -> Iterator[Doubt]:
        """Yield a doubt if a mention is neither read into the options nor harmless."""
        if node.id in self._expressions.read or (node.type == "member_expression" and self._is_read(node)):
            yield from self._beside(node, module)
        elif not self._is_harmless(node, (held,), module):
            yield self._doubt(node, module, f"{name:.60} is used")

    def _is_read(self, node: Node) -> bool:
        owner = part(node, "object")
        return owner is not None and owner.id in self._expressions.read

    def _doubt(self, node: Node, module: Module, what: str) -> Doubt:
        return Doubt(line_of(node), what, module.file)

    def _beside(self, node: Node, module: Module) -> Iterator[Doubt]:
        """Yield doubts about other names that take a part of the same object where it is taken apart."""
        declarator = node.parent
        while declarator is not None and declarator.type in WRAPPERS | {"member_expression", "subscript_expression"}:
            declarator = declarator.parent
        pattern = (
            part(declarator, "name") if declarator is not None and declarator.type == "variable_declarator" else None
        )
        if declarator is None or pattern is None or pattern.type == "identifier":
            return
        for binding in declared_in(declarator, module.scopes):
            mentions = module.scopes.mentions.get(binding, ())
            if binding in self._expressions.touched or not mentions:
                continue
            held = self._expressions.inside(module, binding)
            if held.is_object:
                continue  # it is among those that are touched now
            if held.is_unknown:
                yield self._doubt(mentions[0], module, f"{binding.name:.60} is used")

    def _is_harmless(self, node: Node, held: tuple[Constant, ...], module: Module) -> bool:
        """Return whether an object that is mentioned can neither be changed nor kept there."""
        at, parent = node, node.parent
        while parent is not None:
            if parent.type in WRAPPERS:
                at, parent = parent, parent.parent
                continue
            if parent.type not in {"member_expression", "subscript_expression"} or part(parent, "object") != _bare(at):
                break
            call = parent.parent
            if call is not None and call.type == "call_expression" and part(call, "function") == parent:
                return _is_method(parent, held)
            held = tuple(_parts(held, parent, self._expressions))
            at, parent = parent, parent.parent
        target = target_of(parent) if parent is not None else None
        if parent is None or (target is not None and target.id == _bare(at).id):
            return False
        if _is_pattern(at, parent):
            return False
        if all(_is_plain(each) for each in held):
            return True
        if any(_is_deeply_unknown(each) for each in held):
            return parent.type in {"type_query", "expression_statement"} or _is_test(at, parent)
        return self._stays(at, parent, held, module)

    def _stays(self, at: Node, parent: Node, held: tuple[Constant, ...], module: Module) -> bool:
        """Return whether an object whose parts are all known stays as it is where it is used whole."""
        if parent.type == "arguments" and parent.parent is not None:
            called = part(parent.parent, "function")
            return _is_harmless_call(word_of(called), parent) and module.scopes.meant(first_of(called)) is None
        if parent.type == "template_substitution":
            text = parent.parent
            return text is not None and text.parent is not None and text.parent.type != "call_expression"
        if parent.type in {"for_in_statement", "spread_element"}:
            is_keys = parent.type == "for_in_statement" and any(each.type == "in" for each in parent.children)
            return is_keys or all(_is_flat(each) for each in held)
        if parent.type == "variable_declarator":
            return self._is_kept_harmless(parent, held, module)
        return parent.type in _PLACES or _is_test(at, parent)

    def _is_kept_harmless(self, declarator: Node, held: tuple[Constant, ...], module: Module) -> bool:
        """Return whether an object that gets another name, or names for its parts, is harmless under them."""
        for binding in declared_in(declarator, module.scopes):
            if module.scopes.changed_in(binding) is not None:
                return False
            parts = held
            if binding.value is None or binding.default is not None:
                parts = (Constant(Unknown("it is taken out of a pattern")),)
            elif binding.key:
                parts = tuple(property_of(each, binding.key, 0) for each in held)
            for node in module.scopes.mentions.get(binding, ()):
                if (node.id, binding.name) in self._seen:
                    continue
                self._seen.add((node.id, binding.name))
                if not self._is_harmless(node, parts, module):
                    return False
        return True


_CHANGING = frozenset({"assign", "defineProperties", "defineProperty", "deleteProperty", "set", "setPrototypeOf"})


def _is_harmless_call(name: str, given: Node) -> bool:
    """Return whether a function leaves what it is given alone: ``JSON.stringify`` does, if no function is beside it."""
    others = {each.type for each in meaningful(given)[1:]} if name == "JSON.stringify" else set[str]()
    return name in _HARMLESS_CALLS and others <= {"null", "number", "string", "undefined"}


def _is_of_language(root: Node) -> bool:
    """Return whether a chain that begins with a global is about something that values rest on."""
    member = root.parent
    key = word_of(part(member, "property")) if member is not None and member.type == "member_expression" else ""
    if word_of(root) in _GLOBALS and key:
        return key in _LANGUAGE
    if key == "prototype" and word_of(root) in _EXTENDED and member is not None and member.parent is not None:
        return word_of(part(member.parent, "property")) in {"", "toString", "valueOf"}
    return word_of(root) in _LANGUAGE | _GLOBALS


def _bare(node: Node) -> Node:
    """Return a node as :func:`part` gives it."""
    while node.type in WRAPPERS:
        inner = meaningful(node)
        node = inner[-1] if node.type == "type_assertion" else inner[0]
    return node


def _parts(held: Iterable[Constant], access: Node, expressions: Expressions) -> Iterator[Constant]:
    """Yield what may be read: the part that is named, or every part where the name is not known."""
    key: str | None = text_of(part(access, "property"))
    if access.type == "subscript_expression":
        index = part(access, "index")
        is_name = index is not None and index.type in {"string", "number"}
        key = str(expressions.evaluate(index).value) if is_name else None
    for each in held:
        if key is not None:
            yield property_of(each, key, 0, is_optional=True)
        elif each.value is ENVIRONMENT:
            yield Constant(UNDEFINED)
        elif isinstance(each.value, dict):
            yield from each.value.values()
        elif isinstance(each.value, tuple):
            yield from each.value
        else:
            yield each if _is_plain(each) else Constant(Unknown("its parts are not known"))


def _is_method(called: Node, held: tuple[Constant, ...]) -> bool:
    """Return whether a method that is called on an object leaves it alone; texts and numbers cannot be changed."""
    if all(_is_plain(each) for each in held):
        return True
    return text_of(part(called, "property")) in _HARMLESS_METHODS and not any(map(_is_deeply_unknown, held))


def _is_plain(constant: Constant) -> bool:
    return not constant.is_unknown and not constant.is_object


def _is_flat(constant: Constant) -> bool:
    """Return whether nothing but texts and numbers is in an object."""
    value = constant.value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return not constant.is_unknown and all(_is_plain(each) for each in inner)


def _is_deeply_unknown(constant: Constant) -> bool:
    """Return whether something in an object is not known: a function in it could change it."""
    if constant.value is ENVIRONMENT:
        return False
    value = constant.value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return constant.is_unknown or any(_is_deeply_unknown(each) for each in inner)


def _is_pattern(at: Node, parent: Node) -> bool:
    """Return whether a chain stands in a pattern that assigns to it, and not as what a name is without a value."""
    default = part(parent, "right")
    return parent.type.endswith("_pattern") and (default is None or default.id != _bare(at).id)


def _is_test(at: Node, parent: Node) -> bool:
    """Return whether an object is only compared, or asked whether it is there."""
    sign = text_of(part(parent, "operator"))
    if parent.type == "binary_expression":
        left = part(parent, "left")
        return sign in _COMPARING or (sign == "&&" and left is not None and left.id == _bare(at).id)
    if parent.type == "unary_expression":
        return sign in {"!", "typeof", "void"}
    if parent.type in _CONDITIONS | {"ternary_expression"}:
        condition = part(parent, "condition")
        return condition is not None and condition.id == _bare(at).id
    return False
