"""How much a plan will send at the most: the area of its schedule over the mean wait of its users."""

import pytest
from locust import User, between, constant, constant_pacing

from locust_ext.load.estimate import Estimate, estimate, mean_wait
from locust_ext.load.schedule import lines

TWENTY = lines(0, [("ramp", 10, 10), ("steady", 10, 10)])
"""150 user-seconds."""


def user(wait, weight=1):
    """Return a user class that waits."""
    return type("Waits", (User,), {"wait_time": wait, "weight": weight, "abstract": True})


def of_its_user(self):
    """A wait that only a user which has begun knows."""
    return self.patience


WAITS = [
    ("always the same", constant(2), 2.0),
    ("no wait", constant(0), 0.0),
    ("a pace counts from the last run", constant_pacing(5), 5.0),
    ("between two", between(2, 4), 3.0),
    ("only its user knows", of_its_user, 0.0),
]


@pytest.mark.parametrize("wait, mean", [pytest.param(*row[1:], id=row[0]) for row in WAITS])
def test_mean_wait(wait, mean):
    """It is the mean of many draws; nobody's wait is none."""
    assert mean_wait(user(wait)) == pytest.approx(mean, abs=0.25)


ESTIMATES = [
    ("one class", [user(constant(2))], Estimate(75.0, 2.0)),
    ("shorter waits", [user(constant(0.5))], Estimate(300.0, 0.5)),
    ("by their weights", [user(constant(2), 3), user(constant(0.5))], Estimate(131.25, 1 / 0.875)),
    ("the same weights, but larger", [user(constant(2), 30), user(constant(0.5), 10)], Estimate(131.25, 1 / 0.875)),
    ("one that does not wait", [user(constant(2)), user(constant(0))], None),
    ("one that nobody starts", [user(constant(2), 0)], None),
    ("no users", [], None),
]


@pytest.mark.parametrize("users, found", [pytest.param(*row[1:], id=row[0]) for row in ESTIMATES])
def test_estimate(users, found):
    """So many tasks can start when every answer takes no time; who does not wait has no number."""
    made = estimate(TWENTY, users)
    assert (made is None) == (found is None)
    if made is not None:
        assert (made.tasks, made.mean_wait) == pytest.approx((found.tasks, found.mean_wait))
