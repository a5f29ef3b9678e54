"""What the users of chance.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 chance.js -o chance.yml --locustfile chance.py`. The file is yours: change what you
like.
"""

import random
import string
import time
import uuid

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in chance.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # k6 names no Content-Type here; json= says application/json
        self.client.post(
            "/items",
            json={
                "id": str(uuid.uuid4()),
                "name": "".join(random.choices(string.ascii_lowercase, k=8)),
                "n": random.randint(1, 9),
                "at": int(time.time() * 1000),
            },
        )
        self.client.get(f"/items/{random.randint(1, 100)}?at={int(time.time() * 1000)}", name="/items/:value?at=:value")
