"""What the users of shared-array-csv.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 shared-array-csv.js -o shared-array-csv.yml --locustfile shared-array-csv.py`. The
file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()

users = locust_ext.Feeder("users")


class DefaultUser(FastHttpUser):
    """Does what default does in shared-array-csv.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with users.row() as row:
            # k6 names no Content-Type here; json= says application/json
            self.client.post("/login", json={"email": row["email"], "password": row["password"]})
