"""What the users of async.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

Written by `locust-ext import-k6 async.js -o async.yml --locustfile async.py`. The file is yours: change what you
like.
"""

from collections.abc import Callable

import locust_ext
from gevent.pool import Pool  # type: ignore[import-untyped, unused-ignore]
from locust import FastHttpUser, task

locust_ext.install()


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
    """Does what default does in async.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.get("/a", catch_response=True) as response:
            locust_ext.check(response, {"ok": lambda r: r.status_code == 200})

        def request_1() -> None:
            self.client.get("/b")

        def request_2() -> None:
            with self.client.post("/c", data="x", catch_response=True) as response:
                locust_ext.check(response, {"two is fine": lambda r: r.status_code == 201})

        at_once(request_1, request_2)
