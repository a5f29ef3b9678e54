"""A recording of a browser or a proxy as the scenario that ``init`` writes.

Law: the file is read, up to a size, and never changed; what is written of it is looked through for its secrets first,
and not written if one is found.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from locust_ext.drafts.configuration import render
from locust_ext.drafts.locustfile import render_locustfile
from locust_ext.har.beginnings import Load
from locust_ext.har.document import HEADING, MOST_BYTES, read, refusal
from locust_ext.har.translation import Translated, translate
from locust_ext.har.vault import Known
from locust_ext.safety.hosts import HostKind, classify
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import printable, shortened, whole
from locust_ext.text.problems import ConfigurationError, Problem

LONGEST_NAME = 80
"""Characters of the name of the file that are repeated."""


@dataclass(frozen=True)
class Recorded:
    """What a recording gives to the scaffold."""

    locustfile: str
    host: str
    thresholds: str
    """Lines of the configuration."""
    load: Load
    variables: tuple[str, ...]
    notes: tuple[str, ...]
    is_production: bool
    """Whether a run against its host needs a go-ahead."""
    known: Known

    def leak(self, texts: Mapping[str, str | bytes]) -> str:
        """Return the file of these texts in which a secret of the recording stands; nothing if there is none."""
        return next((name for name, text in texts.items() if isinstance(text, str) and self.known.leaks(text)), "")


def recorded(file: Path, hosts: Sequence[str]) -> Recorded:
    """Return what comes of the recording in a file; raises ConfigurationError."""
    recording = read(_content(file), str(file))
    name = printable(whole(shortened(file.name, LONGEST_NAME)))
    command = " ".join(
        ["locust-ext init --from", shlex.quote(name), *(f"--host {shlex.quote(host)}" for host in hosts)]
    )
    try:
        found = translate(recording, hosts, name, command)
    except ConfigurationError as error:
        named = [Problem(each.path, each.message, each.line, each.source or str(file)) for each in error.problems]
        raise ConfigurationError(named, HEADING) from None
    return _of(found)


def _of(found: Translated) -> Recorded:
    return Recorded(
        render_locustfile(found.draft),
        found.host,
        render([found.thresholds]),
        found.load,
        found.variables,
        found.notes,
        classify(found.host) is HostKind.PRODUCTION,
        found.known,
    )


def _at_once(file: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is not waited for."""
    return os.open(file, flags | getattr(os, "O_NONBLOCK", 0))


def _content(file: Path) -> bytes:
    try:
        with open(file, "rb", opener=_at_once) as stream:
            os.set_blocking(stream.fileno(), True)
            return stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise refusal("there is no such file", str(file)) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise refusal(f"the file cannot be read: {why}", str(file)) from None
