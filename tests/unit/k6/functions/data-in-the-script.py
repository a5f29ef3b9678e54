"""What the users of data-in-the-script.js do.

To finish:

- go through the one comment that begins with TODO: there stands what was not translated

Written by `locust-ext import-k6 data-in-the-script.js -o data-in-the-script.yml --locustfile data-in-the-script.py`.
The file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in data-in-the-script.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # TODO: put the rows of users into a file, and take them from a Feeder
        #     7| http.get(`https://api.example.com/${user.name}`)
