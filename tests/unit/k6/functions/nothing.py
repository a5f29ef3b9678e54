"""What the users of nothing.js do.

Written by `locust-ext import-k6 nothing.js -o nothing.yml --locustfile nothing.py`. The file is yours: change what
you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in nothing.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
