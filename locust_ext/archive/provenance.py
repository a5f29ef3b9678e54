"""Where a run comes from: the tags that it carries without being told, and in what way it was made.

Law: what is not known is left out; nothing here fails or waits long. Hosts and variables of the environment are left
out on purpose: they may be secret.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict, replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from locust_ext.config.plan import Plan
from locust_ext.load.own_shape import text_of
from locust_ext.load.scenario import Scenario
from locust_ext.load.schedule import Schedule, to_rows
from locust_ext.measure.trace_options import USUAL_SHARE, TraceOptions

REPEAT = "LOCUST_EXT_REPEAT"
"""The variable of the environment that tells a process that it is one of several runs that are judged together."""

RUNNER_VARIABLE = "LOCUST_EXT_RUNNER"
"""Names the kind of machine that a run is made on, where its system and its cores do not tell."""

_PACKAGES = ("locust", "locust-ext-pack", "gevent", "hdrhistogram")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?", re.ASCII)
_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT")


def git_sha(directory: Path) -> str:
    """Return eight digits of the commit: the CI's, else that of the checkout at ``directory``, else ``""``."""
    for variable in _COMMIT_VARIABLES:
        if os.environ.get(variable):
            return os.environ[variable][:8]
    commit = _head(directory.absolute())
    return _asked(directory) if commit is None else commit


def _head(directory: Path) -> str | None:
    """Return the commit of a plain checkout, read where git keeps it; None: only git can tell.

    Asking git costs a process before the first request of each run.
    """
    git = next((place / ".git" for place in (directory, *directory.parents) if (place / ".git").exists()), None)
    if git is None:
        return ""
    try:
        head = (git / "HEAD").read_text("utf-8").strip()
        commit = (git / head.removeprefix("ref: ")).read_text("utf-8").strip() if head.startswith("ref: ") else head
    except (OSError, ValueError):  # a worktree, a submodule, references that are packed
        return None
    return commit[:8] if _COMMIT.fullmatch(commit) else None


def _asked(directory: Path) -> str:
    command = ["git", "rev-parse", "--short=8", "HEAD"]
    try:
        found = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=2, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def run_tags(given: dict[str, str], source: str) -> dict[str, str]:
    """Return the run-wide tags: those of the configuration, and ``git_sha`` if it can be found."""
    sha = given.get("git_sha") or git_sha(Path(source).resolve().parent if source else Path.cwd())
    return {**given, **({"git_sha": sha} if sha else {})}


MEASURING = "2, with requests that did not come back"
"""How figures are measured; runs that were measured in another way are not compared. Before 2 there was no such key."""


def fingerprint(plan: Plan, options: Namespace, shape: Any, users: Iterable[type[Any]]) -> dict[str, str]:
    """Return in what way a run is made; only runs with the same fingerprint are compared.

    ``shape`` is the one that the run follows, or None; ``users`` are its user classes. The number of workers is added
    when it is known.
    """
    return {
        "measuring": MEASURING,
        "name": plan.name,
        "load": _load(plan, options, shape),
        "users": ", ".join(sorted(f"{user.__name__}*{user.weight}" for user in users)),
        "machine": f"{platform.system()} {platform.machine()}, {_cores()} cores",
        "runner": os.environ.get(RUNNER_VARIABLE, ""),
        **_traced(plan.config.trace),
    }


def _traced(options: TraceOptions | None) -> dict[str, str]:
    """Return what is said of traces: those of more than one request in a hundred are the target's work, too."""
    if options is None or options.share <= USUAL_SHARE:
        return {}
    return {"trace": f"{options.share * 100:.6g}% of requests{'' if options.sampled else ', not sampled'}"}


def _load(plan: Plan, options: Namespace, shape: Any) -> str:
    if plan.scenarios:
        what: Any = [[_asked_of(one), to_rows(one.schedule)] for one in plan.scenarios]
        name = plan.load_name
    elif plan.profile is not None:
        what = [plan.profile.kind, plan.profile.model_dump(mode="json")]
        name = plan.shape
    elif shape is not None:
        what, name = text_of(type(shape)), type(shape).__name__
    else:
        what = [getattr(options, name, None) for name in ("num_users", "spawn_rate", "run_time")]
        name = "{} users, {}/s, {} s".format(*what)
    config = plan.config.model_dump(mode="json", include={"storm", "retry", "stampede"})
    if plan.config.iterations is not None:
        config |= plan.config.model_dump(mode="json", include={"iterations", "max_duration"})
    scale = f" at time scale {plan.time_scale:g}" if plan.time_scale != 1 else ""
    return f"{name}{scale} ({sha256(json.dumps([what, config], sort_keys=True).encode()).hexdigest()[:8]})"


def _asked_of(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario says beside its schedule: what it does not say leaves no mark."""
    said = asdict(replace(scenario, schedule=Schedule(())))
    return said if said["quota"] is not None else {key: value for key, value in said.items() if key != "quota"}


def _cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0


def software() -> dict[str, str]:
    """Return the versions that matter to what is measured."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
