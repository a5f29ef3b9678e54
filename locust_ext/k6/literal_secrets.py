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
    r"pass(?:word|wd|phrase|code)?\d*$|pwd$|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|authori[sz]ation|"
    r"cookie|credential|jwt|bearer|session[-_]?id|signature|x-auth|^auth$",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?i:Bearer|Basic|Token|ApiKey|Digest)\s+(?=\S)")
_KNOWN = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|\b(?:sk|pk|rk)_(?:live|test)_\w{8,}|\bgh[opsur]_\w{16,}|\bAKIA[0-9A-Z]{12,}|"
    r"\bxox[abp]-[\w-]{8,}|\bglpat-[\w-]{8,}|(?<=Bearer )[\w.~+/=-]{8,}|(?<=Basic )[\w+/-]{8,}={0,2}"
)
_QUERY = re.compile(
    r"(?i:[?&](?:[\w-]*token|[\w-]*secret|api[-_]?key|key|password|passwd|sig|signature|auth)=)([^&#\s]{3,})"
)
_USER = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_HARMLESS = re.compile(r"(?i:true|false|null|undefined|none|\d{1,3}|)")

_QUOTED = re.compile(r"(?<=['\"`])[^'\"`]+(?=['\"`])")

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
        return _KNOWN.sub("***", _USER.sub("***", text))


def _secrets_in(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the secrets that ``node`` holds, with what they are called."""
    fields = {
        "pair": ("key", "value"),
        "variable_declarator": ("name", "value"),
        "assignment_expression": ("left", "right"),
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
    elif node.type == "string_fragment":
        text = text_of(node)
        yield from ((match[0], "API_TOKEN") for match in _KNOWN.finditer(text))
        yield from ((match[1], "API_KEY") for match in _QUERY.finditer(text))
        yield from ((match[0], "URL_USER") for match in _USER.finditer(text))


def _credentials(value: Node | None) -> Iterator[str]:
    """Yield the literals that a value is made of, without the scheme before them."""
    if value is None:
        return
    if value.type == "binary_expression":
        for side in ("left", "right"):
            yield from _credentials(part(value, side))
    elif value.type in {"string", "template_string"}:
        whole = all(each.type == "string_fragment" for each in meaningful(value))
        if whole:
            yield _SCHEME.sub("", "".join(text_of(each) for each in meaningful(value)), count=1)
