"""What a configuration can say of reports.

Law: a secret is never written here, only the name of the environment variable that holds it.
"""

from __future__ import annotations

from typing import Literal

from locust_ext.text.fields import Section
from locust_ext.text.variables import VariableName


class ReportOptions(Section):
    """Where reports are written, and which; ``summary.json`` and ``run.hlog`` always are."""

    dir: str | None = None
    html: bool = True
    junit: bool = True
    markdown: bool = True
    gitlab: bool = True
    openmetrics: bool = True
    summary_export: str = ""
    github: bool = True
    slack_env: VariableName = ""
    slack_when: Literal["failure", "always"] = "failure"
