"""What the users of secrets.js do.

To finish:

- go through the one comment that begins with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com
- set API_KEY in the environment: line 4 of the script holds it as a literal, which is not written here
- set TOKEN in the environment: line 5 of the script holds it as a literal, which is not written here
- set PASSWORD in the environment: line 7 of the script holds it as a literal, which is not written here
- set API_TOKEN in the environment: line 8 of the script holds it as a literal, which is not written here
- set API_KEY_2 in the environment: line 9 of the script holds it as a literal, which is not written here
- set PASSWORD, API_KEY, API_TOKEN, API_KEY_2, TOKEN in the environment; a run without ends before its first request

Written by `locust-ext import-k6 secrets.js -o secrets.yml --locustfile secrets.py`. The file is yours: change what
you like.
"""

import os
import sys

import locust_ext
from locust import FastHttpUser, events, task

locust_ext.install()

PASSWORD = os.environ.get("PASSWORD", "")
API_KEY = os.environ.get("API_KEY", "")
API_TOKEN = os.environ.get("API_TOKEN", "")
API_KEY_2 = os.environ.get("API_KEY_2", "")
TOKEN = os.environ.get("TOKEN", "")
NEEDED_VARIABLES = ["PASSWORD", "API_KEY", "API_TOKEN", "API_KEY_2", "TOKEN"]


def need_variables(**_: object) -> None:
    """End before a run begins where a variable of the environment is missing."""
    missing = [name for name in NEEDED_VARIABLES if not os.environ.get(name)]
    if missing and not {"-l", "--list", "--show-task-ratio", "--show-task-ratio-json"}.intersection(sys.argv):
        sys.stderr.write(f"{__file__}: set {', '.join(missing)} in the environment, and run it again\n")
        sys.exit(104)


events.init_command_line_parser.add_listener(need_variables)  # type: ignore[no-untyped-call, unused-ignore]


class DefaultUser(FastHttpUser):
    """Does what default does in secrets.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # k6 names no Content-Type here; json= says application/json
        self.client.post("/login", json={"user": "ann", "password": PASSWORD})
        self.client.get(
            f"/a?api_key={API_KEY}",
            name="/a?api_key=:API_KEY",
            headers={"Authorization": f"Bearer {API_TOKEN}"},
        )
        self.client.get(f"/b?token={API_KEY_2}", name="/b?token=:API_KEY_2", headers={"X-Token": TOKEN})

        # TODO: it only prints
        #    10| console.log('***', 'Bearer ***', API_KEY, '***')
