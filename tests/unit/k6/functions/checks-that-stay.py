"""What the users of checks-that-stay.js do.

To finish:

- go through the 3 comments that begin with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 checks-that-stay.js -o checks-that-stay.yml --locustfile checks-that-stay.py`. The
file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in checks-that-stay.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.get("/", catch_response=True) as response:
            locust_ext.check(response, {"fine": lambda r: r.status_code == 200})

        # TODO: a check: '/ok/.test' is not followed here
        #     8| 'pattern': (r) => /ok/.test(r.body)

        # TODO: a check: it is true where the answer has no such value
        #     9| 'missing is true': (r) => r.json('error') === undefined

        # TODO: a check: timings.waiting: only the whole duration is measured
        #    10| 'waiting': (r) => r.timings.waiting < 100
