"""What ``locust-ext init --from traffic.har`` writes, prints and refuses."""

import ast
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from written import EVERY

from locust_ext.cli import main
from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.scaffold import recording
from locust_ext.scaffold.command import init
from locust_ext.text.problems import EXIT_CODE, ConfigurationError

RECORDINGS = Path(__file__).parents[1] / "har" / "recordings"
LOCUSTFILE, CONFIGURATION = "loadtests/recorded.py", "loadtests/recorded.yml"
GITHUB, GITLAB = ".github/workflows/load-test.yml", ".gitlab/load-test.gitlab-ci.yml"


@pytest.fixture(autouse=True)
def _no_host(monkeypatch):
    monkeypatch.delenv("BASE_URL", raising=False)


def files(directory):
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def write(directory, name, *hosts, **options):
    """Have it written, and return what is printed."""
    given = {"ci": "both", "force": False, **options}
    ci, force = given["ci"], given["force"]
    host, more = (*hosts, "")[0], hosts[1:]
    file = RECORDINGS / f"{name}.har"
    return init(directory, "recorded", host, ci, force=force, recording=file, more=more)


def test_writes_all_that_init_writes(tmp_path):
    """The scenario is the recording's; the rest is as without one."""
    told = write(tmp_path, "login")
    assert files(tmp_path) == {name.replace("feed", "recorded") for name in EVERY}
    text = (tmp_path / LOCUSTFILE).read_text("utf-8")
    ast.parse(text)
    assert 'f"/users/{user_id}/orders?status=pending"' in text
    assert "TEST_PASSWORD is the field password, in request 1" in text
    assert "TEST_PASSWORD is the field password, in request 1" in told
    assert "set TEST_EMAIL_SECRET, TEST_PASSWORD in the environment" in told
    assert f"locust-ext check {tmp_path / LOCUSTFILE}" in told


def test_the_configuration_is_accepted(tmp_path):
    """It makes a plan, with thresholds on each name and a load that gives them samples."""
    write(tmp_path, "think-times", ci="none")
    values = yaml.safe_load((tmp_path / CONFIGURATION).read_text("utf-8"))
    assert values["host"] == "https://shop.example.com"
    assert values["shapes"]["smoke"] == {"users": 25, "duration": "90s", "ramp": "5s"}
    plan = make_plan(CommandLine(locustfiles=(str(tmp_path / LOCUSTFILE),)))
    assert plan.host == "https://shop.example.com"
    assert "http_req_duration{name:/a}: p(95)<300" in {str(threshold) for threshold in plan.thresholds}


def test_workflows_are_given_the_variables(tmp_path):
    """GitHub hands a job only what its steps name; in GitLab they are there, and said."""
    write(tmp_path / "with", "login")
    jobs = yaml.safe_load((tmp_path / "with" / GITHUB).read_text("utf-8"))["jobs"]
    given = [step["env"] for job in jobs.values() for step in job["steps"] if "BASE_URL" in step.get("env", ())]
    assert len(given) == 3
    for name in ("TEST_EMAIL_SECRET", "TEST_PASSWORD"):
        assert {each[name] for each in given} == {f"${{{{ secrets.{name} }}}}"}
        assert all(f"#   {name}\n" in (tmp_path / "with" / file).read_text("utf-8") for file in (GITHUB, GITLAB))
    write(tmp_path / "without", "think-times")
    assert not any("recording" in (tmp_path / "without" / file).read_text("utf-8") for file in (GITHUB, GITLAB))


def test_a_host_of_production_is_said(tmp_path):
    """Where it is printed and where it is written; that a run refuses it, the guard's tests say."""
    told = write(tmp_path, "login", ci="none")
    assert "https://api.example.com counts as production: a run there needs a written go-ahead" in told
    assert "To run against staging, set BASE_URL to it, or give locust --host" in told
    assert "it counts as production" in (tmp_path / CONFIGURATION).read_text("utf-8")


@pytest.mark.parametrize("name", sorted(file.stem for file in RECORDINGS.glob("*.har")))
def test_no_secret_is_in_any_file(tmp_path, name):
    """Everything or nothing is written, and in nothing stands what was planted."""
    directory = tmp_path / "out"
    try:
        told = write(directory, name, ci="none")
    except ConfigurationError as error:
        assert not directory.exists()
        assert "planted" not in str(error)  # noqa: PT017
        return
    assert "planted" not in told
    assert not any("planted" in path.read_text("utf-8") for path in directory.rglob("*") if path.is_file())


