"""What the users of json-body.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 json-body.js -o json-body.yml --locustfile json-body.py`. The file is yours: change
what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in json-body.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.post(
            "/users",
            headers={"Content-Type": "application/json"},
            json={
                "name": "Ann",
                "tags": ["a", "b's"],
                "address": {"zip": 12345, "valid": True, "street": None},
                "amount": 1.5,
            },
        )
