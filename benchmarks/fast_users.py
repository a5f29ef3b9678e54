"""Users that send as fast as the server answers."""

import json

from locust import FastHttpUser, constant, events, task


class Fast(FastHttpUser):
    """Asks for next to nothing, again and again."""

    wait_time = constant(0)

    @task
    def health(self):
        """Get the cheapest answer."""
        self.client.get("/health", name="health", context={"tags": {"endpoint": "health"}})


@events.test_stop.add_listener
def report(environment, **_):
    """Say how many requests a second there were."""
    total = environment.stats.total
    seconds = total.last_request_timestamp - total.start_time
    print("MEASURED", json.dumps({"rps": total.num_requests / seconds}), flush=True)
