"""Where files go: what is in their way, and all of them or none.

Law: nothing is replaced unless that was asked for, nothing is written through a link, and a failure leaves everything
as it was.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from locust_ext.process.files import write_atomically
from locust_ext.text.problems import ConfigurationError, Problem

FILE, DIRECTORY, LINK = "a file", "a directory", "a symbolic link"

_KINDS = {stat.S_IFREG: FILE, stat.S_IFDIR: DIRECTORY, stat.S_IFLNK: LINK}


def obstacles(base: Path, targets: Iterable[str], *, force: bool) -> list[Problem]:
    """Return everything that is in the way of ``targets`` below ``base``; with ``force``, files are not."""
    problems: dict[Path, Problem] = {}
    occupied = []
    if kind_of(base) and not base.is_dir():
        return [Problem(str(base), "this is not a directory; name one, or leave it out for the current one")]
    for target in targets:
        for part in reversed([Path(target), *Path(target).parents][:-1]):
            path, last = base / part, part == Path(target)
            kind = kind_of(path)
            if kind == FILE and last:
                occupied += [] if force else [str(path)]
            elif kind and kind != (FILE if last else DIRECTORY):
                wanted = FILE if last else DIRECTORY
                problems[path] = Problem(str(path), f"here stands {kind}, and {wanted} must be put there; move it away")
                break
    found = list(problems.values())
    if occupied:
        found.append(Problem("", f"already there: {', '.join(occupied)}; nothing was written; --force replaces them"))
    return found


def kind_of(path: Path) -> str:
    """Return what stands at ``path``, itself and not what it points to; ``""`` for nothing."""
    try:
        return _KINDS.get(stat.S_IFMT(path.lstat().st_mode), "a device")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def place(base: Path, texts: Mapping[str, str | bytes]) -> None:
    """Write all of ``texts`` below ``base``, or leave everything as it was; raises ConfigurationError."""
    with ExitStack() as undo:
        for target, text in texts.items():
            path = base / target
            try:
                for folder in reversed([each for each in path.parents if not each.exists()]):
                    folder.mkdir()
                    undo.callback(_take_away, folder)
                undo.callback(_put_back, path, path.read_bytes() if path.exists() else None)
                write_atomically(path, text)
            except OSError as error:
                why = f"cannot be written: {error.strerror or error}; nothing was left behind"
                raise ConfigurationError([Problem(str(path), why)]) from None
        undo.pop_all()


def _take_away(folder: Path) -> None:
    with suppress(OSError):  # somebody else has put something there meanwhile, and that stays
        folder.rmdir()


def _put_back(path: Path, content: bytes | None) -> None:
    with suppress(OSError):  # the first failure is the one to tell of
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
