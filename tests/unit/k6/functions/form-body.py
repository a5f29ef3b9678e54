"""What the users of form-body.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 form-body.js -o form-body.yml --locustfile form-body.py`. The file is yours: change
what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in form-body.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.post("/login", data={"user": "ann", "remember": "true", "n": "3"})
