"""What this process lets out as text: reports, messages to other processes, lines of its log, pages.

Law: one redaction for all of it, made of what the environment holds, or has held. A text costs a look into a
dictionary where it was seen before; a new one may cost a look at the environment.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

from locust_ext.process.exceptions import hide_with
from locust_ext.safety.redaction import MOST_KNOWN, MOST_REMEMBERED, Redaction
from locust_ext.safety.row_values import RowValues

MOST_URLS = 100
"""URLs whose passwords are remembered, such as hosts that were typed into the form."""

MOST_SECRETS = 1000
"""Values that are remembered when the environment holds them no longer."""

LOOK_AGAIN = 0.01
"""Seconds after which a new label is a reason to look at the environment again."""


class Outlet:
    """Hides what the environment holds, and what the configuration says is secret."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._seen: dict[str, str] | None = None
        self._named: set[str] = set()
        self._urls: dict[str, None] = {}
        self._rows = RowValues()
        self._current = Redaction(rows=self._rows)
        self._labels: dict[str, str] = {}
        self._look_at = 0.0

    def know(self, named: Iterable[str] = (), urls: Iterable[str | None] = ()) -> Redaction:
        """Count the values of the variables ``named``, and the passwords in ``urls``, as secret from now on."""
        more = {*named} - self._named
        found = dict.fromkeys(url for url in urls if url and url not in self._urls)
        if more or found:
            self._named |= more
            self._urls = dict(list({**self._urls, **found}.items())[-MOST_URLS:])
            self._seen = None
        return self.redaction

    @property
    def redaction(self) -> Redaction:
        """The redaction of this moment: code may have put a secret into the environment, or taken one away."""
        now = dict(self._environment)
        if now != self._seen:
            self._seen = now
            known = Redaction.of(now, self._named, self._urls).secrets
            before = [secret for secret in self._current.secrets if secret not in known]
            if len(known) + len(before) != len(self._current.secrets):
                self._current, self._labels = Redaction((*known, *before[:MOST_SECRETS]), self._rows), {}
        return self._current

    def hide_rows(self, values: Iterable[Any]) -> None:
        """Count what rows of data hold as secret from now on: it is told before any user has them."""
        if self._rows.add(values):  # what was seen before may have been the same
            self._current.look_again()
            self._labels.clear()

    def text(self, text: str) -> str:
        """Return ``text`` as people may see it."""
        return self.redaction.text(text)

    def label(self, text: str) -> str:
        """Return ``text`` as another process may see it; the one that writes a report hides what else is in it."""
        found = self._labels.get(text)
        if found is None:
            if monotonic() >= self._look_at:
                self.redaction  # noqa: B018 it looks
                self._look_at = monotonic() + LOOK_AGAIN
            found = self._current.label(text)
            if len(text) <= MOST_REMEMBERED:
                if len(self._labels) >= MOST_KNOWN:
                    self._labels.clear()
                self._labels[text] = found
        return found


OUTLET = Outlet()
"""This process's; there is one, as there is one environment."""


class Veil(logging.Handler):
    """Takes secrets out of log records before any handler of the process sees them; it writes nothing itself."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hide what the record would say."""
        try:
            record.msg, record.args = OUTLET.text(record.getMessage()), None
            if record.exc_info:
                record.exc_text = OUTLET.text(logging.Formatter().formatException(record.exc_info))
        except Exception:  # noqa: BLE001 a record that cannot be formatted is the matter of its author
            return
        last = logging.lastResort
        if last and not logging.getLogger().handlers and record.levelno >= last.level:
            last.handle(record)  # else nobody writes it, since a handler was found


def veil_logs() -> None:
    """Let no line of ours into a log as it is, and no text of an exception anywhere; a second call does nothing."""
    ours = logging.getLogger("locust_ext")
    if not any(isinstance(handler, Veil) for handler in ours.handlers):
        ours.addHandler(Veil())
    hide_with(OUTLET.text)
    OUTLET.know()
