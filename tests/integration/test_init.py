"""``locust-ext init`` in an empty directory, and then all that it wrote, run as its readers and their CI run it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from site import getsitepackages

import pytest
import yaml

from .conftest import made_once
from .warm import lateness

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
GITHUB = ".github/workflows/load-test.yml"
GITLAB = ".gitlab/load-test.gitlab-ci.yml"
BASELINE = "baselines/feed"
EXPRESSION = re.compile(r"\$\{\{ (?:secrets|github|steps)\.[\w.-]+ \}\}")

SHORT = {
    "smoke": "users=30,duration=7s,ramp=1s",
    "baseline": "users=30,duration=7s,ramp=1s",
    "soak": "users=30,ramp=1s,hold=5s,cooldown=1s,rest=1s",
}
"""The shapes of the jobs, with enough samples for each threshold in a fraction of the time."""

NOT_OURS = ("LOCUST_", "BASE_URL", "STAGING_", "LOAD_TEST", "SLACK_", "GITHUB_", "CI_", "GITLAB_")


def bash(script: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as CI does: it ends at the first command that fails."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(NOT_OURS)}
    path = f"{BIN}{os.pathsep}{clean.get('PATH', '')}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=directory,
        # pip only says what it would do: the wheel of this very checkout is not to take its place.
        env={**clean, "PATH": path, "PIP_NO_INDEX": "1", "PIP_DRY_RUN": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
    )


@pytest.fixture(scope="module")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory after ``locust-ext init``; beside it what was printed."""

    def initialise(place: Path) -> None:
        (place / "repository").mkdir()
        run = bash("python -m locust_ext.cli init", place / "repository")
        assert run.returncode == 0, run.stderr
        (place / "printed").write_text(run.stdout, encoding="utf-8")

    return made_once(tmp_path_factory, "init", initialise) / "repository"


