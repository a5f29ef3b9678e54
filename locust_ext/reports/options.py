"""What a configuration can say of reports.

Law: a secret is never written here, only the name of the environment variable that holds it.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ReportOptions(BaseModel):
    """Where reports are written, and which; ``summary.json`` and ``run.hlog`` always are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dir: str | None = None
    html: bool = True
    junit: bool = True
    markdown: bool = True
    gitlab: bool = True
    openmetrics: bool = True
    summary_export: str = ""
    github: bool = True
    slack_env: str = ""
    slack_when: Literal["failure", "always"] = "failure"

    @field_validator("slack_env")
    @classmethod
    def _is_name(cls, name: str) -> str:
        if name and not _ENV.fullmatch(name):
            raise ValueError("this must be the name of an environment variable, not the webhook itself")
        return name
