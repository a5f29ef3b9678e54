"""Users that send as fast as the server answers."""

import json
import time

from locust import FastHttpUser, constant, events, task


class Fast(FastHttpUser):
    """Asks for next to nothing, again and again."""

    wait_time = constant(0)

    @task
    def health(self):
        """Get the cheapest answer."""
        self.client.get("/health", name="health", context={"tags": {"endpoint": "health"}})


began = {}


@events.test_start.add_listener
def start_watch(**_):
    """Note when the users start, on the wall and on the processor."""
    began.update(wall=time.perf_counter(), cpu=time.process_time())


@events.test_stopping.add_listener
def report(environment, **_):
    """Say how many requests there were, in how many seconds of both kinds."""
    wall, cpu = time.perf_counter() - began["wall"], time.process_time() - began["cpu"]
    print("MEASURED", json.dumps({"requests": environment.stats.total.num_requests, "wall": wall, "cpu": cpu}), flush=True)
