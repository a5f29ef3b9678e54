"""The comments on a pull request of GitHub, and on a merge request of GitLab, as the token's own user sees them.

Law: whose comment it is, the server says, not the text: a stranger's with our marker in it is none of ours. All pages
are read, or a sentence says that they were too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from locust_ext.forge.api import Api, BusyError, RefusedError
from locust_ext.forge.ci_run import GITHUB, Place, at
from locust_ext.text.frozen import dataclass

A_PAGE = 100
MOST_PAGES = 60
"""GitHub has at most 2,500 comments on a pull request, GitLab 5,000 on a merge request."""

ACTIONS_BOT = "github-actions[bot]"
"""Who comments with the token of a job."""


@dataclass(frozen=True)
class Comment:
    """One comment."""

    number: int
    body: str


class Comments(Protocol):
    """Comments in one place; each method raises BusyError or RefusedError."""

    def mine(self) -> list[Comment]:
        """Return those of the token's user, oldest first."""

    def create(self, body: str) -> None:
        """Add one."""

    def update(self, number: int, body: str) -> None:
        """Give one another text."""

    def delete(self, number: int) -> None:
        """Take one away."""


class GitHubComments:
    """Those on a pull request."""

    def __init__(self, api: Api, place: Place) -> None:
        self._api, self._root, self._me = api, f"{place.api}/repos/{place.project}/issues", ""
        self._comments = f"{self._root}/{place.number}/comments"
        self._graphql = f"{place.api.removesuffix('/v3')}/graphql"

    def mine(self) -> list[Comment]:
        """Return those of the token's user, oldest first."""
        me = self._me = self._me or self._name()
        return _sorted(each for each in _pages(self._api, self._comments) if me in _names(each.get("user")))

    def create(self, body: str) -> None:
        """Add one."""
        self._api.ask("POST", self._comments, {"body": body})

    def update(self, number: int, body: str) -> None:
        """Give one another text."""
        self._api.ask("PATCH", f"{self._root}/comments/{number}", {"body": body})

    def delete(self, number: int) -> None:
        """Take one away."""
        self._api.ask("DELETE", f"{self._root}/comments/{number}")

    def _name(self) -> str:
        """Return who the token's user is: a job's token may not ask for its user in any other way than this."""
        try:
            found = self._api.ask("POST", self._graphql, {"query": "query { viewer { login } }"}).document
        except BusyError:
            raise
        except RefusedError:
            return ACTIONS_BOT
        login = at(found, "data", "viewer", "login")
        return login if isinstance(login, str) and login else ACTIONS_BOT


class GitLabComments:
    """Those on a merge request, which GitLab calls notes."""

    def __init__(self, api: Api, place: Place) -> None:
        self._api, self._user, self._me = api, f"{place.api}/user", 0
        self._notes = f"{place.api}/projects/{place.project}/merge_requests/{place.number}/notes"

    def mine(self) -> list[Comment]:
        """Return those of the token's user, oldest first."""
        me = self._me = self._me or _id_of(self._api.ask("GET", self._user).document)
        query = {"sort": "asc", "order_by": "created_at", "activity_filter": "only_comments"}
        notes = _pages(self._api, self._notes, **query)
        return _sorted(each for each in notes if at(each, "author", "id") == me and not each.get("system"))

    def create(self, body: str) -> None:
        """Add one."""
        self._api.ask("POST", self._notes, {"body": body})

    def update(self, number: int, body: str) -> None:
        """Give one another text."""
        self._api.ask("PUT", f"{self._notes}/{number}", {"body": body})

    def delete(self, number: int) -> None:
        """Take one away."""
        self._api.ask("DELETE", f"{self._notes}/{number}")


def comments_of(api: Api, place: Place) -> Comments:
    """Return the comments in a place."""
    return GitHubComments(api, place) if place.forge == GITHUB else GitLabComments(api, place)


def headers_for(place: Place) -> dict[str, str]:
    """Return the headers with which a place is asked."""
    if place.forge == GITHUB:
        return {"Authorization": f"Bearer {place.token}", "Accept": "application/vnd.github+json"}
    return {"PRIVATE-TOKEN": place.token}


def _pages(api: Api, url: str, **query: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what stands on all pages. That there is another one the server says; which one, we do."""
    for page in range(1, MOST_PAGES + 1):
        answer = api.ask("GET", url, None, per_page=A_PAGE, page=page, **query)
        if not isinstance(answer.document, list):
            raise RefusedError("did not answer with a list of comments")
        yield from (each for each in answer.document if isinstance(each, Mapping))
        if not answer.has_more:
            return
    raise RefusedError(f"has more than {A_PAGE * MOST_PAGES:,} comments there")


def _names(user: Any) -> tuple[str, ...]:
    """Return what a user of GitHub is called; a bot with and without what says that it is one."""
    login = at(user, "login")
    if not isinstance(login, str):
        return ()
    return (login, login.removesuffix("[bot]")) if at(user, "type") == "Bot" else (login,)


def _sorted(found: Iterator[Mapping[str, Any]]) -> list[Comment]:
    comments = (Comment(_id_of(each), each["body"]) for each in found if isinstance(each.get("body"), str))
    return sorted(comments, key=lambda each: each.number)


def _id_of(document: Any) -> int:
    found = at(document, "id")
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise BusyError("did not say which number it is")
    return found
