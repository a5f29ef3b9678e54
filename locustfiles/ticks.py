"""Market open, and a reconnect storm after the bell. ``locust -f locustfiles/ticks.py --headless``.

Every user holds one WebSocket and reads ticks. Shape, storm, back-off and thresholds stand in ticks.yml. Without
``--host`` and ``BASE_URL`` it runs against the embedded demo target.
"""

from locust import constant, task

import locust_ext
from locust_ext import ReconnectStormUser, WebSocketUser

locust_ext.install()


class TickUser(ReconnectStormUser, WebSocketUser):
    """Holds a chart open."""

    path = "/ticks"
    ready_on = "frame"
    wait_time = constant(0)

    @task
    def watch(self):
        """Read some ticks; many in one task, since a task costs more than a tick."""
        for _ in range(50):
            self.recv()
