"""What a command is about: a locustfile or a configuration, what stands beside it, and what was said with it."""

import itertools
from pathlib import Path

import pytest

from locust_ext.commands.subject import Question, subject_of
from locust_ext.text.problems import ConfigurationError

NUMBERS = itertools.count()
SMOKE = "shape: smoke\nshapes: {smoke: {users: 5, duration: 60s}}\n"
USERS = """
from locust import User, constant, task

class Reader(User):
    wait_time = constant(1)

    @task
    def read(self):
        pass
"""
THEIRS = (
    USERS
    + "\nfrom locust import LoadTestShape\n\nclass Own(LoadTestShape):\n    def tick(self):\n        return None\n"
)


@pytest.fixture
def about(tmp_path, monkeypatch):
    """Write what is given, and return what a command about one of the files is about."""
    for variable in ("BASE_URL", "LOCUST_HOST", "LOCUST_EXT_SHAPE", "LOCUST_EXT_TIME_SCALE", "LOCUST_RUN_TIME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    stem = f"subject_{next(NUMBERS)}"  # Locust imports each under its stem

    def ask(suffix, code=USERS, config=SMOKE, named=None, **said):
        for end, text in ((".py", code), (".yml", config)):
            if text is not None:
                (tmp_path / f"{stem}{end}").write_text(text, "utf-8")
        return subject_of(Question(tmp_path / f"{stem}{suffix}", **said), lambda: named or {})

    ask.stem, ask.place = stem, tmp_path
    return ask


def refused(ask, *given, **named):
    """Return what is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        ask(*given, **named)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("suffix", [".py", ".yml"])
def test_the_file_beside_the_other_is_read_too(about, suffix):
    """Whichever of the two is named: the load is the configuration's, and its users are the locustfile's."""
    found = about(suffix)
    assert found.plan.shape == "smoke"
    assert found.plan.source == str(about.place / f"{about.stem}.yml")
    assert found.locustfiles == (str(about.place / f"{about.stem}.py"),)
    assert (found.note, found.own_shape) == ("", "")
    assert found.estimate is not None
    assert found.estimate.mean_wait == pytest.approx(1.0)
    assert found.horizon.end == 60.0
    assert (found.options.headless, found.options.autostart) == (False, True)


def test_a_configuration_alone(about):
    """Nobody knows how its users wait."""
    found = about(".yml", code=None)
    assert found.locustfiles == ()
    assert found.estimate is None
    assert found.note == f"no {about.stem}.py stands beside it: nobody knows how long users wait"


def test_a_locustfile_alone(about):
    """Has no shape, and its load is the command line's."""
    found = about(".py", config=None, run_time="90s", host="http://127.0.0.1:1")
    assert (found.plan.schedule, found.estimate, found.horizon.end) == (None, None, 90.0)
    assert found.options.host == "http://127.0.0.1:1"


def test_a_file_that_is_not_there(about):
    """Is said, by its name."""
    problem = refused(about, ".py", code=None)
    assert (problem.message, problem.source) == ("there is no such file", str(about.place / f"{about.stem}.py"))


def test_a_locustfile_that_cannot_be_imported(about):
    """Says why, in a line, and of which file."""
    problem = refused(about, ".py", code="raise LookupError('no such thing')\n")
    assert problem.message == "it cannot be imported: LookupError: no such thing"
    assert problem.source == str(about.place / f"{about.stem}.py")


def test_what_was_said_stands_above_the_file(about):
    """Shape, parameters and scale."""
    found = about(".yml", shape="spike", shape_params="factor=5", time_scale="0.5")
    assert (found.plan.shape, found.plan.profile.factor, found.plan.time_scale) == ("spike", 5.0, 0.5)


def test_a_shape_of_the_locustfile_s_own(about):
    """Says itself how many users there are; it cannot be scaled, and a shape that was chosen stands above it."""
    found = about(".py", code=THEIRS, config="name: x\n")
    assert found.own_shape == "Own, of the locustfile: it says itself how many users there are, and for how long"
    assert found.horizon.is_own
    assert about(".py", code=THEIRS, config="name: x\n", shape="none").own_shape == ""
    assert about(".py", code=THEIRS, config=SMOKE).own_shape == ""
    assert refused(about, ".py", code=THEIRS, config="name: x\n", time_scale="0.5").path == "--time-scale"


def test_a_configuration_that_the_locustfile_names(about):
    """By whatever path it was imported."""
    other = about.place / "other.yml"
    other.write_text("name: other\n", "utf-8")
    around = str(about.place / "." / f"{about.stem}.py")
    found = about(".py", named={around: "other.yml"})
    assert found.plan.name == "other"


QUESTIONS = [
    pytest.param(Question(Path("a.yml")), ["--locustfile=a.py", "--loadtest=a.yml"], id="a configuration"),
    pytest.param(Question(Path("a.py")), ["--locustfile=a.py"], id="a locustfile"),
    pytest.param(
        Question(Path("a.py"), "spike", "k=v", "0.5", "http://x", "1m"),
        [
            "--locustfile=a.py", "--host=http://x", "--run-time=1m", "--shape=spike", "--shape-params=k=v",
            "--time-scale=0.5",
        ],
        id="everything",
    ),
]  # fmt: skip


@pytest.mark.parametrize("question, arguments", QUESTIONS)
def test_what_a_run_would_be_called_with(question, arguments):
    """Only what was said."""
    assert question.arguments == arguments
