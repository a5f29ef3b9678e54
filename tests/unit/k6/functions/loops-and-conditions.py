"""What the users of loops-and-conditions.js do.

To finish:

- go through the 3 comments that begin with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

Written by `locust-ext import-k6 loops-and-conditions.js -o loops-and-conditions.yml --locustfile
loops-and-conditions.py`. The file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in loops-and-conditions.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get("/")

        # TODO: only some iterations do this: it depends on a condition; it may end here, and what follows stands as
        # if it did not
        #     7| if (res.status !== 200) {
        #     8|   //   type: ignore
        #     9|   console.error('"""', res.body)
        #    10|   return
        #    11| }

        self.client.get("/always")

        # TODO: it is a loop
        #    17| for (let page = 0; page < 3; page++) {
        #    18|   http.get(`https://www.example.com/?page=${page}`)
        #    19| }

        # TODO: it is a loop
        #    20| while (true) { sleep(1) }
