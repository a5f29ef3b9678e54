"""The command ``locust-ext init``: a scenario, its configuration, a runbook and CI, ready to run.

Law: every mistake at once and before anything is written; what is written is all of it, and what is printed works as
it stands.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from locust_ext.config.plan import Plan
from locust_ext.config.schema import DEMO, profile_for, read_config
from locust_ext.runbook.command import render as render_runbook
from locust_ext.scaffold.naming import problems_of_host, problems_of_name
from locust_ext.scaffold.placing import obstacles, place
from locust_ext.scaffold.recording import Recorded, recorded
from locust_ext.scaffold.requirement import VENDOR, Origin, line_for, origin
from locust_ext.scaffold.wheel import Wheel, build, there_already
from locust_ext.text.document import parse
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.version import VERSION

IGNORE, IGNORED = ".gitignore", "/reports/"

RECORDED = "recorded"
"""The part that is the locustfile of a recording."""

PRODUCTION = (
    "{host} counts as production: a run there needs a written go-ahead. "
    "To run against staging, set BASE_URL to it, or give locust --host."
)
LEAKED = "a secret of the recording would stand in it, so nothing was written; take it out of the recording"

RUNBOOK, CONFIGURATION = "runbook", "scenario.yml.j2"
"""The part that is the runbook of the configuration, and the template of that."""

DEFAULT_CI = "both"

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
    Part(CONFIGURATION, "loadtests/{name}.yml", "against what, how many, and what is good enough"),
    Part("requirements.txt.j2", "loadtests/requirements.txt", "what CI installs; its comment says from where"),
    Part("gitignore.j2", IGNORE, "what git leaves alone: the reports"),
    Part(RUNBOOK, "loadtests/RUNBOOK.md", "before, during and after a run; what the exit codes mean"),
    Part("github.yml.j2", ".github/workflows/load-test.yml", "GitHub Actions", GITHUB),
    Part("gitlab.yml.j2", ".gitlab/load-test.gitlab-ci.yml", "GitLab CI; it says how to include it", GITLAB),
)


def init(
    directory: Path,
    name: str,
    host: str,
    ci: str,
    *,
    force: bool,
    recording: Path | None = None,
    more: Sequence[str] = (),
) -> str:
    """Write the scaffold into ``directory``; return what is printed: the files, and the two commands to run next.

    An empty ``host`` means the demo target, or the one that a ``recording`` shows; ``more`` are further hosts of that.
    Raises ConfigurationError with everything that is wrong or in the way; then nothing was written.
    """
    came_from = _checked(name, (*([host] if host else []), *more), ci, recording)
    parts = {part.target.format(name=name): part for part in PARTS if part.ci in {"", *CI[ci]}}
    if came_from is not None:
        parts[_of_the_recording(name)[0]] = Part(RECORDED, "", "what the recording did, as a user class")
        host = came_from.host
    kept = _ignoring(directory)
    if kept is not None:
        del parts[IGNORE]
    _clear(directory, parts, force=force)
    came, wheel = origin(), None
    if came.source:
        try:
            wheel = build(came.source)
        except ConfigurationError:
            if not (name_of_wheel := there_already(directory / VENDOR)):
                raise
            came = Origin(_vendored(name_of_wheel))
        else:
            came = Origin(_vendored(wheel.name))
            parts[f"{VENDOR}/{wheel.name}"] = Part("", "", "what CI installs; commit it too")
            _clear(directory, parts, force=force)
    texts = _texts(parts, {**_facts(name, host or DEMO, ci, came_from), "requirement": came.line}, wheel)
    if came_from is not None and (leak := came_from.leak({file: texts[file] for file in _of_the_recording(name)})):
        raise ConfigurationError([Problem(leak, LEAKED)])
    place(directory, texts)
    return _told(directory, name, parts, [*([kept] if kept else []), *_told_of(came_from)])


def _of_the_recording(name: str) -> tuple[str, str]:
    """Return the files that are made of a recording."""
    return f"loadtests/{name}.py", f"loadtests/{name}.yml"


def _checked(name: str, hosts: Sequence[str], ci: str, recording: Path | None) -> Recorded | None:
    """Return what comes of the recording, if there is one; raises ConfigurationError with every mistake."""
    problems = [*problems_of_name(name), *(each for host in hosts for each in problems_of_host(host))]
    if ci not in CI:
        problems.append(Problem("--ci", f"there is no {quoted(ci)}{nearest(ci, CI)}"))
    if hosts[1:] and recording is None:
        problems.append(Problem("--host", "a scenario has one; only --from, for a recording, takes several"))
    came_from = _recorded(recording, hosts, problems) if recording is not None else None
    if problems:
        raise ConfigurationError(problems)
    return came_from


def _recorded(file: Path, hosts: Sequence[str], problems: list[Problem]) -> Recorded | None:
    """Return what a recording gives, or None after its problems were added."""
    try:
        return recorded(file, [host for host in hosts if not problems_of_host(host)])
    except ConfigurationError as error:
        problems += error.problems
        return None


def _told_of(came_from: Recorded | None) -> list[str]:
    """Return what there is to say of a recording, as lines."""
    if came_from is None:
        return []
    lines = ["Of the recording:", *(f"  - {note}" for note in came_from.notes)] if came_from.notes else []
    if came_from.is_production:
        lines += ["", PRODUCTION.format(host=came_from.host)]
    if came_from.variables:
        lines += ["", f"Before a run, set {', '.join(came_from.variables)} in the environment; no secret was copied."]
    return lines


def _clear(directory: Path, parts: Mapping[str, Part], *, force: bool) -> None:
    """Raise ConfigurationError with all that is in the way."""
    try:
        problems = obstacles(directory, parts, force=force)
    except OSError as error:
        problems = [Problem(str(directory), f"cannot be read: {error.strerror or error}")]
    if problems:
        raise ConfigurationError(problems)


def _ignoring(directory: Path) -> str | None:
    """Return what there is to say of a ``.gitignore`` that is there, which stays as it is; None: there is none."""
    try:
        lines = (directory / IGNORE).read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        lines = []
    if {line.strip().strip("/") for line in lines} & {"reports", "reports/*", "reports/**", "**/reports"}:
        return ""
    return f"{directory / IGNORE} stays as it is; add {IGNORED} to it: that is where the reports go"


def _vendored(wheel: str) -> str:
    """Return the line for a wheel that is committed; pip sees it from where CI calls it, the top of the repository."""
    return f"./{VENDOR}/{wheel}"


def _facts(name: str, host: str, ci: str, came_from: Recorded | None = None) -> dict[str, Any]:
    variables = came_from.variables if came_from else ()
    return {"name": name, "host": host, "ci": CI[ci], "vendor": VENDOR, "recorded": came_from, "variables": variables}


def render(name: str, host: str, ci: str) -> dict[str, str]:
    """Return the texts of the scaffold by target, as of an installation from an index."""
    parts = {part.target.format(name=name): part for part in PARTS if part.ci in {"", *CI[ci]}}
    facts = {**_facts(name, host, ci), "requirement": line_for(VERSION, "")}
    return {target: str(text) for target, text in _texts(parts, facts, None).items()}


def _texts(parts: Mapping[str, Part], facts: Mapping[str, Any], wheel: Wheel | None) -> dict[str, str | bytes]:
    """Return what each file holds."""
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
    texts: dict[str, str | bytes] = {}
    for target, part in parts.items():
        if part.template == RUNBOOK:
            texts[target] = _runbook(templates.get_template(CONFIGURATION).render(facts), facts)
        elif part.template == RECORDED:
            texts[target] = facts["recorded"].locustfile
        elif part.template:
            texts[target] = templates.get_template(part.template).render(facts)
        else:
            texts[target] = wheel.content if wheel else b""
    return texts


def _runbook(configuration: str, facts: Mapping[str, Any]) -> str:
    """Return the runbook of a configuration that is not written yet."""
    file = Path("loadtests", f"{facts['name']}.yml")
    document = parse(configuration, str(file))
    config, _ = read_config(document)
    plan = Plan(
        config.name or file.stem,
        config=config,
        shape=config.shape,
        profile=profile_for(config.shape, config, document),
        host=facts["host"],
        source=str(file),
        document=document,
        baseline=config.baseline.dir if config.baseline else "",
    )
    return render_runbook(plan, file, facts["ci"]).text


def in_yaml(value: Any) -> str:
    """Return a value as YAML reads it back, on one line, quoted where it must be."""
    # A list in flow style asks for more quotes than any other place, so what is good there is good everywhere.
    return yaml.safe_dump([value], default_flow_style=True, width=float("inf"), allow_unicode=True).strip()[1:-1]


def _told(directory: Path, name: str, parts: Mapping[str, Part], said: Sequence[str]) -> str:
    """Return what was written, what else there is to say, and what to run next from where the user stands."""
    width = max(len(str(directory / target)) for target in parts)
    lines = [f"  {directory / target!s:<{width}}  {part.about}" for target, part in parts.items()]
    locustfile = shlex.quote(str(directory / f"loadtests/{name}.py"))
    return "\n".join(
        [
            "Written:",
            *lines,
            *(["", *said] if said else []),
            "",
            "Now run:",
            f"  locust-ext check {locustfile}",
            f"  locust -f {locustfile} --headless --report-dir reports",
        ]
    )
