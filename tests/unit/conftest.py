"""What holds for all tests: Locust patches the process before anything else, and properties draw the same examples."""

import os

import locust  # noqa: F401 it monkey-patches the standard library, which must come first
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
