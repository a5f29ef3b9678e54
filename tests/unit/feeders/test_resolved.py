"""Feeders of code and of the configuration: which can be lent, and every mistake of all others, at once."""

from __future__ import annotations

import os

import pytest

from locust_ext.commands import feeders as command
from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.feeders import feeder as declaring
from locust_ext.feeders import resolved as resolving
from locust_ext.feeders.feeder import Feeder
from locust_ext.run import feeding
from locust_ext.run.feeding import feeder_problems, feeders_in
from locust_ext.run.planned_end import end_as_planned
from locust_ext.text.problems import ConfigurationError


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    monkeypatch.setattr(declaring, "DECLARED", [])
    monkeypatch.setattr(resolving, "_looked", {})
    monkeypatch.setattr(feeding, "ENDING", 0.0)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users.csv").write_text("email,password\na@x.org,secret-1\nb@x.org,secret-2\n")


def plan(tmp_path, text="thresholds: {}\n"):
    """Return the plan of a configuration."""
    (tmp_path / "run.yml").write_text(f"version: 1\n{text}")
    return make_plan(CommandLine(file=str(tmp_path / "run.yml")))


def declare(*names, line=1, **options):
    """Declare feeders as if each stood in a locustfile of its own line beside the configuration."""
    for number, name in enumerate(names):
        code = compile("\n" * (line + number) + "Feeder(name, **options)", "locustfile.py", "exec")
        exec(code, {"Feeder": Feeder, "name": name, "options": options})


def test_what_can_be_lent(tmp_path):
    """By a name of the configuration, by a file beside the locustfile, and by code."""
    declare("users", "users.csv")
    declare("made", line=9, rows=list)
    found = feeders_in(plan(tmp_path, "feeders: {users: {file: users.csv, use: once}}\n"))
    assert [one.name for one in found] == ["users", "users.csv", "made"]
    assert [one.options.use for one in found] == ["once", "cycle", "once"]
    assert [one.options.when_empty for one in found] == ["stop", "wait", "stop"]
    assert [one.table.rows if one.table else None for one in found] == [2, 2, None]


WRONG = [
    pytest.param(
        {"names": ["usrs"]}, "feeders: {users: {file: users.csv}}", "did you mean 'users'?", id="a slip of the pen"
    ),
    pytest.param({"names": ["usrs"]}, "", "name a file, such as usrs.csv", id="no configuration"),
    pytest.param({"names": ["users.csv"], "order": "rnd"}, "", "order: must be 'sequence'", id="no such order"),
    pytest.param({"names": ["users.csv"], "order": "zipf", "use": "once"}, "", "hot rows", id="zipf, once"),
    pytest.param(
        {"names": ["users.csv"], "exponent": 2.0}, "", "an exponent is for order: zipf", id="an exponent alone"
    ),
    pytest.param(
        {"names": ["users.csv"], "use": "once", "on_empty": "wait"}, "", "never comes back", id="wait for ever"
    ),
    pytest.param({"names": ["users.csv"], "public": ["mail"]}, "", "did you mean 'email'?", id="no such column"),
    pytest.param({"names": ["other.csv"]}, "", "there is no such file", id="no such file"),
    pytest.param({"names": ["x" * 300]}, "", "no feeder of this name", id="a name that is too long for a file"),
    pytest.param({"names": ["x" * 300 + ".csv"]}, "", "it cannot be read: File name too long", id="such a file"),
    pytest.param({"names": ["m" * 501], "rows": list}, "", "may have 500 characters", id="a long name"),
    pytest.param({"names": ["a\nb"], "rows": list}, "", "cannot be printed", id="a name of two lines"),
    pytest.param({"names": ["a\ud800.csv"]}, "", "cannot be printed", id="a name with half of a character"),
    pytest.param(
        {"names": [f"made{n}" for n in range(101)], "rows": list}, "", "at most 100 feeders", id="too many of them"
    ),
    pytest.param({"names": ["made"], "rows": [1]}, "", "give a function", id="rows that are no function"),
    pytest.param({"names": ["made"], "rows": list, "use": "cycle"}, "", "is used once", id="code makes rows once"),
    pytest.param(
        {"names": ["made"], "rows": list, "order": "random"}, "", "the order in which it makes", id="in its order"
    ),
    pytest.param(
        {"names": ["users"], "use": "once"}, "feeders: {users: {file: users.csv}}", "leave them out", id="both"
    ),
    pytest.param(
        {"names": []}, "feeders: {users: {file: none.csv}}", "there is no such file", id="a file that nobody uses"
    ),
    pytest.param(
        {"names": []}, "feeders: {u: {file: users.csv, public: mail}}", "did you mean", id="a column of nobody"
    ),
]


@pytest.mark.parametrize("declared, text, says", WRONG)
def test_what_is_refused(tmp_path, declared, text, says):
    """With what would be right."""
    names = declared.pop("names")
    declare(*names, **declared)
    (problem,) = feeder_problems(plan(tmp_path, text + "\n"))
    assert says in str(problem)
    with pytest.raises(ConfigurationError):
        feeders_in(plan(tmp_path, text + "\n"))


def test_all_mistakes_at_once(tmp_path):
    """Of code and of files, each with its place."""
    (tmp_path / "users.csv").write_text("email,password\na\nb@x.org,secret-2\nc,d,e\n")
    declare("users.csv", "nothing.csv")
    declare("users.csv", line=5, use="once")
    said = [str(problem) for problem in feeder_problems(plan(tmp_path))]
    assert any("locustfile.py:6: Feeder('users.csv'): there is another of this name" in one for one in said)
    assert any("locustfile.py:3: Feeder('nothing.csv')" in one for one in said)
    assert sum("users.csv:" in one and "column" in one for one in said) == 2
    assert "secret-2" not in str(said)


