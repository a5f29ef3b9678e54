"""What the users of two-hosts.js do.

To finish:

- not all addresses begin alike, so they stand whole; give one of the hosts with --host, and list the others in
  safety.origins

Written by `locust-ext import-k6 two-hosts.js -o two-hosts.yml --locustfile two-hosts.py`. The file is yours: change
what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in two-hosts.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get("https://a.example.com/")
        self.client.get("https://b.example.com/")
