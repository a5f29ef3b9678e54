"""What the users of function-of-another-file.js do.

To finish:

- write what browse does: ./browse.js: there is no such file

Written by `locust-ext import-k6 function-of-another-file.js -o function-of-another-file.yml --locustfile
function-of-another-file.py`. The file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class BrowseUser(FastHttpUser):
    """Does what browse does in function-of-another-file.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
