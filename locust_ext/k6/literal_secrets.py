"""Secrets that a script holds as literals: they are never written; a variable of the environment stands in their place.

Law: pure; what looks like a secret is one. To ask for a variable too many costs a minute, a token in a repository more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from locust_ext.drafts.journey import Env, Template
from locust_ext.k6.syntax import meaningful, part, text_of

_NAME = re.compile(
    r"pass(?:word|wd|phrase|code)|pass\d*$|pwd\d*$|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|authori[sz]ation|"
    r"cookie|credential|jwt|bearer|session[-_]?id|signature|x-auth|^auth$",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?i:Bearer|Basic|Token|ApiKey|Digest)\s+(?=\S)")
_KNOWN = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|\b(?:sk|pk|rk)_(?:live|test)_\w{8,}|\bgh[opsur]_\w{16,}|\bAKIA[0-9A-Z]{12,}|"
    r"\bxox[abp]-[\w-]{8,}|\bglpat-[\w-]{8,}|(?<=Bearer )[\w.~+/=-]{8,}|(?<=Basic )[\w+/-]{8,}={0,2}"
)
_QUERY = re.compile(
    r"(?i:;jsessionid=|[?&](?:[\w-]*token|[\w-]*secret|api[-_]?key|key|password|passwd|sig|signature|auth)=)([^&#\s]{3,})"
)
_WITHIN = re.compile(
    r"""(?:^|[&\s{,"'])["']?([\w-]{0,30}(?i:password|passwd|passphrase|secret|token|api[-_]?key))["']?\s*[:=]\s*["']?([^\s"'&,}]{3,})"""
)
"""A secret in a text that is a form, or JSON."""
_REMARK = re.compile(r"(?i)((?:password|passwd|passphrase|secret|token|api[-_]?key)\s*[:=]\s*)\S+")
_USER = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_HARMLESS = re.compile(r"(?i:basic|digest|ntlm|true|false|null|undefined|none|\d{1,3}|)")

_QUOTED = re.compile(r"(?<=['\"`])[^'\"`]+(?=['\"`])")

_COMMENT = re.compile(r"//.*|/\*[\s\S]*?\*/")

_WHOLE, _MOST_WITHIN = 8, 1000
"""Letters from which on a secret is looked for within other texts too, and how many are."""


class LiteralSecrets:
    """The secrets of a script, each with the variable that stands for it."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._variables: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self.places: dict[str, Node] = {}
        """By variable, where the script has it."""
        for node in nodes:
            for secret, name in _secrets_in(node):
                self._keep(secret, name, node)
        long = sorted((secret for secret in self._variables if len(secret) >= _WHOLE), key=len, reverse=True)
        self._within = re.compile("|".join(map(re.escape, long[:_MOST_WITHIN]))) if long else None

    def note(self, value: Node, name: str) -> None:
        """Take a literal for a secret that is given under a name such as ``password``."""
        for secret in _credentials(value) if _NAME.search(name) else ():
            self._keep(secret, name, value)

    def _keep(self, secret: str, name: str, node: Node) -> None:
        if _HARMLESS.fullmatch(secret) or secret in self._variables:
            return
        made = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).strip("_").upper()[:40] or "TOKEN"
        made = "API_TOKEN" if made == "AUTHORIZATION" else made
        self._numbers[made] = number = self._numbers.get(made, 0) + 1
        variable = made if number == 1 else f"{made}_{number}"
        while variable in self.places:
            variable += "_"
        self._variables[secret] = variable
        self.places[variable] = node

    def template(self, text: str) -> Template:
        """Return a text with a variable in the place of each secret."""
        if text in self._variables:
            return Template.of(Env(self._variables[text]))
        pieces: list[str | Env] = []
        at = 0
        for match in self._within.finditer(text) if self._within else ():
            pieces += [text[at : match.start()], Env(self._variables[match[0]])]
            at = match.end()
        return Template.of(*pieces, text[at:])

    def hidden(self, text: str) -> str:
        """Return lines of the script with ``***`` in the place of each secret."""
        text = self._within.sub("***", text) if self._within else text
        text = _QUOTED.sub(lambda match: "***" if match[0] in self._variables else match[0], text)
        text = _COMMENT.sub(lambda match: _REMARK.sub(r"\1***", match[0]), text)
        return _KNOWN.sub("***", _USER.sub("***", text))


def _secrets_in(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the secrets that ``node`` holds, with what they are called."""
    fields = {
        "pair": ("key", "value"),
        "variable_declarator": ("name", "value"),
        "assignment_expression": ("left", "right"),
        "assignment_pattern": ("left", "right"),
        "object_assignment_pattern": ("left", "right"),
        "field_definition": ("property", "value"),
        "public_field_definition": ("name", "value"),
        "required_parameter": ("pattern", "value"),
        "optional_parameter": ("pattern", "value"),
    }
    if node.type in fields:
        name, value = (part(node, field) for field in fields[node.type])
        called = text_of(name).strip("'\"`[]").rpartition(".")[2]
        if _NAME.search(called):
            yield from ((secret, called) for secret in _credentials(value))
    elif node.type == "binary_expression" and text_of(part(node, "left")).startswith("__ENV"):
        found = re.search(r"\w+", text_of(part(node, "left")).removeprefix("__ENV"))
        called = found[0] if found is not None else ""
        if _NAME.search(called):
            yield from ((secret, called) for secret in _credentials(part(node, "right")))
    elif node.type == "call_expression":
        yield from ((secret, name) for value, name in _given(node) for secret in _credentials(value))
    elif node.type == "string_fragment":
        text = text_of(node)
        yield from ((match[0], "API_TOKEN") for match in _KNOWN.finditer(text))
        yield from ((match[1], "API_KEY") for match in _QUERY.finditer(text))
        yield from ((match[0], "URL_USER") for match in _USER.finditer(text))
        yield from ((match[2], match[1]) for match in _WITHIN.finditer(text))


def _given(call: Node) -> Iterator[tuple[Node, str]]:
    """Yield what a call is given that is secret by what the function does: credentials to encode, a cookie to set."""
    called, arguments = part(call, "function"), part(call, "arguments")
    name = text_of(part(called, "property") or called) if called is not None else ""
    given = meaningful(arguments) if arguments is not None and arguments.type == "arguments" else []
    if name in {"b64encode", "btoa"} and given:
        yield given[0], "BASIC_AUTH"
    elif name == "set" and len(given) >= len(("url", "name", "value")):
        yield given[2], "COOKIE"


def _credentials(value: Node | None) -> Iterator[str]:
    """Yield the literals that a value is made of, without the scheme before them."""
    if value is None:
        return
    if value.type == "binary_expression":
        for side in ("left", "right"):
            yield from _credentials(part(value, side))
    elif value.type == "array":
        for each in meaningful(value):
            yield from _credentials(each)
    elif value.type == "ternary_expression":
        for side in ("consequence", "alternative"):
            yield from _credentials(part(value, side))
    elif value.type in {"string", "template_string"}:
        whole = all(each.type == "string_fragment" for each in meaningful(value))
        if whole:
            yield _SCHEME.sub("", "".join(text_of(each) for each in meaningful(value)), count=1)
