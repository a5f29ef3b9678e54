"""What the users of batch.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

Written by `locust-ext import-k6 batch.js -o batch.yml --locustfile batch.py`. The file is yours: change what you
like.
"""

from collections.abc import Callable
from typing import Any

import locust_ext
from gevent.pool import Pool  # type: ignore[import-untyped, unused-ignore]
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


def at_once(*requests: Callable[[], None]) -> None:
    """Send requests at the same time, and wait for all of them."""
    pool = Pool(len(requests))
    try:
        for request in requests:
            pool.spawn(request)
        pool.join(raise_error=True)
    finally:
        pool.kill()


class DefaultUser(FastHttpUser):
    """Does what default does in batch.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        id_: Any = None

        def request_1() -> None:
            with self.client.get("/a", catch_response=True, context={"tags": {"kind": "css"}}) as response:
                locust_ext.check(response, {"a is 200": lambda r: r.status_code == 200})

        def request_2() -> None:
            self.client.post("/b", data="x")

        def request_3() -> None:
            self.client.get("/c")

        at_once(request_1, request_2, request_3)

        def request_1_2() -> None:
            nonlocal id_
            with self.client.get("/", catch_response=True) as response:
                id_ = json_value(response, "id")

        def request_2_2() -> None:
            self.client.get("/back")

        at_once(request_1_2, request_2_2)
        self.client.get(f"/x/{id_}", name="/x/:id")
