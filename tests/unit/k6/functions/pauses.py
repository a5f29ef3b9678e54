"""What the users of pauses.js do.

Written by `locust-ext import-k6 pauses.js -o pauses.yml --locustfile pauses.py`. The file is yours: change what you
like.
"""

import random
import time

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in pauses.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        time.sleep(1)
        time.sleep(0.25)
        time.sleep(2)
        time.sleep(random.uniform(1, 4))
        time.sleep(random.uniform(0, 1))
        time.sleep(random.uniform(1, 5))
        time.sleep(0.5)
