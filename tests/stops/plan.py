"""What is run and stopped: users of both clients that ask again and again; STOPS_SLOW of them wait for long."""

import os

from locust import FastHttpUser, HttpUser, constant, task

import locust_ext

locust_ext.install()


class Quick(FastHttpUser):
    """Reads the feed several times a second."""

    wait_time = constant(0.1)

    @task
    def feed(self):
        """Read it."""
        self.client.get("/feed")


class Plain(HttpUser):
    """The same, through the other client."""

    wait_time = constant(0.1)

    @task
    def feed(self):
        """Read it."""
        self.client.get("/feed")


if int(os.environ.get("STOPS_SLOW", "0")):

    class Slow(FastHttpUser):
        """Asks for what takes seconds: the end of a run waits for it."""

        wait_time = constant(0.1)
        fixed_count = int(os.environ["STOPS_SLOW"])

        @task
        def slow(self):
            """Ask for it."""
            self.client.get("/slow")
