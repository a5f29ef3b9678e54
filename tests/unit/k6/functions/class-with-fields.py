"""What the users of class-with-fields.js do.

To finish:

- go through the 2 comments that begin with TODO: there stands what was not translated

Written by `locust-ext import-k6 class-with-fields.js -o class-with-fields.yml --locustfile class-with-fields.py`. The
file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in class-with-fields.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # TODO: it sends requests, or does something else, in a way that is not followed here
        #     9| const a = new Api();

        # TODO: 'a.go' has no counterpart that is known here
        #    10| a.go();