@pytest.fixture
def repository(initialised: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    shutil.copy(initialised.parent / "printed", tmp_path)
    return Path(shutil.copytree(initialised, tmp_path / "repository"))


def verdict(directory: Path) -> str:
    summary = json.loads((directory / "reports" / "summary.json").read_text(encoding="utf-8"))
    return str(summary["verdict"])


def checkout(repository: Path, job: str) -> Path:
    """A fresh copy for a job: what one job leaves, the next does not see."""
    copy = repository.parent / job
    shutil.copytree(repository, copy)
    return copy


def hand_on_cache(source: Path, target: Path) -> None:
    """What the cache does: the baseline, and nothing else, goes from one job to another."""
    shutil.copytree(source / BASELINE, target / BASELINE)


def runs_in(directory: Path) -> list[Path]:
    return [place for place in (directory / BASELINE).iterdir() if place.is_dir()]


@pytest.mark.slow
@pytest.mark.timed  # a busy generator proves nothing
def test_the_two_commands_printed(repository, tmp_path):
    """They work as they are printed, one after the other."""
    printed = (repository.parent / "printed").read_text(encoding="utf-8")
    commands = printed.partition("Now run:\n")[2].split("\n")
    check, run = (command.strip() for command in commands if command.strip())

    checked = bash(check, repository)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "loadtests/feed.yml: fine" in checked.stdout

    late = lateness(tmp_path / "late")
    ran = bash(run, repository, LOCUST_EXT_SHAPE_PARAMS=SHORT["smoke"], PYTHONPATH=late)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdict(repository) == "passed"


def test_a_second_time_nothing_is_written(repository):
    """Exit 104, a sentence, and what was changed stays changed."""
    scenario = repository / "loadtests/feed.py"
    scenario.write_text("mine", encoding="utf-8")
    again = bash("python -m locust_ext.cli init", repository)
    assert again.returncode == 104
    assert "--force" in again.stderr
    assert "Traceback" not in again.stderr
    assert scenario.read_text(encoding="utf-8") == "mine"


def steps(repository: Path, job: str, files: Path) -> list[tuple[str, dict[str, str]]]:
    """The commands of a job on GitHub, each with its environment; what GitHub would put there is empty."""
    workflow = yaml.safe_load((repository / GITHUB).read_text(encoding="utf-8"))
    definition = workflow["jobs"][job]
    common = {**workflow.get("env", {}), **definition.get("env", {})}
    found = []
    for number, step in enumerate(definition["steps"]):
        if "run" in step:
            environment = {key: EXPRESSION.sub("", value) for key, value in {**common, **step.get("env", {})}.items()}
            given = {name: str(files / f"{job}-{number}-{name}") for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
            for file in given.values():
                Path(file).touch()
            found.append((step["run"], {**environment, **given, "GITHUB_ACTIONS": "true", "CI": "true"}))
    return found


@pytest.mark.slow
@pytest.mark.long
def test_the_jobs_on_github(repository, tmp_path):
    """Each step of each job succeeds; the baseline goes from the main branch to the pull request by the cache alone."""
    places = {job: checkout(repository, job) for job in ("baseline", "smoke", "soak")}
    late = lateness(tmp_path / "late")
    said = {}
    for job, place in places.items():
        if job == "smoke":
            hand_on_cache(places["baseline"], place)
        for command, environment in steps(repository, job, tmp_path):
            run = bash(command, place, **environment, LOCUST_EXT_SHAPE_PARAMS=SHORT[job], PYTHONPATH=late)
            assert run.returncode == 0, f"{job}: {command}\n{run.stdout}{run.stderr}"
            said[job, command.split()[0]] = run.stdout
            if command.startswith("locust -f"):
                assert Path(environment["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8").strip(), job
        assert verdict(place) == "passed"
    assert len(runs_in(places["baseline"])) == 1
    assert not (places["soak"] / "baselines").exists()
    assert "1 run to compare with" in said["smoke", "locust"]
    assert "to compare with" not in said["baseline", "locust"]


def script_of(pipeline: dict, name: str) -> str:
    """The script of a job on GitLab, with that of the job that it extends."""
    job = pipeline[name]
    parents = [job["extends"]] if isinstance(job["extends"], str) else job["extends"]
    before = [line for parent in parents for line in pipeline[parent].get("before_script", [])]
    return "\n".join([*before, *job["script"], *job.get("after_script", [])])


@pytest.mark.slow
@pytest.mark.long
def test_the_jobs_on_gitlab(repository, tmp_path):
    """The same, and the files are there that the job hands to GitLab."""
    pipeline = yaml.safe_load((repository / GITLAB).read_text(encoding="utf-8"))
    places = {job: checkout(repository, job) for job in ("baseline", "smoke")}
    late = lateness(tmp_path / "late")
    for job, place in places.items():
        if job == "smoke":
            hand_on_cache(places["baseline"], place)
        script = script_of(pipeline, f"load-test-{job}")
        run = bash(script, place, GITLAB_CI="true", CI="true", LOCUST_EXT_SHAPE_PARAMS=SHORT[job], PYTHONPATH=late)
        assert run.returncode == 0, f"{job}: {script}\n{run.stdout}{run.stderr}"
        for report in pipeline[".load-test"]["artifacts"]["reports"].values():
            assert (place / report).stat().st_size, report
    assert len(runs_in(places["baseline"])) == 1


@pytest.mark.parametrize("schema, file", [("vendor.github-workflows", GITHUB), ("vendor.gitlab-ci", GITLAB)])
def test_the_workflows_fit_their_schemas(repository, schema, file):
    """The published schemas accept them; they come with the package, so nothing is fetched."""
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(repository / file)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.long
def test_what_ci_installs_is_what_ran_here(repository, tmp_path):
    """The wheel of this checkout, in an environment of its own; it names no path of this machine."""
    (wheel,) = (repository / "loadtests/vendor").glob("*.whl")
    place = tmp_path / "venv"
    venv.create(place)
    (site,) = place.glob("lib/*/site-packages")
    (site / "libraries.pth").write_text("\n".join(getsitepackages()), encoding="utf-8")
    environment = {"PIP_DRY_RUN": "0", "PYTHONPATH": ""}
    run = bash(
        f"{place}/bin/python -m pip install -I --no-deps -r loadtests/requirements.txt", repository, **environment
    )
    assert run.returncode == 0, run.stderr
    asked = "import locust_ext, locust_ext.cli; print(locust_ext.__file__)"
    run = bash(f"{place}/bin/python -c '{asked}' && {place}/bin/locust-ext --version", repository, **environment)
    assert run.stdout.startswith(str(site)), run.stdout + run.stderr
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
        assert {name.partition("/")[0] for name in names} == {"locust_ext", f"{wheel.name.split('-py3')[0]}.dist-info"}
        assert not any(str(ROOT).encode() in content.read(name) for name in names)
        assert "locust_ext/scaffold/templates/gitignore.j2" in names
    texts = [path for path in repository.rglob("*") if path.is_file() and path != wheel]
    assert not any(str(ROOT) in path.read_text(encoding="utf-8") for path in texts)


def test_git_leaves_the_reports_alone_and_takes_the_wheel(repository):
    """As a team commits it."""
    script = "git init -q . && git add -A && git check-ignore reports/summary.json && git ls-files loadtests/vendor"
    run = bash(script, repository)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0] == "reports/summary.json"
    assert run.stdout.splitlines()[1].endswith(".whl")


def test_a_wheel_that_cannot_be_built(tmp_path):
    """No pip here, as in an environment of uv: a sentence with the way around it, and nothing is written."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pip.py").write_text("raise ModuleNotFoundError(\"No module named 'pip'\")", encoding="utf-8")
    directory = tmp_path / "repository"
    directory.mkdir()
    run = bash("python -m locust_ext.cli init", directory, PYTHONPATH=f"{hidden}:{os.environ.get('PYTHONPATH', '')}")
    assert run.returncode == 104
    assert "could not be built: ModuleNotFoundError: No module named 'pip'; put a wheel of yours there" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(directory.iterdir()) == []
