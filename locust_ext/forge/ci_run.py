"""What CI says of itself: which run this is, of which commit, and on which pull request a comment belongs.

Law: pure; it reads the environment that it is given, and believes no address in it that is not plain. Where there is
no pull request, or no token, a sentence says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from locust_ext.reports.ci_link import ci_link
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted

GITHUB, GITLAB = "GitHub", "GitLab"

GITHUB_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
GITLAB_TOKEN = "LOCUST_EXT_GITLAB_TOKEN"  # noqa: S105 the name of a variable

MOST_NUMBER = 10**9
"""Pull requests have smaller numbers."""

_PULL = re.compile(r"refs/pull/(\d{1,9})/(?:merge|head)", re.ASCII)
_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class NowhereError(Exception):
    """There is no place for a comment; the sentence says why."""


@dataclass(frozen=True)
class CiRun:
    """A run of CI; what is not known is empty."""

    forge: str = ""
    order: tuple[int, int] = (0, 0)
    """Its number and its attempt: what is greater began later."""
    commits: tuple[str, ...] = ()
    """The commit that people know it by, and the others that it goes under."""
    url: str = ""
    reports_url: str = ""
    """Where the reports are, if that is known beforehand."""
    outcome: str = ""
    is_fork: bool = False


@dataclass(frozen=True)
class Place:
    """Where a comment belongs, and with which token."""

    forge: str
    api: str
    """The address of the API, without a slash at its end."""
    project: str
    """``owner/name`` on GitHub, the number of the project on GitLab."""
    number: int
    variable: str
    """Which variable holds the token."""
    token: str
    is_fork: bool = False

    def __str__(self) -> str:
        if self.forge == GITHUB:
            return f"pull request {self.number} of {self.project}"
        return f"merge request {self.number} of project {self.project}"


def ci_run_of(environment: Mapping[str, str], event: Mapping[str, Any], reports: str = "") -> CiRun:
    """Return what CI says of its run; ``event`` is what started it on GitHub, ``reports`` a path in the checkout."""
    said = {name: environment.get(name, "").strip() for name in _TOLD}
    if said["GITHUB_ACTIONS"] == "true":
        project, link, attempt = said["GITHUB_REPOSITORY"], ci_link(environment), _number(said["GITHUB_RUN_ATTEMPT"])
        tail = f"/attempts/{attempt}" if attempt > 1 else ""
        head = at(event, "pull_request", "head", "sha")
        source = at(event, "pull_request", "head", "repo", "full_name")
        return CiRun(
            GITHUB,
            (_number(said["GITHUB_RUN_ID"]), attempt),
            tuple(commit for commit in (head, said["GITHUB_SHA"]) if isinstance(commit, str) and commit),
            f"{link}{tail}" if link else "",
            is_fork=isinstance(source, str) and source.lower() != project.lower(),
        )
    if said["GITLAB_CI"] == "true":
        job = ci_link(environment)
        return CiRun(
            GITLAB,
            (_number(said["CI_PIPELINE_ID"]), _number(said["CI_JOB_ID"])),
            tuple(filter(None, (said["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"], said["CI_COMMIT_SHA"]))),
            job,
            f"{job}/artifacts/browse/{quote(reports)}" if job and reports else "",
            said["CI_JOB_STATUS"],
            said["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] not in ("", said["CI_MERGE_REQUEST_PROJECT_ID"]),
        )
    return CiRun()


_TOLD = (
    *("GITHUB_ACTIONS", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_SHA"),
    *("GITLAB_CI", "CI_JOB_ID", "CI_PIPELINE_ID", "CI_COMMIT_SHA", "CI_JOB_STATUS"),
    *("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID"),
)


def place_of(run: CiRun, environment: Mapping[str, str], event: Mapping[str, Any], number: int = 0) -> Place:
    """Return where the comment of a run belongs; ``number`` names the pull request where CI does not.

    Raises NowhereError.
    """
    if run.forge == GITHUB:
        return _on_github(run, environment, event, number)
    if run.forge == GITLAB:
        return _on_gitlab(run, environment, number)
    raise NowhereError("this is neither GitHub Actions nor GitLab CI: --print shows what would be posted")


def _on_github(run: CiRun, environment: Mapping[str, str], event: Mapping[str, Any], number: int) -> Place:
    number = number or _pull_request(environment, event)
    if not number:
        started = environment.get("GITHUB_EVENT_NAME", "").strip()[:40] or "an unknown event"
        raise NowhereError(f"this run was started by {started}, not by a pull request: there is nothing to comment on")
    project = environment.get("GITHUB_REPOSITORY", "").strip()
    if not _REPOSITORY.fullmatch(project):
        raise NowhereError(f"GITHUB_REPOSITORY is not owner/name: {quoted(project)}")
    variable = next((name for name in GITHUB_TOKENS if environment.get(name, "").strip()), "")
    if not variable:
        raise NowhereError(
            "there is no token: give the step env: {GITHUB_TOKEN: ${{ github.token }}},"
            " and the job permissions: {contents: read, pull-requests: write}"
        )
    api = api_of(environment.get("GITHUB_API_URL", "").strip() or "https://api.github.com", "GITHUB_API_URL")
    return Place(GITHUB, api, project, number, variable, _token(environment, variable), run.is_fork)


def _on_gitlab(run: CiRun, environment: Mapping[str, str], number: int) -> Place:
    number = number or _number(environment.get("CI_MERGE_REQUEST_IID", ""))
    if not number:
        started = environment.get("CI_PIPELINE_SOURCE", "").strip()[:40] or "an unknown source"
        raise NowhereError(
            f"this pipeline was started by {started}, not by a merge request: there is nothing to comment on"
        )
    project = (environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment.get("CI_PROJECT_ID", "")).strip()
    if not _number(project):
        raise NowhereError(f"CI_PROJECT_ID is not a number: {quoted(project)}")
    if not environment.get(GITLAB_TOKEN, "").strip():
        raise NowhereError(
            f"{GITLAB_TOKEN} is not set: make a project access token with the role Reporter and the scope api, and put"
            " it into a masked variable of that name, not protected; GitLab's own CI_JOB_TOKEN may not write comments"
        )
    api = api_of(environment.get("CI_API_V4_URL", "").strip() or "https://gitlab.com/api/v4", "CI_API_V4_URL")
    return Place(GITLAB, api, project, number, GITLAB_TOKEN, _token(environment, GITLAB_TOKEN), run.is_fork)


def _token(environment: Mapping[str, str], variable: str) -> str:
    token = environment[variable].strip()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise NowhereError(f"{variable} holds characters that no token has")
    return token


def api_of(url: str, variable: str) -> str:
    """Return the address of an API, to which a token may be sent; raises NowhereError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NowhereError(f"{variable} is not an address") from None
    is_plain = not parts.query and not parts.fragment and "@" not in parts.netloc and "\\" not in url
    if not host or not is_plain or not url.isprintable() or " " in url:
        raise NowhereError(f"{variable} is not the plain address of an API")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise NowhereError(f"{variable} does not begin with https://: a token is sent over nothing else")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pull_request(environment: Mapping[str, str], event: Mapping[str, Any]) -> int:
    number = at(event, "pull_request", "number")
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number < MOST_NUMBER:
        return number
    match = _PULL.fullmatch(environment.get("GITHUB_REF", "").strip())
    return int(match[1]) if match else 0


def at(document: Any, *path: str) -> Any:
    """Return what stands in a JSON document at a path; None where there is nothing."""
    for step in path:
        document = document.get(step) if isinstance(document, Mapping) else None
    return document


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if _NUMBER.fullmatch(text) else 0
