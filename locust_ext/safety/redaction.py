"""What must not stand in a report: passwords, tokens and the values of queries.

Law: pure and idempotent; it errs on the side of hiding. Names of endpoints come from URLs, and a URL may carry a
secret in its user part or in its query; a value of the environment that is called a secret is one wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import kind_of, merge_into

HIDDEN = "***"
"""What stands in the place of a secret."""

SHORTEST = 8
"""Characters from which on a value of the environment is looked for: shorter ones are words that stand anywhere."""

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW(OR)?D|CREDENTIAL|(API|PRIVATE)_?KEY|WEBHOOK|AUTHORIZATION", re.IGNORECASE
)
_USER = re.compile(r"(?<=://)[^/\s]+(?=@)")
_QUERY = re.compile(r"(?P<key>[?&;][^=&;?#\s]*=)(?P<value>\{\w*\}|[^&;#\s,}\"'<>]*)")
_HARMLESS = re.compile(r"\d{0,6}|true|false|:\w{1,30}|\{\w{1,30}\}|\*|\*\*\*", re.IGNORECASE)
"""Values of a query that stay: short numbers, and what stands for a value in the name of an endpoint."""


@dataclass(frozen=True)
class Redaction:
    """Hides secrets in texts; ``secrets`` are values that are known to be some."""

    secrets: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str], named: Iterable[str] = ()) -> Redaction:
        """Return the redaction that knows the secrets of an environment: those ``named``, and those that say so."""
        wanted = {*named, *(name for name in environment if _SECRET_NAME.search(name))}
        values = {environment.get(name, "") for name in wanted}
        return cls(tuple(sorted((value for value in values if len(value) >= SHORTEST), key=lambda v: (-len(v), v))))

    def text(self, text: str) -> str:
        """Return ``text`` without what must not be seen."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return _QUERY.sub(_hidden, _USER.sub(HIDDEN, text))

    def tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Return tags, their values redacted."""
        return {key: self.text(value) for key, value in tags.items()}

    def selector(self, selector: Selector) -> Selector:
        """Return the selection that matches redacted series."""
        return Selector(selector.metric, tuple((key, self.text(value)) for key, value in selector.tags))

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


def _hidden(match: re.Match[str]) -> str:
    return match["key"] + (match["value"] if _HARMLESS.fullmatch(match["value"]) else HIDDEN)
