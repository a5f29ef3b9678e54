"""What is written in the place of a value that was recorded: itself, or where it comes from in a run.

Law: pure; a value of an earlier answer is wired to that, a secret is read from the environment, and only what is
neither stands in the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, unquote_plus

from locust_ext.drafts.journey import Captured, Env, Reference, Template, Value
from locust_ext.har.exchange import Exchange
from locust_ext.har.secret_names import is_number_secret, is_user
from locust_ext.har.secret_signs import (
    MOST_DEPTH,
    NOTHING,
    called_by_a_query,
    is_card,
    is_long_in_a_url,
    is_secret,
    is_secret_in_a_path,
    is_wholly_secret,
    named_by_another,
    named_by_the_first,
    nested_json,
    secrets_in,
)
from locust_ext.har.vault import Vault
from locust_ext.har.wiring import Wires, is_counting, values_in
from locust_ext.text.frozen import dataclass

_IN_A_PATH = re.compile(r"[\w.~:@!$'()*,;=+-]+", re.ASCII)
_IN_A_QUERY = re.compile(r"[\w.~:@!$'()*,;=/?-]+", re.ASCII)
"""Values that stand in a URL as they are."""

_SESSION = re.compile(r";(?P<name>[\w.-]+)=(?P<value>[^;/]*)")


class UnspeakableError(ValueError):
    """A value that cannot be written with gaps: a secret stands where no gap can, such as in a key."""


@dataclass(frozen=True)
class Gaps:
    """Fills values of one recording in."""

    vault: Vault
    wires: Wires

    def text(self, value: str, name: str, at: Exchange, what: str) -> Template:
        """Return a text that stands under a name; ``what`` says where, as people say it."""
        if found := self._reference(value, name, at, what):
            return Template((found,))
        return self._pieces(value, name, at, what)

    def target(self, at: Exchange, host: str) -> tuple[Template, frozenset[int]]:
        """Return where a request goes: a path with its query, below the host unless that is the users' own.

        Beside it are the places of the segments of the path that come from elsewhere.
        """
        beginning = [] if at.url.origin == host else [at.url.origin]
        pieces: list[str | Reference] = [*beginning]
        before, filled = "", set()
        for number, segment in enumerate(at.url.path.split("/")):
            pieces += ["/"] if number else []
            found = self._segment(segment, before, at)
            filled |= set() if all(isinstance(each, str) for each in found) else {number}
            pieces += found
            before = unquote(segment).partition(";")[0]
        for number, piece in enumerate(at.url.query.split("&") if at.url.query else ()):
            pieces += ["&" if number else "?", *self._parameter(piece, at)]
        if self.vault.known.leaks("".join(each if isinstance(each, str) else "\n" for each in pieces)):
            text = at.url.path[1:] + (f"?{at.url.query}" if at.url.query else "")
            what = "the whole path, since a secret stands across its parts"
            return Template.of(*beginning, "/", self.vault.variable("path", text, at.number, what)), frozenset(filled)
        return Template.of(*pieces), frozenset(filled)

    def json(self, value: Any, name: str, at: Exchange, depth: int = 0, called: Mapping[str, str] = NOTHING) -> Value:
        """Return a body of JSON, whose keys may stand for others; raises UnspeakableError."""
        if depth > MOST_DEPTH:
            raise UnspeakableError
        if isinstance(value, Mapping):
            return self._object(value, at, depth, called)
        if isinstance(value, Sequence) and not isinstance(value, str):
            name = named_by_the_first(value) or name
            return tuple(self.json(each, name, at, depth + 1) for each in value)
        what = f"the field {self.said(name)}" if name else "the body"
        if isinstance(value, str):
            found = self.text(value, name, at, what)
            literal = found.literal
            if literal is not None:
                return literal
            return found.pieces[0] if self._is_whole(found, value) else found
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._number(value, name, at, what)
        return value if value is None or isinstance(value, bool) else str(value)

    def said(self, name: str) -> str:
        """Return a name as a message may repeat it."""
        shown = name[:40] if name.isprintable() else repr(name[:40])
        return "***" if self.vault.known.holds(name) else shown

    def _object(self, value: Mapping[str, Any], at: Exchange, depth: int, called: Mapping[str, str]) -> Value:
        """Return an object; who logs in is not written down where a password stands beside it."""
        if any(self.vault.known.holds(key) for key in value):
            raise UnspeakableError
        named = {**called, **named_by_another(value)}
        texts = [(named.get(key, key), each) for key, each in value.items() if isinstance(each, str)]
        has_password = any("pass" in name.lower() and is_secret(name, each) for name, each in texts)
        found: dict[str, Value] = {}
        for key, each in value.items():
            name = named.get(key, key)
            if has_password and isinstance(each, str) and each and is_user(name):
                found[key] = self.vault.variable(name, each, at.number, f"the field {self.said(name)}")
            else:
                found[key] = self.json(each, name, at, depth + 1, called_by_a_query(value, key))
        return found

    def form(self, fields: Sequence[tuple[str, str]], at: Exchange) -> tuple[tuple[str, Template], ...]:
        """Return the fields of a form; raises UnspeakableError."""
        if any(self.vault.known.holds(name) for name, _ in fields):
            raise UnspeakableError
        has_password = any("pass" in name.lower() and is_secret(name, value) for name, value in fields)
        found = []
        for name, value in fields:
            what = f"the field {self.said(name)}"
            if has_password and value and is_user(name):
                found.append((name, Template((self.vault.variable(name, value, at.number, what),))))
            else:
                found.append((name, self.text(value, name, at, what)))
        return tuple(found)

    def _is_whole(self, template: Template, value: str) -> bool:
        """Tell whether a reference stands for a text as a whole, and is a text in the answer, too."""
        first = template.pieces[0] if len(template.pieces) == 1 else None
        if isinstance(first, Captured):
            kept = self.wires.kept(value)
            return kept is not None and not kept.is_number
        return isinstance(first, Env)

    def _number(self, value: float, name: str, at: Exchange, what: str) -> Value:
        if is_number_secret(name):
            return self.vault.variable(name, str(value), at.number, what)
        found = self.wires.take(str(value), at, what, name)
        if found and found[1]:
            return found[0]
        if is_card(str(value)):
            return self.vault.variable(name, str(value), at.number, what)
        self.wires.sent(str(value))
        return value

    def _reference(self, value: str, name: str, at: Exchange, what: str) -> Reference | None:
        """Return what a whole value comes from; None for one that may stand there."""
        found = self.wires.take(value, at, what, name)
        if found:
            return found[0]
        nested = nested_json(value)
        has_nested = nested is not None and next(secrets_in(nested, name), None) is not None
        if has_nested or value in self.vault.known.values or (nested is None and is_wholly_secret(name, value)):
            return self.vault.variable(name, value, at.number, what)
        return None

    def _pieces(self, value: str, name: str, at: Exchange, what: str) -> Template:
        """Return a text in whose middle secrets may stand."""
        if (nested := nested_json(value)) is not None and (found := self._nested(value, nested, at, what)):
            return found
        pieces: list[str | Reference] = []
        done = 0
        for start, end in self.vault.known.spans(value):
            if start >= done:
                pieces += [value[done:start], self.vault.variable(name, value[start:end], at.number, what)]
                done = end
            elif end > done:  # it overlaps the one before, so the whole is one
                return Template((self.vault.variable(name, value, at.number, what),))
        if not pieces:
            self.wires.sent(value)
        return Template.of(*pieces, value[done:])

    def _nested(self, value: str, nested: Any, at: Exchange, what: str) -> Template | None:
        """Return JSON within a text with values of earlier answers in it; None where there are none."""
        if self.vault.known.holds(value):
            return None
        spans: dict[tuple[int, int], Reference] = {}
        for path, each in values_in(nested, (), 0):
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            text = str(each)
            if _IN_A_PATH.fullmatch(text) and (taken := self.wires.take(text, at, what, name)):
                around = r'(?<=")', r'(?=")'
                before, after = around if isinstance(each, str) else (r'(?<![\w".-])', r'(?![\w".-])')
                for match in re.finditer(f"{before}{re.escape(text)}{after}", value):
                    spans[match.span()] = taken[0]
        pieces, done = list[str | Reference](), 0
        for (start, end), reference in sorted(spans.items(), key=lambda pair: pair[0]):
            if start >= done:
                pieces += [value[done:start], reference]
                done = end
        return Template.of(*pieces, value[done:]) if pieces else None

    def _segment(self, segment: str, before: str, at: Exchange) -> list[str | Reference]:
        """Return one segment of a path, without the session that some servers put behind it."""
        segment = _SESSION.sub(lambda match: "" if is_secret(match["name"], match["value"]) else match[0], segment)
        text = unquote(segment)
        if not text:
            return []
        name = before if is_wholly_secret(before, "x") else "path"
        what = f"a part of the path, behind {self.said(before)}" if before else "a part of the path"
        called = before if is_counting(before) else f"{before} id"
        taken = self.wires.take(text, at, what, called) if _IN_A_PATH.fullmatch(text) else None
        if taken:
            return [taken[0]]
        if self.vault.known.holds(text) or is_secret_in_a_path(before, text):
            return [self.vault.variable(f"{name} value", segment, at.number, f"{what}, as it stands in a URL")]
        self.wires.sent(text)
        return [segment]

    def _parameter(self, piece: str, at: Exchange) -> list[str | Reference]:
        """Return one ``name=value`` of a query, in the spelling in which it was sent."""
        raw_name, equals, raw_value = piece.partition("=")
        name, value = unquote_plus(raw_name), unquote_plus(raw_value)
        what = f"the parameter {self.said(name)}"
        if self.vault.known.holds(name) or (not equals and is_secret("", name)):
            return [self.vault.variable("query", piece, at.number, "a parameter, as it stands in a URL")]
        if _IN_A_QUERY.fullmatch(value) and (taken := self.wires.take(value, at, what, name)):
            return [f"{raw_name}=", taken[0]]
        nested = nested_json(value)
        has_nested = nested is not None and next(secrets_in(nested, name), None) is not None
        if has_nested or is_secret(name, value) or is_long_in_a_url(value) or self.vault.known.holds(value):
            return [f"{raw_name}=", self.vault.variable(name, raw_value, at.number, f"{what}, as it stands in a URL")]
        self.wires.sent(value)
        return [piece]
