"""The command ``locust-ext init``: a scenario, its configuration, a runbook and CI, ready to run.

Law: every mistake at once and before anything is written; what is written is all of it, and what is printed works as
it stands.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from locust_ext.config import DEMO
from locust_ext.lengths import quoted
from locust_ext.problems import ConfigurationError, Problem
from locust_ext.scaffold.naming import problems_of_host, problems_of_name
from locust_ext.scaffold.placing import obstacles, place
from locust_ext.scaffold.requirement import requirement
from locust_ext.spelling import nearest

DEFAULT_NAME, DEFAULT_CI = "feed", "both"

GITHUB, GITLAB = "github", "gitlab"

CI: Mapping[str, frozenset[str]] = {
    GITHUB: frozenset({GITHUB}),
    GITLAB: frozenset({GITLAB}),
    DEFAULT_CI: frozenset({GITHUB, GITLAB}),
    "none": frozenset(),
}
"""What ``--ci`` can be, and which systems that means."""


@dataclass(frozen=True)
class Part:
    """One file of the scaffold: where it goes, for which CI (empty: always), and what it holds."""

    template: str
    target: str
    about: str
    ci: str = ""


PARTS = (
    Part("scenario.py.j2", "loadtests/{name}.py", "who the users are and what they do"),
    Part("scenario.yml.j2", "loadtests/{name}.yml", "against what, how many, and what is good enough"),
    Part("requirements.txt.j2", "loadtests/requirements.txt", "what CI installs; its comment says from where"),
    Part("RUNBOOK.md.j2", "loadtests/RUNBOOK.md", "before, during and after a run; what the exit codes mean"),
    Part("github.yml.j2", ".github/workflows/load-test.yml", "GitHub Actions", GITHUB),
    Part("gitlab.yml.j2", ".gitlab/load-test.gitlab-ci.yml", "GitLab CI; it says how to include it", GITLAB),
)


def init(directory: Path, name: str, host: str, ci: str, *, force: bool) -> str:
    """Write the scaffold into ``directory``; return what is printed: the files, and the two commands to run next.

    An empty ``host`` means the demo target. Raises ConfigurationError with everything that is wrong or in the way;
    then nothing was written.
    """
    problems = [*problems_of_name(name), *problems_of_host(host)]
    if ci not in CI:
        problems.append(Problem("--ci", f"there is no {quoted(ci)}{nearest(ci, CI)}"))
    if problems:
        raise ConfigurationError(problems)
    parts = {part.target.format(name=name): part for part in PARTS if part.ci in {"", *CI[ci]}}
    try:
        problems = obstacles(directory, parts, force=force)
    except OSError as error:
        problems = [Problem(str(directory), f"cannot be read: {error.strerror or error}")]
    if problems:
        raise ConfigurationError(problems)
    place(directory, render(name, host or DEMO, ci))
    return _told(directory, name, parts)


def render(name: str, host: str, ci: str) -> dict[str, str]:
    """Return the texts of the scaffold by target."""
    templates = Environment(
        loader=PackageLoader("locust_ext.scaffold"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 no HTML comes of it; what goes into YAML passes the filter below
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # GitHub's expressions and GitLab's variables have braces of their own.
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
    templates.filters["yaml"] = in_yaml
    facts = {"name": name, "host": host, "requirement": requirement(), "ci": CI[ci]}
    return {
        part.target.format(name=name): templates.get_template(part.template).render(facts)
        for part in PARTS
        if part.ci in {"", *CI[ci]}
    }


def in_yaml(value: Any) -> str:
    """Return a value as YAML reads it back, on one line, quoted where it must be."""
    # A list in flow style asks for more quotes than any other place, so what is good there is good everywhere.
    return yaml.safe_dump([value], default_flow_style=True, width=float("inf"), allow_unicode=True).strip()[1:-1]


def _told(directory: Path, name: str, parts: Mapping[str, Part]) -> str:
    """Return what was written, and what to run next from where the user stands."""
    width = max(len(str(directory / target)) for target in parts)
    lines = [f"  {directory / target!s:<{width}}  {part.about}" for target, part in parts.items()]
    locustfile = shlex.quote(str(directory / f"loadtests/{name}.py"))
    return "\n".join(
        [
            "Written:",
            *lines,
            "",
            "Now run:",
            f"  locust-ext check {locustfile}",
            f"  locust -f {locustfile} --headless --report-dir reports",
        ]
    )
