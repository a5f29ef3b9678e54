"""Tell those who are not at the console: the CI's own page, and Slack.

Law: nothing here changes an exit code, raises, or shows a secret. A webhook is a secret: it comes from the environment
and no message repeats it, whatever goes wrong with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import requests

from locust_ext.process.spoken import say
from locust_ext.reports.ci_link import ci_link
from locust_ext.reports.github import annotation, outputs
from locust_ext.reports.markdown import markdown
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.result import RunResult
from locust_ext.reports.slack import message

SLACK_TIMEOUT = 5.0
"""Seconds that Slack may take, to connect and to answer."""

FILES = (("GITHUB_STEP_SUMMARY", markdown), ("GITHUB_OUTPUT", outputs))
"""Files of GitHub Actions that a step appends to, by the variable that names them, and what is appended."""


def announce(result: RunResult, options: ReportOptions, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Tell GitHub Actions and Slack, as far as they are there; return a sentence for each that could not be told."""
    troubles = list(_tell_github(result, environment)) if options.github else []
    if options.slack_env and (result.verdict.exit_code or options.slack_when == "always"):
        troubles += _tell_slack(result, options.slack_env, environment)
    return troubles


def _tell_github(result: RunResult, environment: Mapping[str, str]) -> Iterator[str]:
    for variable, render in FILES:
        if environment.get(variable):
            try:
                with Path(environment[variable]).open("a", encoding="utf-8", errors="backslashreplace") as file:
                    file.write(render(result))
            except OSError as error:
                yield f"${variable} was not written: {error.strerror or error}"
    if environment.get("GITHUB_ACTIONS") == "true":
        say(annotation(result))


def _tell_slack(result: RunResult, variable: str, environment: Mapping[str, str]) -> list[str]:
    url = environment.get(variable, "").strip()
    if not url:  # on a desk nobody misses it
        return [f"Slack was not told: ${variable} is not set"] if environment.get("CI") else []
    told = message(result, ci_link(environment))
    try:
        answer = requests.post(url, json=told, timeout=SLACK_TIMEOUT, allow_redirects=False)
    except (requests.RequestException, ValueError, OSError) as error:
        return [f"Slack was not told: {type(error).__name__}"]  # its text would repeat the webhook
    return [] if answer.ok else [f"Slack was not told: it answered {answer.status_code}"]
