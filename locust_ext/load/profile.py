"""What every shape of traffic is: a few parameters that check themselves and become a schedule.

Law: the same fields serve as class attributes of a shape, as keys of the configuration, on the command line
and in the web UI. Levels are users, times are seconds.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from locust_ext.load.schedule import Schedule
from locust_ext.text.fields import Section

Users = Annotated[int, Field(ge=0, le=1_000_000)]
SomeUsers = Annotated[int, Field(ge=1, le=1_000_000)]


class Profile(Section):
    """Parameters of one shape; ``schedule()`` is its load over time."""

    kind: ClassVar[str]
    about: ClassVar[str]
    needs: ClassVar[str] = ""
    """The parameter without which it is not a shape; empty: it is one by its defaults."""

    def schedule(self) -> Schedule:
        """Return the load that these parameters describe."""
        raise NotImplementedError
