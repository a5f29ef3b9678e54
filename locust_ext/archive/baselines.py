"""A baseline store: a directory of runs to compare with, the newest few.

Law: a run is in the store whole or not at all, also when two jobs put one there at the same time; what cannot be read
is named and passed over, never deleted. Only green runs are a measure for others.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from locust_ext.archive.report_dir import (
    LOG,
    SUMMARY,
    UnreadableRunError,
    bytes_of,
    directories_in,
    directory_of,
    read_report_dir,
    written,
)
from locust_ext.gates.since_reset import PART
from locust_ext.reports.result import RunResult
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import ConfigurationError, Problem

LOCK = ".lock"
LOCK_WAIT = 30.0
"""Seconds to wait for another job that is putting a run in the store."""

AT_HAND = "the run"
"""What a run is called that is in no directory yet."""

UNLIKE = {PART: "its statistics were reset, and its figures are those"}
"""What a fingerprint has of runs that no other run is compared with: they would drive out those that one is."""

WHOLE = ("passed", "failed")
"""Verdicts of runs that went to their end and were measured whole: no other can be a measure, forced or not."""


@dataclass(frozen=True)
class Baselines:
    """The runs of a store, oldest first, each with its directory; and a sentence for each that cannot be read."""

    runs: tuple[tuple[Path, RunResult], ...] = ()
    unreadable: tuple[str, ...] = ()


def read_baselines(directory: Path) -> Baselines:
    """Return the runs in ``directory``; if it is itself a report directory, that run alone. Never raises."""
    runs, unreadable = [], []
    for place in _places(directory):
        try:
            runs.append((place, read_report_dir(place)))
        except UnreadableRunError as error:
            unreadable.append(str(error))
    return Baselines(tuple(sorted(runs, key=lambda run: (run[1].started_at, run[1].id))), tuple(unreadable))


def _places(directory: Path) -> list[Path]:
    try:
        return directories_in(directory)
    except OSError:
        return []


def put(run: Path, directory: Path, keep: int, *, force: bool = False) -> tuple[Path, list[Path]]:
    """Put the run of a report directory in the store; return its place there, and the places that had to go.

    Raises ConfigurationError when the run cannot be read or written or is not whole, and, unless ``force``, when it is
    not green.
    """
    source = directory_of(run)
    try:
        result = read_report_dir(run)
        contents = {name: bytes_of(source / name) for name in (SUMMARY, LOG) if (source / name).exists()}
    except UnreadableRunError as error:
        raise _refusal("RUN", str(error)) from None
    check_measure(result, str(run), force=force)
    return _put(result, contents, directory, keep)


def put_result(result: RunResult, directory: Path, keep: int) -> tuple[Path, list[Path]]:
    """Put a run that is at hand in the store, as :func:`put` does."""
    check_measure(result)
    return _put(result, {name: written(result, name) for name in (SUMMARY, LOG)}, directory, keep)


def check_measure(result: RunResult, called: str = AT_HAND, *, force: bool = False) -> None:
    """Raise ConfigurationError for a run that others cannot be compared with; ``force``: also one that did not pass."""
    why = f"it {result.verdict.word} (exit code {result.verdict.exit_code}): {result.verdict.reason}"
    if not result.complete or result.verdict.word not in WHOLE:
        raise _refusal("RUN", f"{called} is not a measure for others, nor part of one: {why}")
    all_the_same = "; --force puts it there all the same" if called != AT_HAND else ""
    if result.verdict.exit_code and not force:
        raise _refusal("RUN", f"{called} is not a measure for others: {why}{all_the_same}")
    other = next((f"{why} {result.fingerprint[key]}" for key, why in UNLIKE.items() if key in result.fingerprint), "")
    if other and not force:
        raise _refusal("RUN", f"{called} is not a measure for others: {other}{all_the_same}")
    if not result.id:
        raise _refusal("RUN", f"{called} has no id: it was written by an older version; run again")


def _put(result: RunResult, contents: Mapping[str, bytes], directory: Path, keep: int) -> tuple[Path, list[Path]]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory):
            place = directory / _name_of(result)
            if not place.exists():
                _write(contents, place)
            return place, _prune(directory, keep)
    except OSError as error:
        raise _refusal("--dir", f"{directory} cannot be written: {error.strerror or error}") from None


def _refusal(path: str, sentence: str) -> ConfigurationError:
    return ConfigurationError([Problem(path, sentence)])


def _name_of(result: RunResult) -> str:
    """Return a name that sorts by time and is the run's own."""
    began = re.sub(r"[^0-9T]", "", result.started_at.partition("+")[0])[:15]
    return f"{began}-{re.sub('[^0-9a-z]', '', result.id)[:12]}"


def _write(contents: Mapping[str, bytes], place: Path) -> None:
    """Write what a comparison reads; the rename makes it appear at once."""
    temporary = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
    try:
        for name, content in contents.items():
            (temporary / name).write_bytes(content)
        temporary.chmod(0o755)
        temporary.rename(place)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _prune(directory: Path, keep: int) -> list[Path]:
    """Remove the oldest readable runs beyond ``keep``; return their places."""
    gone = [place for place, _ in read_baselines(directory).runs[:-keep]]
    for place in gone:
        hidden = place.with_name(f".{place.name}.gone")
        place.rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)
    return gone


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the store's lock; it ends with the process, however that ends."""
    with (directory / LOCK).open("w") as file:
        deadline = time.monotonic() + LOCK_WAIT
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"another job has held its lock for {LOCK_WAIT:.0f} s") from None
                time.sleep(0.05)
        yield
