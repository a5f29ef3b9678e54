"""Recorded traffic as a shape: higher, lower, faster, slower, from the configuration or from a locustfile."""

import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import locust_ext
from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.load.replay import Replay
from locust_ext.load.schedule import Phase
from locust_ext.text.problems import ConfigurationError

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "replay-traffic.md"

OPENING = "time,rps,web\n0,10,1\n60,20,2\n80,4,2\n"


@pytest.fixture
def opening(tmp_path):
    """The file of a recording with three points."""
    file = tmp_path / "open.csv"
    file.write_text(OPENING, "utf-8")
    return file


@pytest.fixture
def configured(tmp_path, opening):
    """Make the plan of a configuration beside that recording."""

    def plan(text, **command_line):
        file = tmp_path / "feed.yml"
        file.write_text(text, "utf-8")
        return make_plan(CommandLine(file=str(file), **command_line))

    return plan


def problems(configured, text, **command_line):
    """Return the texts of all that is wrong with a configuration, without the directory."""
    with pytest.raises(ConfigurationError) as caught:
        configured(text, **command_line)
    return [re.sub(r"/\S*/", "", str(problem)) for problem in caught.value.problems]


PLAYED = [
    ("as it was", {}, [(0, 10), (30, 15), (60, 20), (70, 12), (79.999999, 4), (80, 0)]),
    ("half as high", {"height": 0.5}, [(0, 5), (30, 7.5), (60, 10), (70, 6), (80, 0)]),
    ("twice as fast", {"speed": 2}, [(0, 10), (15, 15), (30, 20), (35, 12), (40, 0)]),
    ("half as fast", {"speed": 0.5}, [(0, 10), (60, 15), (120, 20), (140, 12), (160, 0)]),
    ("higher and faster", {"height": 3, "speed": 4}, [(0, 30), (7.5, 45), (15, 60), (20, 0)]),
    ("in steps", {"interpolate": "steps"}, [(0, 10), (59.9, 10), (60, 20), (79.9, 20), (80, 4), (99.9, 4), (100, 0)]),
    ("another column", {"value_column": "web"}, [(0, 1), (30, 1.5), (60, 2), (79, 2), (80, 0)]),
    ("faster in steps", {"interpolate": "steps", "speed": 2}, [(0, 10), (30, 20), (40, 4), (49.9, 4), (50, 0)]),
]


@pytest.mark.parametrize("given, levels", [row[1:] for row in PLAYED], ids=[row[0] for row in PLAYED])
def test_levels(opening, given, levels):
    """The levels go with the height, the times against the speed, and the phase is one."""
    schedule = Replay(file=opening, **given).schedule()
    assert [level for _, level in levels] == pytest.approx([schedule.level(at) for at, _ in levels], abs=1e-5)
    assert schedule.duration == levels[-1][0]
    assert schedule.phases == (Phase("replay", 0, schedule.duration),)


def test_steps_keep_what_was_counted(opening):
    """With steps the area is the sum of each level over its time; with lines it is that of the trapezia."""
    assert Replay(file=opening, interpolate="steps").schedule().area(1e9) == 60 * 10 + 20 * 20 + 20 * 4
    assert Replay(file=opening).schedule().area(1e9) == 60 * 15 + 20 * 12


def test_the_phase_has_a_name(opening):
    """The one phase may be called as one likes."""
    assert [phase.name for phase in Replay(file=opening, phase="opening").schedule().phases] == ["opening"]


