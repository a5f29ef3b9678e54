"""What the users of functions-of-other-files.js do.

To finish:

- go through the 2 comments that begin with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; the script reads it from BASE
- set X_API_KEY in the environment: line 2 of lib/config.js holds it as a literal, which is not written here
- make ../data/users.jsonl of ../data/users.json, one object a line, as jq -c '.[]' does
- setup() in line 4 of lib/api.ts is not translated
- set X_API_KEY in the environment; a run without ends before its first request

Written by `locust-ext import-k6 functions-of-other-files.js -o functions-of-other-files.yml --locustfile
functions-of-other-files.py`. The file is yours: change what you like.
"""

import os
import sys
import time

import locust_ext
from locust import FastHttpUser, events, task

locust_ext.install()

users = locust_ext.Feeder("users")
X_API_KEY = os.environ.get("X_API_KEY", "")
NEEDED_VARIABLES = ["X_API_KEY"]


def need_variables(**_: object) -> None:
    """End before a run begins where a variable of the environment is missing."""
    missing = [name for name in NEEDED_VARIABLES if not os.environ.get(name)]
    if missing and not {"-l", "--list", "--show-task-ratio", "--show-task-ratio-json"}.intersection(sys.argv):
        sys.stderr.write(f"{__file__}: set {', '.join(missing)} in the environment, and run it again\n")
        sys.exit(104)


events.init_command_line_parser.add_listener(need_variables)  # type: ignore[no-untyped-call, unused-ignore]


class BrowseUser(FastHttpUser):
    """Does what browse does in functions-of-other-files.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get("/list", name="list")
        time.sleep(1)


class DefaultUser(FastHttpUser):
    """Does what default does in functions-of-other-files.js, again and again."""

    def on_start(self) -> None:
        """Begin, once for each user."""
        self.users_row = users.mine()

    @task
    def iteration(self) -> None:
        """Do it once."""
        with self.client.post(
            "/login",
            headers={"Content-Type": "application/json", "X-Api-Key": X_API_KEY},
            json={"who": "ann", "user": self.users_row["name"], "password": self.users_row["pass"]},
            catch_response=True,
        ) as response:
            locust_ext.check(response, {"ok": lambda r: r.status_code == 200})
        self.client.get("/buy/3")

        # TODO: lib/shop.js: only some iterations do this: it depends on a condition
        #     5| if (n > more) { http.get(BASE) }

        self.client.get("/list", name="list")
        self.client.get("/shop")

        # TODO: ./lib/nowhere.js: there is no such file
        #    18| gone()
