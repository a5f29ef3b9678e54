"""Cached keys that expire under everybody at once. ``locust -f locustfiles/hot_keys.py --headless``.

When keys expire, and how often the origin may compute one, stands in hot_keys.yml. Without ``--host`` and ``BASE_URL``
it runs against the embedded demo target.
"""

from locust import FastHttpUser, constant, task

import locust_ext
from locust_ext import CacheStampedeUser

locust_ext.install()


class HotKeyUser(CacheStampedeUser, FastHttpUser):
    """Reads a key at the moment at which it has expired."""

    wait_time = constant(0)

    @task
    def read(self):
        """Wait for the release, then read with everybody else."""
        self.client.get(f"/hot/{self.cold_key()}", name="/hot/:key")
