"""What cap, kill switch and guard together cost a request, while the cap is not reached.

One process sends as fast as it can to a canned server on the other core; the doors are open and shut in turns, and the
generator's processor time for a request is compared between neighbouring seconds, as in throughput.py.
"""

from __future__ import annotations

import statistics
import time

from locust.env import Environment
from saturated import pairs, saturated
from side_by_side import Row

from locust_ext.measure.recorder import Recorder
from locust_ext.safety.doors import Doors
from locust_ext.safety.guard import Guard, Territory
from locust_ext.safety.options import SafetyOptions
from locust_ext.safety.passage import Passage

GOAL = 2.0
NEVER_REACHED = 900_000


class Safety:
    """A cap that is not reached, a switch that allows, a guard that knows the host."""

    def __init__(self, environment: Environment, url: str) -> None:
        self._passage = Passage(Recorder())
        self._doors = Doors(environment, self._passage)
        self._territory = Territory.of([url], SafetyOptions())

    def on(self) -> None:
        """Stand at the doors."""
        self._passage.reset()
        self._passage.cap()
        self._passage.lend(NEVER_REACHED, 1.0, time.monotonic() + 60)
        self._passage.vouch(time.monotonic() + 60)
        self._doors.open(mark=None, guard=Guard(self._territory, lambda _: None), waits=True)

    def off(self) -> None:
        """Leave them."""
        self._doors.close()


def measure() -> Row:
    """Stand at the doors and leave them, in turns."""
    with saturated() as environment:
        found, bare = pairs(environment, Safety(environment, environment.host))
    cost = statistics.median((ours - stock) * 1e6 for ours, stock in found)
    what = "cap, kill switch and guard together, a request"
    return Row(what, f"<= {GOAL} us", f"+{cost:.2f} us", f"{bare * 1e6:.0f} us", cost <= GOAL)


if __name__ == "__main__":
    print(measure())
