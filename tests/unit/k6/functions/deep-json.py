"""What the users of deep-json.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 deep-json.js -o deep-json.yml --locustfile deep-json.py`. The file is yours: change
what you like.
"""

import json

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in deep-json.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # k6 names no Content-Type here; json= says application/json
        self.client.post(
            "/",
            json={
                "a": [
                    {
                        "a": [
                            {
                                "a": [
                                    {
                                        "a": [
                                            {
                                                "a": [
                                                    {
                                                        "a": [
                                                            json.loads(
                                                                (
                                                                    '{"a": [{"a": [{"a": [{"a": [{"a": '
                                                                    '[{"a": [{"a": [{"a": [{"a": [{"a":'
                                                                    " [1]}]}]}]}]}]}]}]}]}]}"
                                                                ),
                                                            ),
                                                        ],
                                                    },
                                                ],
                                            },
                                        ],
                                    },
                                ],
                            },
                        ],
                    },
                ],
            },
        )
