"""What the users of own-function-with-a-loop.js do.

To finish:

- go through the one comment that begins with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

Written by `locust-ext import-k6 own-function-with-a-loop.js -o own-function-with-a-loop.yml --locustfile
own-function-with-a-loop.py`. The file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in own-function-with-a-loop.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # TODO: it is a loop
        #     5| for (const page of pages) {
        #     6|   http.get(`https://www.example.com/${page}`)
        #     7| }

        self.client.get("/")
