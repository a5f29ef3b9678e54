"""What the users of check-tags.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 check-tags.js -o check-tags.yml --locustfile check-tags.py`. The file is yours:
change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in check-tags.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.get("/", catch_response=True) as response:
            locust_ext.check(response, {"is 200": lambda r: r.status_code == 200}, {"page": "front"})
