"""What the users of methods.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 methods.js -o methods.yml --locustfile methods.py`. The file is yours: change what
you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in methods.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.post("/items", data="text")
        self.client.put("/items/1", headers={"Content-Type": "application/json"}, json={"a": 1})
        self.client.patch("/items/1")
        self.client.delete("/items/1")
        self.client.head("/items")
        self.client.options("/items")
        self.client.request("PROPFIND", "/items")
