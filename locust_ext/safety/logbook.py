"""The run log: who tested what, when, and how it ended; one line of JSON for each beginning and each end.

Law: lines are added, nothing that stands there is touched. A line is written at once and is at most 4 KiB, so that the
lines of processes that write at the same time do not mix.
"""

from __future__ import annotations

import errno
import getpass
import json
import os
import platform
import stat
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from locust_ext.safety.outlet import OUTLET

RUN_LOG = "load-test-runs.jsonl"
"""Where runs in production are recorded when the configuration does not say."""

MOST_BYTES = 4096
"""Of a line, its end included: what systems write without a break."""

_MODE = 0o640
_CUTS = (2000, 500, 120, 40, 15, 5)
"""Characters of a text, and items of a list; the first at which the line is short enough."""

_IN_A_MOMENT = 0.1
_MOST_KEY = 40
_ENDLESS = 1e300
"""Numbers beyond it are not figures."""


def append(file: Path, entry: Mapping[str, object]) -> None:
    """Add ``entry`` and the time to the end of ``file``; raises OSError when that cannot be."""
    line = _line({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
    except ValueError as error:  # a name that no file can have
        raise OSError(errno.EINVAL, str(error), str(file)) from None
    try:
        is_file = stat.S_ISREG(os.fstat(handle).st_mode)
        if is_file and _is_torn(handle):
            line = b"\n" + line
        if os.write(handle, line) != len(line):
            raise OSError(errno.ENOSPC, "only a part of the line was written", str(file))
        if is_file:
            os.fsync(handle)
    finally:
        os.close(handle)


def entry_started(
    *,
    run: str,
    name: str,
    hosts: Iterable[str],
    kind: str,
    shape: str,
    users: float | None,
    cap: str,
    window: str,
    on_call: str,
    announcement: str,
    git_sha: str,
) -> dict[str, object]:
    """Return what is written before the first request; ``users`` is the peak, None when it is not known."""
    return _redacted(
        {
            "event": "started",
            "run": run,
            "name": name,
            "hosts": list(hosts),
            "kind": str(kind),
            "shape": shape,
            "users": users,
            "cap": cap,
            "window": window,
            "on_call": on_call,
            "announcement": announcement,
            "who": _who(),
            "machine": platform.node(),
            "git_sha": git_sha,
        }
    )


def entry_ended(
    *, run: str, name: str, verdict: str, exit_code: int, reason: str, duration_s: float, requests: int
) -> dict[str, object]:
    """Return what is written when the run is over."""
    return _redacted(
        {
            "event": "ended",
            "run": run,
            "name": name,
            "verdict": str(verdict),
            "exit_code": exit_code,
            "reason": reason,
            "duration_s": round(duration_s, 3),
            "requests": requests,
        }
    )


def _redacted(entry: dict[str, object]) -> dict[str, object]:
    """Return the entry without secrets in its texts."""
    hide = OUTLET.redaction.value
    return {key: hide(value) for key, value in entry.items()}


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may know no name for its user
        return "unknown"


def _is_torn(handle: int) -> bool:
    """Tell whether the last line has no end, because a disk was full: ours must not be lost with it."""
    size = os.fstat(handle).st_size
    if not size or os.pread(handle, 1, size - 1) == b"\n":
        return False
    time.sleep(_IN_A_MOMENT)  # another process may just be writing it
    return os.fstat(handle).st_size == size


def _line(entry: Mapping[str, object]) -> bytes:
    """Return the entry as one line, its texts cut until it is short enough, and then without its last keys."""
    line, short = b"", dict[str, object]()
    for most in _CUTS:
        short = _short(entry, most, 2)
        line = _encoded(short)
        if len(line) <= MOST_BYTES:
            return line
    while len(line) > MOST_BYTES:
        short = dict(list(short.items())[: len(short) * 3 // 4])
        line = _encoded(short)
    return line


def _short(entry: Mapping[Any, object], most: int, deep: int) -> dict[str, object]:
    return {_cut(str(key), _MOST_KEY): _plain(value, most, deep) for key, value in entry.items()}


def _encoded(entry: Mapping[str, object]) -> bytes:
    # only ASCII: no text can hold what ends a line, and a byte is a character
    return json.dumps(entry, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def _plain(value: Any, most: int, deep: int) -> object:
    """Return what JSON has a form for, with at most so many characters in a text and items in a list."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value if abs(value) < _ENDLESS else None
    if deep and isinstance(value, Mapping):
        return _short(dict(list(value.items())[:most]), most, deep - 1)
    if deep and isinstance(value, (list, tuple)):
        return [_plain(item, most, deep - 1) for item in value[:most]]
    return _cut(str(value), most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
