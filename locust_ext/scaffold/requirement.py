"""Which line of a requirements file installs what is installed here.

Law: the version, or the commit, that ran here and no other; a path of this machine means nothing on another.
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution

from locust_ext import __version__

DISTRIBUTION = "locust-ext-pack"


def requirement() -> str:
    """Return the line for this installation: a commit if it came from version control (PEP 610), else a version."""
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError:  # run from a checkout that was never installed
        return f"{DISTRIBUTION}=={__version__}"
    return line_for(installed.version, installed.read_text("direct_url.json") or "{}")


def line_for(version: str, direct_url: str) -> str:
    """Return the line for a version and the ``direct_url.json`` of its installation."""
    try:
        origin = json.loads(direct_url)
        url, commit, tool = origin["url"], origin["vcs_info"]["commit_id"], origin["vcs_info"]["vcs"]
    except (ValueError, LookupError, TypeError):
        return f"{DISTRIBUTION}=={version}"
    folder = f"#subdirectory={origin['subdirectory']}" if origin.get("subdirectory") else ""
    return f"{DISTRIBUTION} @ {tool}+{url}@{commit}{folder}"
