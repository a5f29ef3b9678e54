"""What the users of host-from-env.js do.

Written by `locust-ext import-k6 host-from-env.js -o host-from-env.yml --locustfile host-from-env.py`. The file is
yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in host-from-env.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get("/a")
        self.client.get("/b?x=5")
        self.client.get("/")
