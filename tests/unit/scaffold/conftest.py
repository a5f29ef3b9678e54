"""Where the installation came from is given here, and what is installed is read once: each takes its time."""

from functools import cache

import pytest

from locust_ext.scaffold import command, naming
from locust_ext.scaffold.requirement import Origin


@pytest.fixture(autouse=True, scope="session")
def _from_an_index():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(command, "origin", lambda: Origin("locust-ext-pack==0.1.0"))
        patched.setattr(naming, "packages_distributions", cache(naming.packages_distributions))
        yield
