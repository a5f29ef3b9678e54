"""What the users of tagged-url.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 tagged-url.js -o tagged-url.yml --locustfile tagged-url.py`. The file is yours:
change what you like.
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
    """Does what default does in tagged-url.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.get("/first", catch_response=True) as response:
            id_ = json_value(response, "id")
        if id_ is None:
            return
        self.client.get(f"/items/{id_}", name="/items/${id}")