def test_the_same_twice(tmp_path):
    """Is one feeder."""
    declare("users.csv", "users.csv")
    assert len(feeders_in(plan(tmp_path))) == 1


def test_a_module_that_is_loaded_again():
    """Declares what it has declared before."""
    declare("a", use="once")
    declare("a", use="cycle")
    (one,) = declaring.DECLARED
    assert one.given == {"use": "cycle"}


def feed(name, **options):
    """Declare a feeder as a function of a team's own does."""
    return Feeder(name, **options)


def test_a_function_that_declares_several(tmp_path):
    """Of one name with other options is a mistake, as it is in two places; the same once more is not."""
    kept = [feed("users.csv", use="once"), feed("users.csv", use="once"), feed("made", rows=tuple)]
    assert [one.name for one in declaring.DECLARED] == ["users.csv", "made"]
    kept.append(feed("users.csv", use="cycle"))
    assert [one.given for one in declaring.DECLARED if one.name == "users.csv"] == [{"use": "once"}, {"use": "cycle"}]
    assert any(
        "there is another of this name, with other options" in str(one) for one in feeder_problems(plan(tmp_path))
    )


class Kind(Feeder):
    """A feeder with options of its own."""

    def __init__(self, name, **options):
        super().__init__(name, on_empty="stop", **options)


def test_a_class_of_a_team_s_own(tmp_path):
    """Is one for each name, and two of one name that differ are a mistake."""
    kept = Kind("users.csv", use="once"), Kind("users.csv")
    assert len(kept) == len(declaring.DECLARED)
    assert any(
        "there is another of this name, with other options" in str(one) for one in feeder_problems(plan(tmp_path))
    )


def test_feeders_of_a_test_that_is_over(tmp_path):
    """Are none of the next one's run, whatever has become of their files."""
    kept = {"one": feed("gone.csv")}
    kept["itself"] = kept  # it lies there until somebody collects it
    assert "no such file" in str(feeder_problems(plan(tmp_path))[0])
    del kept
    assert feeder_problems(plan(tmp_path)) == []


TWICE = [
    pytest.param({"use": "once"}, {"use": "once"}, True, id="each once"),
    pytest.param({"use": "once"}, {"use": "cycle"}, False, id="one is there to be read again"),
    pytest.param({}, {"order": "zipf"}, False, id="none is once"),
]


@pytest.mark.parametrize("first, second, is_wrong", TWICE)
def test_a_file_of_two_feeders(tmp_path, first, second, is_wrong):
    """Is a mistake where each row is to be used once: both would hand it out, however the file is spelled."""
    (tmp_path / "link.csv").symlink_to(tmp_path / "users.csv")
    declare("users.csv", **first)
    declare("link.csv", line=5, **second)
    said = [str(one) for one in feeder_problems(plan(tmp_path))]
    assert any("each row would be used twice" in one for one in said) == is_wrong == bool(said)


def test_a_file_is_looked_at_once(tmp_path, monkeypatch):
    """As long as it is the same."""
    looks = []
    look_at = resolving.look_at
    monkeypatch.setattr(resolving, "look_at", lambda file: looks.append(file) or look_at(file))
    declare("users.csv")
    for _ in range(3):
        feeders_in(plan(tmp_path))
    assert len(looks) == 1
    os.utime(tmp_path / "users.csv", ns=(1, 1))
    feeders_in(plan(tmp_path))
    assert len(looks) == 2


def test_what_check_says(tmp_path):
    """How many rows there are, and what nobody uses."""
    declare("users")
    written = "feeders: {users: {file: users.csv, use: once}, others: {file: users.csv}}\n"
    lines = list(command.feeder_lines(plan(tmp_path, written)))
    assert lines == [
        "feeder       users: 2 rows of email, password, sequence, once; users without one stop",
        'feeder       others: no code uses it: write locust_ext.Feeder("others") in the locustfile',
    ]


WARNED = [
    pytest.param(
        "use: cycle", 5, "2 rows for 5 users: 3 users would wait for one while the others have theirs", id="cycle"
    ),
    pytest.param("use: once", 5, "2 rows for 5 users, each used once: 3 users would never have one", id="once"),
    pytest.param("use: once", 2, "", id="as many"),
    pytest.param("order: zipf", 5, "", id="shared"),
    pytest.param("use: once", None, "", id="nobody knows how many"),
]


@pytest.mark.parametrize("how, users, says", WARNED)
def test_fewer_rows_than_users(tmp_path, how, users, says):
    """Are a warning."""
    declare("users")
    found = list(command.feeder_warnings(plan(tmp_path, f"feeders: {{users: {{file: users.csv, {how}}}}}\n"), users))
    assert found == ([f"users: {says}"] if says else [])


class Stage:
    """A controller, as far as an end needs it."""

    def __init__(self, **run):
        self.run = type("Run", (), {"ended": None, "done": "", "abort": "", "halted": "", **run})()
        self.ends = []

    def on_over(self):
        self.ends.append("over")

    def _end_run(self):
        self.ends.append("end")


def test_a_planned_end():
    """Ends the run once, and none that ends already."""
    stage = Stage()
    end_as_planned(stage, "all done")
    end_as_planned(stage, "again")
    assert (stage.ends, stage.run.done) == (["over", "end"], "all done")
    for over in ({"ended": 1.0}, {"abort": "a"}, {"halted": "h"}):
        late = Stage(**over)
        end_as_planned(late, "all done")
        assert late.ends == []