LEVELS = st.lists(st.floats(0, 1000), min_size=2, max_size=30).filter(any)
FACTORS = st.floats(0.01, 100)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LEVELS, FACTORS, FACTORS, st.sampled_from(["lines", "steps"]))
def test_factors(tmp_path, levels, height, speed, interpolate):
    """Height scales the levels alone and speed the times alone, so that the area goes with both."""
    file = tmp_path / "any.csv"
    file.write_text("\n".join(f"{number * 7},{level!r}" for number, level in enumerate(levels)), "utf-8")
    plain = Replay(file=file, interpolate=interpolate).schedule()
    played = Replay(file=file, interpolate=interpolate, height=height, speed=speed).schedule()
    assert played.duration == pytest.approx(plain.duration / speed)
    assert played.peak == pytest.approx(plain.peak * height) == pytest.approx(max(levels) * height)
    for share in (0, 0.1, 0.33, 0.5, 0.77):
        at = plain.duration * share + 1e-3  # beside the jumps
        assert played.level(at / speed) == pytest.approx(plain.level(at) * height, abs=1e-6)
        assert played.area(at / speed) == pytest.approx(plain.area(at) * height / speed, abs=1e-6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LEVELS)
def test_every_point_is_passed(tmp_path, levels):
    """At the time of a point the level is its level, whichever way lies between."""
    file = tmp_path / "any.csv"
    file.write_text("\n".join(f"{number * 7},{level!r}" for number, level in enumerate(levels)), "utf-8")
    for interpolate in ("lines", "steps"):
        schedule = Replay(file=file, interpolate=interpolate).schedule()
        assert [schedule.level(number * 7) for number in range(len(levels) - 1)] == levels[:-1]


def test_the_file_is_read_once(opening):
    """What was checked is what is played, even when the file is gone."""
    replay = Replay(file=opening)
    opening.unlink()
    assert replay.schedule() == replay.schedule()
    assert replay.schedule().peak == 20


def test_a_day_of_seconds_is_found_by_halving(tmp_path):
    """A long recording is as many pieces, and a level is found without passing all of them."""
    file = tmp_path / "day.csv"
    file.write_text("".join(f"{second},{second % 100}\n" for second in range(20_001)), "utf-8")
    schedule = Replay(file=file).schedule()
    assert len(schedule.pieces) == 20_000
    assert schedule.level(12_345.5) == 45.5
    assert schedule.area(1000) == pytest.approx(10 * (99 * 99 / 2 + 99 / 2))
    assert len(schedule.phases) == 1


WRONG = [
    ("no height", {"height": 0}, {"height": "greater than 0"}),
    ("a speed backwards", {"speed": -1}, {"speed": "greater than 0"}),
    ("an endless speed", {"speed": float("inf")}, {"speed": "finite"}),
    ("a height that is none", {"height": float("nan")}, {"height": "finite"}),
    ("another interpolation", {"interpolate": "curves"}, {"interpolate": "'lines' or 'steps'"}),
    ("a phase without a name", {"phase": ""}, {"phase": "at least 1 character"}),
    ("an unknown key", {"heigth": 2}, {"heigth": "not permitted"}),
    (
        "too high",
        {"height": 1e5},
        {"height": "the highest level would be 2e+06, and it can be at most 1,000,000; in the recording it is 20"},
    ),
    (
        "too short",
        {"speed": 1e6},
        {"speed": "the replay would last 8e-05 s, and it can be from 1 ms to 366 days; the recording lasts 80 s"},
    ),
    ("too long", {"speed": 1e-300}, {"speed": "the replay would last 8e+301 s"}),
    ("beyond numbers", {"speed": 5e-324, "height": 1e308}, {"speed": "last inf s", "height": "would be inf"}),
    ("a wrong column", {"value_column": "rsp"}, {"value_column": "there is no column 'rsp'; did you mean 'rps'?"}),
    (
        "everything at once",
        {"speed": 0, "heigth": 2, "time_column": "tme", "value_column": "x"},
        {
            "speed": "greater than 0",
            "heigth": "not permitted",
            "time_column": "did you mean 'time'?",
            "value_column": "there is no column 'x'; there are rps, time, web",
        },
    ),
    ("no file", {"file": "nowhere.csv", "speed": 0}, {"file": "nowhere.csv': there is no such file", "speed": ""}),
    ("a number as file", {"file": 5, "speed": 0}, {"file": "string", "speed": "greater than 0"}),
]


