"""Posts that their own writers look for at once. ``locust -f locustfiles/replica.py --headless``.

How far readers may be behind stands in replica.yml. Without ``--host`` and ``BASE_URL`` it runs against the embedded
demo target, whose readers are 50 ms behind.
"""

from locust import FastHttpUser, between

import locust_ext
from locust_ext import ReadYourWritesUser

locust_ext.install()

NOT_FOUND = 404


class PostUser(ReadYourWritesUser, FastHttpUser):
    """Writes a post, and reads until it is there."""

    wait_time = between(0.1, 0.4)
    read_pause = "20ms"
    measured_as = "post"

    def write(self):
        """Write a post, and return its id; None: it was not written."""
        response = self.client.post("/communities/abc/posts", name="/communities/:id/posts", json={"body": "synthetic"})
        return response.json()["id"] if response.ok else None

    def read(self, key):
        """Return the post's id, or None while readers have not got it, which is not a failure."""
        with self.client.get(f"/posts/{key}", name="/posts/:id", catch_response=True) as response:
            if response.status_code == NOT_FOUND:
                response.success()
                return None
        response.raise_for_status()
        return response.json()["id"]
