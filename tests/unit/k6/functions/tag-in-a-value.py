"""What the users of tag-in-a-value.js do.

To finish:

- go through the 2 comments that begin with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is http://127.0.0.1

Written by `locust-ext import-k6 tag-in-a-value.js -o tag-in-a-value.yml --locustfile tag-in-a-value.py`. The file is
yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in tag-in-a-value.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # TODO: it sends requests, or does something else, in a way that is not followed here
        #     7| const area = exec.vu.tags['area'] = 'shop'

        # TODO: it changes a part of something
        #     8| exec.vu.tags.page = 'home'

        self.client.get("/home")
