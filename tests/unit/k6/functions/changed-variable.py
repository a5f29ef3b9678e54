"""What the users of changed-variable.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

Written by `locust-ext import-k6 changed-variable.js -o changed-variable.yml --locustfile changed-variable.py`. The
file is yours: change what you like.
"""

from typing import Any

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


def json_value(response: Any, *path: str | int) -> Any:
    """Return what stands at ``path`` in an answer's JSON; where nothing does, its request counts as failed."""
    try:
        value = response.json()
        for key in path:
            value = value[key]
    except (LookupError, TypeError, ValueError):
        value = None
    if value is None and response.status_code:
        response.failure(f"status {response.status_code}: its JSON has nothing at {list(path)}")
    return value


class DefaultUser(FastHttpUser):
    """Does what default does in changed-variable.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.get("/a", catch_response=True) as response:
            locust_ext.check(response, {"ok": lambda r: r.status_code == 200})
        with self.client.get("/b", catch_response=True) as response:
            token = json_value(response, "token")
        if token is None:
            return
        self.client.get(f"/c/{token}", name="/c/:token")
