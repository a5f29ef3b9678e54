"""The address of the CI run that a process is part of, as the CI tells it in the environment.

Law: pure. An address that is not plainly one of the web, or that holds a user or a password, is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

MOST_LINK = 500
"""Characters of an address."""

TEMPLATES = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",  # GitLab
    "{CI_PIPELINE_URL}",
    "{RUN_DISPLAY_URL}",  # Jenkins
    "{BUILD_URL}",
    "{CIRCLE_BUILD_URL}",
    "{BUILDKITE_BUILD_URL}",
    "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",  # Azure
    "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    "{TRAVIS_JOB_WEB_URL}",
    "{DRONE_BUILD_LINK}",
    "{SEMAPHORE_ORGANIZATION_URL}/jobs/{SEMAPHORE_JOB_ID}",
)
"""Addresses by the variables that they are made of; the first whose variables are all there is taken."""

_VARIABLE = re.compile(r"\{(\w+)\}")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def ci_link(environment: Mapping[str, str]) -> str:
    """Return the address of the CI run; ``""`` outside of CI, and where it is not an address to link to."""
    for template in TEMPLATES:
        values = {name: environment.get(name, "").strip() for name in _VARIABLE.findall(template)}
        if all(values.values()):
            link = template.format(**{name: value.replace(" ", "%20") for name, value in values.items()})
            return link if _leads_somewhere(link) else ""
    return ""


def _leads_somewhere(link: str) -> bool:
    if len(link) > MOST_LINK or not _PLAIN.fullmatch(link):
        return False
    try:
        parts = urlsplit(link)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
