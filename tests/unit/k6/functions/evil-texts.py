"""What the users of evil-texts.js do.

To finish:

- go through the one comment that begins with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://api.example.com

Written by `locust-ext import-k6 evil-texts.js -o evil-texts.yml --locustfile evil-texts.py`. The file is yours:
change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in evil-texts.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        self.client.get('/"""/\'\\/{x}/%7B\u2028')

        # k6 names no Content-Type here; json= says application/json
        self.client.post("/", json={'a"b': "line\nbreak\x00", "# coding: rot13": "'''"}, context={"tags": {"x\n": "}"}})

        # TODO: 'unknown' has no counterpart that is known here
        #     8| unknown('import os\nos.system("true")')
