"""What the users of other-protocols.js do.

To finish:

- go through the one comment that begins with TODO: there stands what was not translated
- give the host with --host, or BASE_URL, or host: in the configuration; in the script it is https://www.example.com

Written by `locust-ext import-k6 other-protocols.js -o other-protocols.yml --locustfile other-protocols.py`. The file
is yours: change what you like.
"""

import locust_ext
from locust import FastHttpUser, task

locust_ext.install()


class DefaultUser(FastHttpUser):
    """Does what default does in other-protocols.js, again and again."""

    @task
    def iteration(self) -> None:
        """Do it once."""
        # TODO: 'ws.connect' has no counterpart that is known here
        #     5| ws.connect('wss://www.example.com/ticks', {}, function (socket) {
        #     6|   socket.on('open', () => socket.close())
        #     7| })

        self.client.get("/")
