"""What the users of groups.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

Written by `locust-ext import-k6 groups.js -o groups.yml --locustfile groups.py`. The file is yours: change what you
like.
"""

import time

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in groups.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # Group: browse #.noqa
        self.client.get("/")

        # Group: details
        self.client.get("/1")
        time.sleep(1)

        self.client.get("/end")
