"""Models of what others wrote: a configuration, a message, a report.

Law: a model is built when it is first needed, and by us alone. Pydantic's plugins see every value that a model reads,
and Logfire's records them; a configuration may hold secrets, so ours are not shown to them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict

PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
"""The variable that pydantic reads whenever a model is built."""


class Model(BaseModel):
    """A model that no plugin sees."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_rebuild(cls, *, _parent_namespace_depth: int = 2, **options: Any) -> bool | None:
        """Build it, as pydantic does where it is needed for the first time."""
        with without_plugins():
            return super().model_rebuild(_parent_namespace_depth=_parent_namespace_depth + 1, **options)


@contextmanager
def without_plugins() -> Iterator[None]:
    """Show what is built in a block to no plugin."""
    before = os.environ.get(PLUGINS)
    os.environ[PLUGINS] = "__all__"
    try:
        yield
    finally:
        if before is None:
            del os.environ[PLUGINS]
        else:
            os.environ[PLUGINS] = before
