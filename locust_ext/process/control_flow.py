"""Which exceptions say nothing against anybody's code.

Law: it stands alone, since commands say what exceptions are without Locust.
"""

from gevent import GreenletExit
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

CONTROL_FLOW = (GreenletExit, StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)
"""What is raised to steer users."""
