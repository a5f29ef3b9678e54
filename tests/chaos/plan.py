"""What is run while things break."""

from locust import FastHttpUser, constant, task

import locust_ext

locust_ext.install()


class Reader(FastHttpUser):
    """Reads the feed several times a second."""

    wait_time = constant(0.1)

    @task
    def feed(self):
        """Read it."""
        self.client.get("/feed")