def test_a_leak_is_not_written(tmp_path, monkeypatch):
    """If a secret got through, the last look would find it."""
    monkeypatch.setattr(recording, "render_locustfile", lambda _: "x = 'planted-login-1'")
    with pytest.raises(ConfigurationError, match="a secret of the recording would stand in it"):
        write(tmp_path / "out", "login")
    assert not (tmp_path / "out").exists()


def run(*arguments):
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


def test_all_mistakes_at_once(tmp_path):
    """Of the name, the CI, the hosts and the recording; nothing is written."""
    said = run(tmp_path / "out", "--from", RECORDINGS / "torn.har", "--name", "a-b", "--ci", "x", "--host", "y")
    assert said.exit_code == EXIT_CODE
    for part in ("'a-b' is not", "there is no 'x'", "'y' is not a host", "torn.har:60: it ends before it is whole"):
        assert part in said.output
    assert not (tmp_path / "out").exists()


def test_hosts(tmp_path):
    """Without a recording there is one; a recording's must be in it, and are listed."""
    said = run(tmp_path / "out", "--host", "https://a", "--host", "https://b")
    assert said.exit_code == EXIT_CODE
    assert "only --from, for a recording, takes several" in said.output
    said = run(tmp_path / "out", "--from", RECORDINGS / "login.har", "--host", "https://api.exmple.com")
    assert "it has https://api.example.com (4 requests); did you mean 'https://api.example.com'?" in said.output
    assert "to send it to another host, set BASE_URL for the run, or give locust --host" in said.output
    said = run(tmp_path / "out", "--from", RECORDINGS / "login.har", "--host", "https://me:planted@api.example.com")
    assert said.exit_code == EXIT_CODE
    assert "planted" not in said.output


@pytest.mark.parametrize("kind", ["missing", "a directory", "a NUL in its name"])
def test_files_that_cannot_be_read(tmp_path, kind):
    """A sentence each."""
    file = {"missing": tmp_path / "no.har", "a directory": tmp_path, "a NUL in its name": Path("a\0b.har")}[kind]
    with pytest.raises(ConfigurationError, match=r"there is no such file|cannot be read"):
        init(tmp_path / "out", "recorded", "", "none", force=False, recording=file)


def test_a_strange_name_of_a_file(tmp_path):
    """It is a text of the locustfile, whatever it is called."""
    strange = tmp_path / 'a"""\n\\ {x} # <b>.har'
    shutil.copy(RECORDINGS / "bom.har", strange)
    init(tmp_path / "out", "recorded", "", "none", force=False, recording=strange)
    ast.parse((tmp_path / "out" / LOCUSTFILE).read_text("utf-8"))


def test_the_documents_show_what_is_written(tmp_path):
    """The recording on the page, the code that comes of it, and what is printed of it, to the letter."""
    page = (RECORDINGS.parents[3] / "docs" / "how-to" / "from-a-recording.md").read_text("utf-8")
    shown = dict(re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    file = tmp_path / "visit.har"
    file.write_text(shown["json"], "utf-8")
    told = init(tmp_path, "visit", "", "none", force=False, recording=file)
    assert shown["python"] in (tmp_path / "loadtests" / "visit.py").read_text("utf-8")
    said = shown["console"].partition("Of the recording:")[2].partition("...")[0]
    assert said in told


def test_what_is_there_stays(tmp_path):
    """As with any other scenario."""
    write(tmp_path, "bom", ci="none")
    before = (tmp_path / LOCUSTFILE).read_text("utf-8")
    with pytest.raises(ConfigurationError, match="already there"):
        write(tmp_path, "login", ci="none")
    assert (tmp_path / LOCUSTFILE).read_text("utf-8") == before
    write(tmp_path, "login", ci="none", force=True)
    assert (tmp_path / LOCUSTFILE).read_text("utf-8") != before


@pytest.mark.parametrize("name", ["a pipe", "a directory"])
def test_what_is_not_a_file(name, tmp_path):
    """Nobody waits for a pipe that nobody writes to."""
    place = tmp_path / "x.har"
    os.mkfifo(place) if name == "a pipe" else place.mkdir()
    with pytest.raises(ConfigurationError, match=r"empty|Is a directory"):
        init(tmp_path, "shop", "", "none", force=False, recording=place)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x.har"]
