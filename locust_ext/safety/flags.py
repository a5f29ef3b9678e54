"""The sources of the kill switch: a file, a URL, a variable of the environment, a flag of OpenFeature; and the alarm.

Law: all that are named must allow. To read one neither raises, nor blocks the others, nor takes longer than it may.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gevent.threadpool import ThreadPool

from locust_ext.safety.openfeature import flag_of
from locust_ext.safety.options import AlarmOptions, KillSwitchOptions
from locust_ext.safety.reading import Reading, Source, SourceLine, StopError, check_word, read_all
from locust_ext.safety.remote import Remote, alarm_at, flag_at, headers_of

__all__ = ["EnvSource", "FileSource", "Reading", "Source", "alarm_of", "read_all", "sources_of"]

_LARGEST = 1024
"""Bytes that a flag's file may have."""

_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (FileNotFoundError, "is missing"),
    (NotADirectoryError, "is missing"),
    (IsADirectoryError, "is a directory"),
    (PermissionError, "may not be read"),
)


class FileSource:
    """A file that allows by being there, empty or with a word that allows.

    It is read in a thread: a disk in the network may hang, and an ordinary file has no other way not to block.
    """

    def __init__(self, path: str) -> None:
        self.name = f"file {path}"
        self._path = Path(path)
        self._pool: ThreadPool | None = None
        self._line = SourceLine(self._in_thread)

    def read(self, timeout: float) -> Reading:
        """Return what the file says."""
        return self._line.ask(self.name, self._look, timeout)

    def _in_thread(self, function: Callable[..., Reading], *arguments: Any) -> Any:
        if self._pool is None:
            self._pool = ThreadPool(1)  # of its own: name services are asked in the one that all share
        return self._pool.spawn(function, *arguments)

    def _look(self) -> None:
        try:
            with self._path.open("rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise StopError("is not a regular file")
                content = file.read(_LARGEST + 1)
        except OSError as error:
            words = (words for kind, words in _FAILURES if isinstance(error, kind))
            raise StopError(next(words, f"cannot be read: {error.strerror}")) from error
        if len(content) > _LARGEST:
            raise StopError(f"holds more than {_LARGEST} bytes")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise StopError("holds no text") from None
        if text.strip():
            check_word(text)


class EnvSource:
    """A variable of the environment of this process."""

    def __init__(self, variable: str) -> None:
        self.name = f"env {variable}"
        self._variable = variable
        self._line = SourceLine()

    def read(self, timeout: float) -> Reading:
        """Return what the variable says."""
        return self._line.ask(self.name, self._look, timeout)

    def _look(self) -> None:
        value = os.environ.get(self._variable)
        if value is None:
            raise StopError("is not set")
        check_word(value)


def _remote(options: KillSwitchOptions) -> Remote:
    return Remote("url", options.url, headers_of(options.headers_env), flag_at(options.pointer))


_KINDS: tuple[tuple[str, Callable[[KillSwitchOptions], Source]], ...] = (
    ("file", lambda options: FileSource(options.file)),
    ("url", _remote),
    ("env", lambda options: EnvSource(options.env)),
    ("openfeature", lambda options: flag_of(options.openfeature, options.provider)),
)
"""The options that name a source, and what makes it."""


def sources_of(options: KillSwitchOptions) -> tuple[Source, ...]:
    """Return the sources that the options name; raises ValueError with a sentence for each that cannot be."""
    sources, troubles = [], []
    for option, make in _KINDS:
        if getattr(options, option):
            try:
                sources.append(make(options))
            except ValueError as trouble:
                troubles.append(str(trouble))
    if troubles:
        raise ValueError("; ".join(troubles))
    return tuple(sources)


def alarm_of(options: AlarmOptions) -> Source:
    """Return the alarm as a source that allows as long as it is off; raises ValueError with a sentence."""
    return Remote("alarm", options.url, headers_of(options.headers_env), alarm_at(options.pointer), "is off")
