"""The wheel of this installation, for machines that cannot reach what it came from.

Law: built from a copy, so that nothing is left in a checkout; without network where this Python has what builds it;
what goes wrong is a sentence, with the way around it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from locust_ext.scaffold.requirement import DISTRIBUTION, VENDOR
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_TEXT, quoted, shortened
from locust_ext.text.problems import ConfigurationError, Problem

OLDEST_SETUPTOOLS = 77
"""As ``build-system`` of pyproject.toml asks for."""

LONGEST = 300
"""Seconds that a build may take."""

_NEEDED = ("pyproject.toml", "setup.cfg", "README.md", "LICENSE", "locust_ext")
_TELLS = re.compile(r"(error|fatal|\w+Error): |.*No module named", re.IGNORECASE)
_SAYS_NOTHING = re.compile(r"exited-with|generation-failed|Exception:$|^raise|Failed (to build|building)")
_USER = re.compile(r"//[^/\s@]+@")


@dataclass(frozen=True)
class Wheel:
    """A wheel: the name of its file, and what is in it."""

    name: str
    content: bytes


def build(source: str) -> Wheel:
    """Build the wheel of ``source``: a directory, a file or what else pip takes; raises ConfigurationError."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        place = _place_of(source)
        if place is not None and not place.exists():
            raise _failed(source, "it is not there any more")
        what = source if place is None else str(_copied(place, base / "source"))
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--disable-pip-version-check", "--quiet"]
        command += [*_isolation(), "--wheel-dir", str(base / "wheels"), what]
        try:
            ran = subprocess.run(  # noqa: S603 our own command, and where this installation came from
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _failed(source, str(error)) from None
        built = sorted((base / "wheels").glob("*.whl"))
        if ran.returncode or len(built) != 1:
            raise _failed(source, _reason(ran.stdout + ran.stderr))
        return Wheel(built[0].name, built[0].read_bytes())


def there_already(folder: Path) -> str:
    """Return the name of the one wheel of ours in a folder; ``""``: there is none, or more than one."""
    names = [path.name for path in folder.glob(f"{DISTRIBUTION.replace('-', '_')}-*.whl") if path.is_file()]
    return names[0] if len(names) == 1 else ""


def _place_of(source: str) -> Path | None:
    """Return the path that ``source`` names; None: it is something of version control."""
    parts = urlsplit(source)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if parts.scheme else Path(source)


def _copied(place: Path, copy: Path) -> Path:
    """Return what to build of: a file as it is, of a checkout what its wheel is made of, and nothing built before."""
    if place.is_file() or not (place / "locust_ext").is_dir():
        return place
    copy.mkdir()
    for path in (place / name for name in _NEEDED):
        if path.is_dir():
            shutil.copytree(path, copy / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.exists():
            shutil.copy(path, copy)
    return copy


def _isolation() -> list[str]:
    """Return the option that builds with what is here, where that is new enough: it needs no package index."""
    try:
        return ["--no-build-isolation"] if int(version("setuptools").partition(".")[0]) >= OLDEST_SETUPTOOLS else []
    except (PackageNotFoundError, ValueError):
        return []


def _reason(said: str) -> str:
    """Return the line of pip's that says what went wrong, without what may be a secret."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if _TELLS.match(line) and not _SAYS_NOTHING.search(line)]
    return shortened(_USER.sub("//", (told or lines or ["pip said nothing"])[-1]), LONGEST_TEXT)


def _failed(source: str, why: str) -> ConfigurationError:
    way = "put a wheel of yours there, locust_ext_pack-VERSION-py3-none-any.whl, then it is taken"
    said = f"CI cannot reach {quoted(source)}, and its wheel could not be built: {why}; {way}"
    return ConfigurationError([Problem(VENDOR, said)])
