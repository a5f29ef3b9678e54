"""Which line of a requirements file installs what is installed here.

Law: the version, or the commit, that ran here and no other; a path of this machine means nothing on another, and what
may be a secret is in no line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from locust_ext.text.frozen import dataclass
from locust_ext.text.version import VERSION

DISTRIBUTION = "locust-ext-pack"

VENDOR = "loadtests/vendor"

_VARIABLES = re.compile(r"\$\{[A-Z0-9_]+\}(:\$\{[A-Z0-9_]+\})?")
"""Users and passwords that are not secret: pip reads the variables where it installs (PEP 610)."""


@dataclass(frozen=True)
class Origin:
    """Where this installation came from: a line that says it to any machine, or what a wheel is built of on this."""

    line: str = ""
    source: str = ""


def origin() -> Origin:
    """Return where this installation came from."""
    checkout = Path(__file__).parents[2]
    if (checkout / "setup.cfg").is_file() and (checkout / "pyproject.toml").is_file():  # it runs from there
        return Origin(source=str(checkout))
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return Origin(line_for(VERSION, ""))
    return origin_of(installed.version, installed.read_text("direct_url.json") or "")


def origin_of(version: str, direct_url: str) -> Origin:
    """Return where an installation came from, by its version and its ``direct_url.json`` (PEP 610)."""
    told = _read(direct_url)
    if not told:
        return Origin(line_for(version, direct_url))
    url, commit = told["url"], _commit(told)
    if urlsplit(url).scheme != "file":
        return Origin(line_for(version, direct_url))
    return Origin(source=f"{commit[0]}+{url}@{commit[1]}{_folder(told)}" if commit else url)


def line_for(version: str, direct_url: str) -> str:
    """Return the line for a version and the ``direct_url.json`` of its installation, where others can reach it too."""
    told = _read(direct_url)
    if not told:
        return f"{DISTRIBUTION}=={version}"
    url, commit = without_secrets(told["url"]), _commit(told)
    return f"{DISTRIBUTION} @ {f'{commit[0]}+{url}@{commit[1]}' if commit else url}{_folder(told)}"


def without_secrets(url: str) -> str:
    """Return a URL without users, passwords and queries; variables in their place stay, and the user of ssh."""
    parts = urlsplit(url)
    said, at, host = parts.netloc.rpartition("@")
    if not _VARIABLES.fullmatch(said):
        said = said.partition(":")[0] if parts.scheme == "ssh" else ""
    return urlunsplit((parts.scheme, f"{said}{at}{host}" if said else host, parts.path, "", ""))


def _read(direct_url: str) -> Mapping[str, Any]:
    """Return what the file says; nothing where there is none (PEP 610: then it came from an index)."""
    try:
        told = json.loads(direct_url)
        return told if isinstance(told["url"], str) else {}
    except (ValueError, LookupError, TypeError):
        return {}


def _commit(told: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the version control and its commit; None: it was none."""
    try:
        return str(told["vcs_info"]["vcs"]), str(told["vcs_info"]["commit_id"])
    except (LookupError, TypeError):
        return None


def _folder(told: Mapping[str, Any]) -> str:
    return f"#subdirectory={told['subdirectory']}" if told.get("subdirectory") else ""