@pytest.mark.parametrize("given, wrong", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_parameters(opening, given, wrong):
    """Every mistake is told at once, of the parameters and of the file, each at its key."""
    with pytest.raises(ValidationError) as caught:
        Replay(**{"file": opening, **given})
    found = {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}
    assert set(found) == set(wrong)
    assert all(why in found[key] for key, why in wrong.items())


EXTREMES = [
    ("a million at the peak", {"height": 50_000}),
    ("a millisecond", {"speed": 80_000}),
]


@pytest.mark.parametrize("given", [pytest.param(row[1], id=row[0]) for row in EXTREMES])
def test_as_far_as_it_goes(opening, given):
    """The highest level, and the shortest and the longest time, may be reached."""
    replay = Replay(file=opening, **given)
    assert replay.schedule().peak == 20 * replay.height


def test_as_long_as_it_goes(tmp_path):
    """A recording of 366 days may be replayed, and one of a second more may not."""
    for seconds, fits in ((31_622_400, True), (31_622_401, False)):
        file = tmp_path / "year.csv"
        file.write_text(f"0,1\n{seconds},2\n", "utf-8")
        if fits:
            assert Replay(file=file).schedule().duration == seconds
        else:
            with pytest.raises(ValidationError, match="the recording lasts"):
                Replay(file=file)


def test_no_parameters_at_all():
    """What is not a mapping is refused as for any shape."""
    with pytest.raises(ValidationError, match="valid dictionary"):
        Replay.model_validate(5)


def test_another_recording_is_another_load(opening, tmp_path):
    """What a run is compared by is the points and how they are played, not where they lie."""
    copy = tmp_path / "copy.csv"
    copy.write_text("# the same\n" + OPENING, "utf-8")
    first = Replay(file=opening).model_dump(mode="json")
    assert first == Replay(file=copy).model_dump(mode="json")
    assert first != Replay(file=copy, speed=2).model_dump(mode="json")
    copy.write_text(OPENING.replace("20", "21"), "utf-8")
    assert first != Replay(file=copy).model_dump(mode="json")


def test_beside_the_configuration(configured):
    """A relative file is seen from the configuration, wherever one stands."""
    plan = configured("shape: replay\nshapes: {replay: {file: open.csv, height: 0.5, speed: 2}}")
    assert (plan.shape, plan.schedule.duration, plan.schedule.peak) == ("replay", 40, 10)


def test_under_a_name_of_ones_own(configured):
    """A recording is a kind, and several are several shapes; --time-scale rehearses them."""
    text = "shapes: {a: {kind: replay, file: open.csv}, b: {kind: replay, file: open.csv, value_column: web}}"
    assert configured(text, shape="a").schedule.peak == 20
    assert configured(text, shape="b", time_scale="0.1").schedule.duration == pytest.approx(8)
    assert configured(text, shape="b").schedule.peak == 2


def test_on_the_command_line(configured, opening, monkeypatch):
    """A file of the command line is seen from where one stands."""
    elsewhere = opening.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.csv").write_text("0,7\n10,7\n", "utf-8")
    monkeypatch.chdir(elsewhere)
    text = "shapes: {replay: {file: open.csv}}"
    assert configured(text, shape="replay", shape_params="file=other.csv").schedule.peak == 7
    assert configured(text, shape="replay", shape_params="speed=2").schedule.duration == 40
    assert configured("version: 1", shape="replay", shape_params="file=other.csv,height=2").schedule.peak == 14
    wrong = problems(configured, text, shape="replay", shape_params="file=nope.csv")
    assert wrong == ["--shape-params file: 'nope.csv': there is no such file"]


def test_a_replay_that_nobody_asked_for(configured):
    """Without a recording there is no mistake as long as nobody wants one."""
    assert configured("shape: smoke").shape == "smoke"
    assert problems(configured, "shape: replay") == ["feed.yml: shapes.replay.file: this key is missing"]


def test_a_phase_for_thresholds(configured):
    """A threshold may judge the phase of a replay."""
    text = "shapes: {replay: {file: open.csv, phase: bell}}\nthresholds: {'http_reqs{phase:bell}': count>1}"
    assert [threshold.phase for threshold in configured(text).thresholds] == ["bell"]


REFUSED = [
    ("no such file", "file: nope.csv", ["feed.yml:3: shapes.replay.file: 'nope.csv': there is no such file"]),
    (
        "mistakes in the file and beside it",
        "file: bad.csv\n    sped: 2\n    height: -1",
        [
            "feed.yml:3: shapes.replay.file: 'bad.csv': line 2: 'x' is not a level: write a number such as 120 or 0.5; line 3: '0' is the time of line 1 too: write one level for each time",
            "feed.yml:4: shapes.replay.sped: unknown key; did you mean 'speed'?",
            "feed.yml:5: shapes.replay.height: must be more than 0.0, not -1",
        ],
    ),
]


@pytest.mark.parametrize("text, wrong", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_wrong_configurations(configured, opening, text, wrong):
    """Every mistake has its path and its line, once, whether the shape is chosen or not."""
    (opening.parent / "bad.csv").write_text("0,1\n9,x\n0,3\n5,1\n", "utf-8")
    text = f"shapes:\n  replay:\n    {text}\n"
    assert wrong == problems(configured, text)
    assert wrong == problems(configured, text + "shape: replay\n")


def shape(**attributes):
    """Return a shape as a locustfile defines it, which nothing can mistake for one."""
    return type("Opening", (locust_ext.ReplayShape,), {"abstract": True, **attributes})()


def test_in_a_locustfile(opening, monkeypatch):
    """Class attributes are parameters; a path may be one, and a relative file is seen from the working directory."""
    monkeypatch.chdir(opening.parent)
    mine = shape(file=opening, height=0.5, speed=2)
    assert mine.schedule == shape(file="open.csv", height=0.5, speed=2).schedule == mine.settings.schedule()
    mine.get_run_time = lambda: 15
    assert mine.tick() == (8, 8.0)


def test_a_tick_makes_no_schedule(opening):
    """The schedule of a shape is made once for each time scale."""
    mine = shape(file=opening)
    first = mine.schedule
    assert first is mine.schedule
    mine.runner = SimpleNamespace(environment=SimpleNamespace(parsed_options=SimpleNamespace(time_scale="0.5")))
    assert mine.schedule.duration == first.duration / 2


def test_a_wrong_attribute_ends_the_process(opening, capsys):
    """A wrong recording is said in a sentence that names the attribute, and the process exits with 104."""
    for attributes, why in (
        ({"file": opening.parent / "nope.csv"}, "Opening.file: "),
        (
            {"file": opening, "value_column": "rsp"},
            "Opening.value_column: there is no column 'rsp'; did you mean 'rps'?",
        ),
        ({}, "Opening.file: this key is missing"),
    ):
        with pytest.raises(SystemExit) as caught:
            shape(**attributes)
        assert caught.value.code == 104
        assert why in capsys.readouterr().err


def test_the_page(configured, opening):
    """What the how-to shows works: its recording under each of its configurations lasts as long as it says."""
    fences = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    opening.write_text(next(text for language, text in fences if language == "text"), "utf-8")
    (opening.parent / "open.json").write_text(
        '{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[0, "1"], [15, "2"]]}]}}'
    )
    plans = [
        configured(text)
        for language, text in fences
        if language == "yaml" and re.match(r"(version: 1\n)?shape: replay", text)
    ]
    assert [plan.schedule.duration for plan in plans] == [210, 15]
    assert plans[0].schedule.peak == 950
    assert all(before.source == after.source for before, after in pairwise(plans))
