"""What the users of two-functions.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 two-functions.js -o two-functions.yml --locustfile two-functions.py`. The file is
yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class ReadUser(FastHttpUser):
    """Does what read does in two-functions.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get("/items")


class WriteUser(FastHttpUser):
    """Does what writeUser does in two-functions.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.post("/items", data="x")
