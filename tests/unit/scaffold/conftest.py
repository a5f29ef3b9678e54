"""Where the installation came from is given here: building a wheel takes seconds."""

import pytest

from locust_ext.scaffold import command
from locust_ext.scaffold.requirement import Origin


@pytest.fixture(autouse=True, scope="session")
def _from_an_index():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(command, "origin", lambda: Origin("locust-ext-pack==0.1.0"))
        yield
