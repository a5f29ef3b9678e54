"""What the users of expected-statuses.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 expected-statuses.js -o expected-statuses.yml --locustfile expected-statuses.py`. The
file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in expected-statuses.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # responseCallback: other statuses below 400 count as fine here
        with self.client.get("/gone", catch_response=True) as response:
            if response.status_code in {404, 410}:
                response.success()
