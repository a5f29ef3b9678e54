"""What the users of setup-and-data.js do.

To finish:

- go through the one comment that begins with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com
- setup() in line 4 is not translated
- teardown() in line 11 is not translated

Written by `locust-ext import-k6 setup-and-data.js -o setup-and-data.yml --locustfile setup-and-data.py`. The file is
yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in setup-and-data.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # TODO: data is not a constant: see line 7
        #     8| http.get('https://api.example.com/me', { headers: { Authorization: `Bearer ${data.token}` } })

        self.client.get("/open")
