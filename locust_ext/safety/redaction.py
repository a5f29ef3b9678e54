"""What must not stand in a report: passwords, tokens and the values of queries.

Law: pure and idempotent; it errs on the side of hiding. Names of endpoints come from URLs, and a URL may carry a
secret in its user part, in its query or in its fragment; a value of the environment that is called a secret is one
wherever it stands, however it is spelled. The work grows with the text alone, not with the number of secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any

from locust_ext.gates.outcomes import Outcome
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import MOST_TEXT, Selector, Store, tags_of
from locust_ext.measure.sinks import kind_of, merge_into
from locust_ext.safety.known_secrets import secrets_of
from locust_ext.safety.needles import Needles
from locust_ext.safety.row_values import RowValues
from locust_ext.safety.spellings import Reading, is_user_in_base64, readings
from locust_ext.text.frozen import dataclass

HIDDEN = "***"
"""What stands in the place of a secret."""

LONGEST = 1 << 16
"""Characters of a text that are looked at: what comes after them is hidden unseen."""

LONGEST_USER = 1 << 12
"""Characters that the user part of a URL may have, where such a text ends within it."""

MOST_KNOWN = 10_000
"""Texts of which it is remembered what they become."""

MOST_REMEMBERED = 1024
"""Characters of a text that is worth remembering, such as what is kept of the body of an answer."""

_USER = re.compile(r"(?<=://)[^/\s]+(?=@)")
_BARE_USER = re.compile(
    r"(?<![\w{,@/.:-])[^\s:/@'\"{}<>,=()]{1,128}:[^\s/@'\"<>{}()]{1,256}"
    r"(?=@(?:localhost|\[|(?:[\w-]{1,63}\.)+(?:[A-Za-z]{2,63}|\d{1,3}))(?:[\]:/?#\s'\",;)]|$))"
)
"""User and password before a host, where somebody has forgotten the scheme."""

_VALUE = r"""(?P<value>\{\w*\}|(?:[^&;\#\s,}"'<>]|,(?![\w.-]+:)(?=\S)|[}"'<>](?![]:,.;)}"'>]{0,8}(?:\s|$)))*)"""
"""A value up to the next one; what may close a quotation or a selection is a part of it where it closes nothing."""

_QUERY = re.compile(rf"(?P<key>[?&;#][^=&;?#\s]*=){_VALUE}")
_PAIR = re.compile(rf"(?i:token|secret|passw(?:or)?d|passphrase|api_?key|signature|\bsig)={_VALUE}")
"""A secret of a form, where no question mark tells that it is one."""

_BEARER = re.compile(r"\b(?i:Bearer) +(?P<value>(?=[A-Za-z._~+/=-]*[0-9])[A-Za-z0-9._~+/=-]{8,})")
_BASIC = re.compile(r"\b(?i:Basic) +(?P<value>[A-Za-z0-9+/_-]{8,}={0,2})")
"""What an ``Authorization`` header holds; a name such as "Basic CheckoutFlow" is none."""

_HARMLESS = re.compile(r"\d{0,6}(?:,\d{1,6}){0,4}|true|false|:\w{1,30}|\{\w{1,30}\}|\*|\*\*\*", re.IGNORECASE)
"""Values of a query that stay: short numbers, and what stands for a value in the name of an endpoint."""


@dataclass(frozen=True)
class Redaction:
    """Hides secrets in texts; ``secrets`` are values that are known to be some."""

    secrets: tuple[str, ...] = ()
    rows: RowValues | None = field(default=None, compare=False, repr=False)
    """What the rows of feeders hold, which becomes more while a run lasts."""

    @classmethod
    def of(cls, environment: Mapping[str, str], named: Iterable[str] = (), urls: Iterable[str] = ()) -> Redaction:
        """Return the redaction that knows the secrets of an environment: those ``named``, and those that say so.

        The passwords in its URLs are among them, and those in ``urls``.
        """
        return cls(secrets_of(environment, named, urls))

    def text(self, text: str) -> str:
        """Return ``text`` without what must not be seen."""
        found = self._known_texts.get(text)
        if found is None:
            found = self._hidden(text, _everything)
            if len(text) <= MOST_REMEMBERED:
                if len(self._known_texts) >= MOST_KNOWN:
                    self._known_texts.clear()
                self._known_texts[text] = found
        return found

    def look_again(self) -> None:
        """Forget what texts became: the rows hold more than they did."""
        self._known_texts.clear()

    def label(self, text: str) -> str:
        """Return ``text`` as a process may send it: the values hidden that it knows to be secrets.

        Queries are hidden where a report is written, since thresholds may tell them apart. The user of a URL is hidden
        here where the text is too long to be kept whole: what tells that it is one may be cut off.
        """
        return self._hidden(text, _users) if len(text) > MOST_TEXT else self.known(text)

    def known(self, text: str) -> str:
        """Return ``text`` without the values that are known to be secrets."""
        return self._hidden(text, _nothing) if self.secrets or self.rows else text

    def _hidden(self, text: str, look: Callable[[Reading], Iterator[_Span]]) -> str:
        spans = []
        for reading in readings(text[:LONGEST]):
            spans += [reading.place(*span) for span in (*self._needles.find(reading.text), *look(reading))]
            if self.rows:
                spans += [reading.place(*span) for span in self.rows.find(reading.text)]
        if len(text) > LONGEST:
            spans.append((max(0, LONGEST - max(LONGEST_USER, self._needles.longest)), len(text)))
        return _without(text, spans) if spans else text

    @cached_property
    def _needles(self) -> Needles:
        return Needles.of(self.secrets)

    @cached_property
    def _known_texts(self) -> dict[str, str]:
        """What texts become; names and tags come again and again."""
        return {}

    def tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Return tags, their keys and values redacted."""
        return {self.text(key): self.text(value) for key, value in tags.items()}

    def outcomes(self, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """Return how thresholds stand, as people may see it."""
        return tuple(
            replace(
                outcome,
                threshold=replace(outcome.threshold, selector=self.selector(outcome.threshold.selector)),
                reason=self.text(outcome.reason),
            )
            for outcome in outcomes
        )

    def selector(self, selector: Selector) -> Selector:
        """Return the selection that matches redacted series."""
        return _renamed(selector, self.text)

    def judged(self, selector: Selector) -> Selector:
        """Return the selection that matches series as processes send them."""
        return _renamed(selector, self.known)

    def store(self, store: Store) -> Store:
        """Return a store of the same measurements under redacted tags; what becomes alike is merged."""
        clean = Store(limit=max(store.limit, len(store.series) + 1), common=self.tags(store.common))
        clean.lumped = dict(store.lumped)
        for metric, tags, sink in store:
            merge_into(clean.leaf(metric, tags_of(self.tags(dict(tags))), kind_of(sink)), sink)
        return clean

    def censored(self, store: CensoredStore) -> CensoredStore:
        """Return what did not come back, under redacted tags."""
        clean = CensoredStore(self.tags(store.common))
        for (metric, tags), ages in store.leaves.items():
            leaf = (metric, tags_of(self.tags(dict(tags))))
            clean.lost.setdefault(leaf, Histogram()).merge(ages)
        return clean

    def value(self, value: Any) -> Any:
        """Return what a JSON value holds, its texts redacted."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.value(key): self.value(item) for key, item in value.items()}
        return type(value)(map(self.value, value)) if isinstance(value, (list, tuple)) else value


_Span = tuple[int, int]


def _renamed(selector: Selector, rename: Callable[[str], str]) -> Selector:
    return Selector(selector.metric, tuple((rename(key), rename(value)) for key, value in selector.tags))


def _nothing(_: Reading) -> Iterator[_Span]:
    yield from ()


def _users(reading: Reading) -> Iterator[_Span]:
    if "://" in reading.text:
        yield from (match.span() for match in _USER.finditer(reading.text))


def _everything(reading: Reading) -> Iterator[_Span]:
    """Yield where a text shows what may be a secret, whatever it is."""
    yield from _users(reading)
    if "@" in reading.text:
        yield from (match.span() for match in _BARE_USER.finditer(reading.text))
    for pattern in (_QUERY, _PAIR) if "=" in reading.text else ():
        for match in pattern.finditer(reading.text):
            if match["value"] and not _HARMLESS.fullmatch(match["value"]):
                yield match.span("value")
    yield from (match.span("value") for match in _BEARER.finditer(reading.text))
    yield from (match.span("value") for match in _BASIC.finditer(reading.text) if is_user_in_base64(match["value"]))


def _without(text: str, spans: Iterable[_Span]) -> str:
    """Return the text with something else in the place of these parts of it; those that meet are one."""
    pieces, done = [], -1
    for start, end in sorted(spans):
        if start > done:
            pieces += [text[max(done, 0) : start], HIDDEN]
        done = max(done, end)
    return "".join([*pieces, text[done:]])
