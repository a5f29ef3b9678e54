"""What the users of params.js do.

To finish:

- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com
- set RUN in the environment; a run without ends before its first request

Written by `locust-ext import-k6 params.js -o params.yml --locustfile params.py`. The file is yours: change what you
like.
"""

import os
import sys

import locust_ext
from locust import FastHttpUser, events, task

locust_ext.install()

RUN = os.environ.get("RUN", "")
NEEDED_VARIABLES = ["RUN"]


def need_variables(**_: object) -> None:
    """End before a run begins where a variable of the environment is missing."""
    missing = [name for name in NEEDED_VARIABLES if not os.environ.get(name)]
    if missing and not {"-l", "--list", "--show-task-ratio", "--show-task-ratio-json"}.intersection(sys.argv):
        sys.stderr.write(f"{__file__}: set {', '.join(missing)} in the environment, and run it again\n")
        sys.exit(104)


events.init_command_line_parser.add_listener(need_variables)  # type: ignore[no-untyped-call, unused-ignore]


class DefaultUser(FastHttpUser):
    """Does what default does in params.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # timeout: FastHttpUser has one for all its requests: network_timeout
        self.client.get(
            "/",
            name="Front page",
            headers={"Accept": "text/html", "X-Trace": f"run-{RUN}"},
            context={"tags": {"kind": "page"}},
        )

        # timeout: FastHttpUser has one for all its requests: network_timeout
        self.client.get(
            "/a",
            headers={"Accept": "text/html", "X-Trace": f"run-{RUN}"},
            context={"tags": {"kind": "other"}},
        )
