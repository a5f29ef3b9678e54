"""What the users of metrics.js do.

To finish:

- go through the one comment that begins with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

To know:

- latency is left out: http_req_duration is measured by itself

Written by `locust-ext import-k6 metrics.js -o metrics.yml --locustfile metrics.py`. The file is yours: change what
you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()

failures = locust_ext.Rate("failures")
sent = locust_ext.Counter("sent")
size = locust_ext.Gauge("size")


class DefaultUser(FastHttpUser):
    """Does what default does in metrics.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.get("/", catch_response=True) as response:
            failures.add(response.status_code != 200, {"page": "front"})
            sent.add(1)
            size.add(len(response.text or ""))

        # TODO: it is not a number of the answer
        #    14| size.add(res.json('size'))
