"""What the users of checks.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 checks.js -o checks.yml --locustfile checks.py`. The file is yours: change what you
like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in checks.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.get("/items", catch_response=True) as response:
            locust_ext.check(
                response,
                {
                    "status is 200": lambda r: r.status_code == 200,
                    "is fine": lambda r: r.status_code >= 200 and r.status_code < 300,
                    "one of": lambda r: r.status_code in {200, 201},
                    "has text": lambda r: 'Welcome "you"' in (r.text or ""),
                    "index of": lambda r: "items" in (r.text or ""),
                    "not empty": lambda r: len(r.text or "") > 0,
                    "in time": lambda r: r.request_meta["response_time"] < 500,
                    "json path": lambda r: r.json()["data"][0]["id"] == 7,
                    "json member": lambda r: len(r.json()["data"][:]) > 1,
                    "json there": lambda r: r.json()["token"] is not None,
                    "json true": lambda r: r.json()["ok"] not in (None, 0, ""),
                    "parsed": lambda r: r.json()["ok"] is True,
                    "header": lambda r: "json" in (r.headers or {}).get("Content-Type", ""),
                    "no error": lambda r: "error" not in (r.text or ""),
                    "in a block": lambda r: r.status_code == 200,
                    "outside": lambda r: r.status_code == 200,
                },
            )
