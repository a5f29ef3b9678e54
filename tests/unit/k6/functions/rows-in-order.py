"""What the users of rows-in-order.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com
- make users.jsonl of users.json, one object a line, as jq -c '.[]' does
- make items.jsonl of items.json, one object a line, as jq -c '.[]' does

Written by `locust-ext import-k6 rows-in-order.js -o rows-in-order.yml --locustfile rows-in-order.py`. The file is
yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()

users = locust_ext.Feeder("users")
items = locust_ext.Feeder("items")


class DefaultUser(FastHttpUser):
    """Does what default does in rows-in-order.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with users.row() as users_row, items.row() as items_row:
            self.client.get(f"/{users_row['id']}/{items_row['id']}", name="/:id/:id")
