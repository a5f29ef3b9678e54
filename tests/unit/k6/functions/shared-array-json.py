"""What the users of shared-array-json.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com
- make data/accounts.jsonl of data/accounts.json, one object a line, as jq -c '.[]' does

Written by `locust-ext import-k6 shared-array-json.js -o shared-array-json.yml --locustfile shared-array-json.py`. The
file is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()

accounts = locust_ext.Feeder("accounts")


class DefaultUser(FastHttpUser):
    """Does what default does in shared-array-json.js, again and again."""

    def on_start(self) -> None:
        """Begin, once for each user."""
        self.accounts_row = accounts.mine()

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get(f"/users/{self.accounts_row['name']}", name="/users/:name")
