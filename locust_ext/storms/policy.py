"""What a policy of a configuration means: the client that it names, with its options.

Law: a policy is written as its client ships it; with a mistake in it there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import Backoff
from locust_ext.storms.clients import UnknownClientError, find, names
from locust_ext.text.problems import Problem

_ITSELF = ("client", "version")


def read_policy(given: Mapping[str, Any], path: str) -> tuple[Backoff, list[Problem]]:
    """Return the policy that ``{client, version, options...}`` describes, and what is wrong with it.

    With problems the policy is one that never waits. Paths of problems begin with ``path``.
    """
    at = f"{path}." if path else ""
    if not isinstance(given.get("client"), str):
        return Backoff(), [Problem(path, "names no client; write it as {client: socket.io}")]
    version = given.get("version")
    try:
        client = find(given["client"], "" if version is None else str(version))
    except UnknownClientError as error:
        wrong = "version" if given["client"].partition("@")[0] in names() else "client"
        return Backoff(), [Problem(f"{at}{wrong}", str(error))]
    options = {key: value for key, value in given.items() if key not in _ITSELF}
    problems = client.problems(options)
    if problems:
        return Backoff(), [problem.under(path) for problem in problems]
    try:
        return client.policy(options), []
    except ValueError as error:
        return Backoff(), [Problem(path, str(error))]
