"""What the users of get.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 get.js -o get.yml --locustfile get.py`. The file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in get.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get("/health")
