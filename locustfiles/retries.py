"""The feed, read by a client that retries at once. ``locust -f locustfiles/retries.py --headless``.

The policy, the shape and the thresholds stand in retries.yml. Without ``--host`` and ``BASE_URL`` it runs against the
embedded demo target.
"""

from locust import FastHttpUser, between, task

import locust_ext

locust_ext.install()


class RetryUser(locust_ext.RetryStormUser, FastHttpUser):
    """Reads the feed; what fails is sent again."""

    wait_time = between(0.1, 0.4)

    @task
    def feed(self):
        """Read the latest posts."""
        self.client.get("/communities/abc/posts?limit=20", name="/communities/:id/posts")
