"""What the users of host-from-env-with-default.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; the script reads it from API_HOST

Written by `locust-ext import-k6 host-from-env-with-default.js -o host-from-env-with-default.yml --locustfile
host-from-env-with-default.py`. The file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in host-from-env-with-default.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get("/a")
