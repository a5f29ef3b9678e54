"""The file of a recording: its entries, in the order in which they were sent.

Law: pure; what is not a recording is refused with its line and with what would help. Entries of which no request can be
made are counted, and a file that has none but those is refused with all of them.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from typing import Any

from locust_ext.har.exchange import Exchange, UnreadableError, exchange_of
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import ConfigurationError, Problem

MOST_BYTES = 64 << 20
"""Of a file: reading takes some four times as much memory, for a second or two."""

MOST_ENTRIES = 50_000
MOST_BRACKETS = 6_000_000
"""Objects and lists of a file, those within its texts included: each takes memory, however short it is."""

HEADING = "nothing was read from the recording and nothing was written"

TOO_LARGE = (
    f"the file is larger than {MOST_BYTES >> 20} MiB; record the one journey that you want to test, or export it "
    "without the contents of the answers"
)

_PACKED = ((b"PK", "a ZIP archive"), (b"\x1f\x8b", "packed by gzip"), (b"\x78\x9c", "packed"), (b"\x78\xda", "packed"))
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Recording:
    """What was sent, in this order; ``unreadable`` are sentences about entries of which no request can be made."""

    exchanges: tuple[Exchange, ...]
    unreadable: tuple[str, ...] = ()
    repeated: int = 0
    """Entries that are in the file more than once."""


def read(content: bytes, source: str) -> Recording:
    """Return the recording in a file; raises ConfigurationError with sentences."""
    entries = _entries(_json(content, source), source)
    found, wrong = [], []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(exchange_of(entry, number))
        except UnreadableError as error:
            wrong.append(f"entry {number}: {error}")
    if not found:
        raise ConfigurationError([Problem("", sentence, source=source) for sentence in wrong], HEADING)
    once = _once(found)
    return Recording(tuple(_in_order(once)), tuple(wrong), len(found) - len(once))


def refusal(message: str, source: str, line: int | None = None) -> ConfigurationError:
    """Return the refusal of a file."""
    return ConfigurationError([Problem("", message, line, source)], HEADING)


def _json(content: bytes, source: str) -> Any:
    if len(content) > MOST_BYTES:
        raise refusal(TOO_LARGE, source)
    if content.count(b"{") + content.count(b"[") > MOST_BRACKETS:
        raise refusal(f"it holds more than {MOST_BRACKETS:,} objects and lists: record one journey", source)
    for beginning, what in _PACKED:
        if content.startswith(beginning):
            raise refusal(f"the file is {what}: unpack it, and name the .har file that is in it", source)
    try:
        text = content.decode("utf-16" if content.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal("it is not UTF-8 text, which a HAR file must be", source, line) from None
    if not text.strip():
        raise refusal("the file is empty", source)
    try:
        return json.loads(text, parse_constant=_nothing)
    except json.JSONDecodeError as error:
        is_torn = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
        why = "it ends before it is whole; export it again" if is_torn else f"not valid JSON: {error.msg}"
        raise refusal(why, source, error.lineno) from None
    except RecursionError:
        raise refusal("it is nested too deeply to be read", source) from None
    except ValueError:  # a number of thousands of digits
        raise refusal("not valid JSON: a number in it is too long to be read", source) from None


def _nothing(_: str) -> None:
    """Stand for NaN and Infinity, which are not JSON."""


def _entries(document: Any, source: str) -> Sequence[Any]:
    log = document.get("log") if isinstance(document, dict) else None
    if not isinstance(log, dict):
        raise refusal("this is not a HAR file: it has no log; export the recording as HAR 1.2", source)
    entries = log.get("entries")
    if not isinstance(entries, list):
        raise refusal("this is not a HAR file: its log has no list of entries", source)
    if len(entries) > MOST_ENTRIES:
        raise refusal(f"it has {len(entries):,} entries; {MOST_ENTRIES:,} are read: record one journey", source)
    if not entries:
        raise refusal("there is no request in it: start the recording first, and then use your service", source)
    return entries


def _once(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return them without those that are there before: recorders and merged files repeat some."""
    known, found = set(), []
    for each in exchanges:
        key = (each.started, each.seconds, each.method, each.url, each.sent)
        if each.started is None or key not in known:
            found.append(each)
        known.add(key)
    return found


def _in_order(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return them as they were sent: by their times, those without one behind the one before them in the file."""
    last, keyed = 0.0, []
    for each in exchanges:
        last = last if each.started is None else each.started
        keyed.append((last, each))
    return [each for _, each in sorted(keyed, key=lambda pair: pair[0])]
