"""Where a run comes from: the tags that it carries without being told.

Law: what is not known is left out; nothing here fails or waits long.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT")


def git_sha(directory: Path) -> str:
    """Return eight digits of the commit: the CI's, else that of the checkout at ``directory``, else ``""``."""
    for variable in _COMMIT_VARIABLES:
        if os.environ.get(variable):
            return os.environ[variable][:8]
    command = ["git", "rev-parse", "--short=8", "HEAD"]
    try:
        found = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=2, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def run_tags(given: dict[str, str], source: str) -> dict[str, str]:
    """Return the run-wide tags: those of the configuration, and ``git_sha`` if it can be found."""
    sha = given.get("git_sha") or git_sha(Path(source).resolve().parent if source else Path.cwd())
    return {**given, **({"git_sha": sha} if sha else {})}
