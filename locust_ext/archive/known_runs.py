"""The runs in a directory that somebody has configured, by names to choose from.

Law: what is asked for is looked up in the list, and nothing else is ever read: a name leads nowhere. A directory is
listed without a look into its runs, the newest few of them; which of them can be read shows when one is chosen.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from locust_ext.archive.report_dir import SUMMARY
from locust_ext.text.frozen import dataclass

MOST_LISTED = 50
"""Runs of a directory that are listed: the newest."""

MOST_SEEN = 1000
"""Entries of a directory that are looked at."""


@dataclass(frozen=True)
class KnownRun:
    """A run that may be chosen: ``key`` is what it is asked for by, ``name`` what people call it."""

    key: str
    name: str
    place: Path


def known_runs(directory: Path, called: str) -> list[KnownRun]:
    """Return the runs in ``directory``, which is ``called`` so, the newest first; of a report directory that one."""
    found = sorted(_summaries(directory), key=lambda one: -one[0])
    return [
        KnownRun(_key(called, place), called if place == directory else f"{called}: {place.name}", place)
        for _, place in found[:MOST_LISTED]
    ]


def _key(called: str, place: Path) -> str:
    return hashlib.sha256(f"{called}\0{place}".encode(errors="backslashreplace")).hexdigest()[:16]


def _summaries(directory: Path) -> Iterator[tuple[float, Path]]:
    """Yield the directories with a summary, each with when that was written: this one, and those in it."""
    try:
        with os.scandir(directory) as entries:
            inside = [Path(one.path) for one in islice(entries, MOST_SEEN) if not one.name.startswith(".")]
    except OSError:
        inside = []
    for place in (directory, *inside):
        try:
            yield (place / SUMMARY).stat().st_mtime, place
        except OSError:
            continue


def chosen(runs: Iterable[KnownRun], key: object) -> KnownRun | None:
    """Return the run that is asked for by ``key``, if it is one of them."""
    return next((run for run in runs if run.key == key), None)
