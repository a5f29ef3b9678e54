"""The feed for as long as a leak takes to show. ``locust -f locustfiles/soak.py --headless``.

What is watched, and how much it may grow, stands in soak.yml; so does ``nightly``, a shape of hours. Without ``--host``
and ``BASE_URL`` it runs against the embedded demo target.
"""

from locust import FastHttpUser, between, task

import locust_ext

locust_ext.install()

POSTS = "/communities/abc/posts"
NAME = "/communities/:id/posts"
SUCCESS = 2  # hundred


class FeedUser(FastHttpUser):
    """Reads the feed, and now and then posts."""

    wait_time = between(0.1, 0.4)

    @task(8)
    def feed(self):
        """Read the latest posts."""
        tags = {"tags": {"endpoint": "feed"}}
        with self.client.get(f"{POSTS}?limit=20", name=NAME, catch_response=True, context=tags) as response:
            locust_ext.check(response, {"status 2xx": lambda r: r.status_code // 100 == SUCCESS})

    @task(1)
    def create(self):
        """Write a post."""
        tags = {"tags": {"endpoint": "create"}}
        self.client.post(POSTS, name=f"{NAME}:create", json={"body": "synthetic"}, context=tags)
