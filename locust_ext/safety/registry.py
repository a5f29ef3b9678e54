"""Which runs are under way on this machine, so that ``locust-ext kill`` finds them.

Law: a process is listed as long as it holds the lock of its entry, and no longer, however it ends: a number that
another process has got since is never signalled. Only the owner can read the entries.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import IO

from locust_ext.safety.outlet import OUTLET
from locust_ext.text.frozen import dataclass

_ENTRY = ".json"
_LETTER = ".stop"
_LOOKS = 20


@dataclass(frozen=True)
class RegisteredRun:
    """One process that masters runs, or makes them alone."""

    pid: int
    name: str
    asked: int = 0
    """How often it was asked to stop."""
    told: str = ""
    """What it said to that."""
    signal: bool = True
    """Whether SIGUSR1 stops it: not where its locustfile has a use of its own for that."""
    directory: str = ""
    """Where it was started."""
    running: bool = False
    """Whether a run of it was under way when it last wrote."""


def directory() -> Path:
    """Return where the entries of this user are."""
    return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"locust-ext-{os.getuid()}"


def working_directory() -> str:
    """Return where this process is; nothing where that is gone."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def letter_to(pid: int, place: Path | None = None) -> Path:
    """Return the file that asks a process to stop by being there."""
    return (place or directory()) / f"{pid}{_LETTER}"


class Registered:
    """This process's own entry."""

    def __init__(self, name: str, place: Path | None = None, running: Callable[[], bool] = lambda: False) -> None:
        self._entry = RegisteredRun(os.getpid(), OUTLET.text(name), directory=working_directory())
        self._running = running
        self._place = place or directory()
        self._file: IO[str] | None = None

    def enter(self) -> None:
        """List this process; raises OSError where that cannot be."""
        self._place.mkdir(mode=0o700, exist_ok=True)
        if self._place.is_symlink() or self._place.stat().st_uid != os.getuid():
            raise PermissionError(f"{self._place} belongs to somebody else")
        path = self._place / f"{self._entry.pid}{_ENTRY}"
        while self._file is None:
            file = path.open("a+", encoding="utf-8")
            try:
                _hold(file)
            except OSError:
                file.close()
                raise
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                self._file = file
                self._letter.unlink(missing_ok=True)  # to one that had this number before
            else:  # somebody looked before it was held, and took it for one that the dead have left
                file.close()
        self._write()

    def keep_signal(self) -> None:
        """Say that SIGUSR1 is not for us here."""
        self._entry = replace(self._entry, signal=False)

    def is_asked(self) -> bool:
        """Tell whether somebody has asked in writing that this process stops, once for each time."""
        try:
            self._letter.unlink()
        except OSError:
            return False
        return True

    @property
    def _letter(self) -> Path:
        return letter_to(self._entry.pid, self._place)

    def look(self) -> None:
        """Write down whether a run is under way, if that has changed."""
        if self._running() != self._entry.running:
            with suppress(OSError):  # a full disc is not a reason to stop reading letters
                self._write()

    def note(self, told: str) -> None:
        """Answer the one who has asked this process to stop; a full disc takes the answer, and nothing else."""
        self._entry = replace(self._entry, asked=self._entry.asked + 1, told=OUTLET.text(told))
        with suppress(OSError):
            self._write()

    def _write(self) -> None:
        self._entry = replace(self._entry, running=self._running())
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            json.dump(asdict(self._entry), self._file)
            self._file.flush()

    def leave(self) -> None:
        """List this process no more."""
        file, self._file = self._file, None
        if file is not None:
            for end in (Path(file.name).unlink, self._letter.unlink, file.close):
                with suppress(OSError):  # it was removed, or there is no room for what was left to be written
                    end()


def entries(place: Path | None = None) -> Iterator[RegisteredRun]:
    """Yield the entries of all processes that live; what the dead have left is removed."""
    for path in sorted((place or directory()).glob(f"*{_ENTRY}")):
        entry = _read(path)
        if entry is not None:
            yield entry


def _read(path: Path) -> RegisteredRun | None:
    try:
        with path.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                said = json.load(file)
                entry = RegisteredRun(
                    **{field.name: said[field.name] for field in fields(RegisteredRun) if field.name in said}
                )
                return entry if str(entry.pid) == path.stem and entry.pid > 0 else None
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):  # else a new one stands there
                path.unlink(missing_ok=True)
    except (OSError, ValueError, TypeError):
        return None
    return None


def is_held(pid: int, place: Path | None = None) -> bool:
    """Tell whether that process is listed, also where it is just writing its entry."""
    try:
        with ((place or directory()) / f"{pid}{_ENTRY}").open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _hold(file: IO[str]) -> None:
    """Take the lock; anyone who looks at an entry holds it for a moment."""
    for _ in range(_LOOKS):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.01)
    raise BlockingIOError(f"{file.name} is held by another process")
