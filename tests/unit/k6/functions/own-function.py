"""What the users of own-function.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 own-function.js -o own-function.yml --locustfile own-function.py`. The file is yours:
change what you like.
"""

import time
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
    """Does what default does in own-function.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # k6 names no Content-Type here; json= says application/json
        with self.client.post("/login", json={"user": "ann"}, catch_response=True) as response:
            locust_ext.check(response, {"logged in": lambda r: r.status_code == 200})
            token = json_value(response, "token")
        if token is None:
            return
        time.sleep(1)
        self.client.get("/me", headers={"Authorization": f"Bearer {token}"})
