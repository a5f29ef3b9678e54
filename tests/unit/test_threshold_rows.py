"""Thresholds as rows: what is handed back as it was shown means the same run."""

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.edits import Edits
from locust_ext.config.plan import make_plan
from locust_ext.config.threshold_rows import rows_of, together
from locust_ext.text.problems import ConfigurationError

CONFIGURATIONS = {
    "a text": "thresholds: {http_req_duration: p(95)<400}",
    "a list": "thresholds: {http_req_duration: ['p(95)<400', 'p(99)<900']}",
    "options": "thresholds: {http_reqs: [{threshold: count>1, window: 90s, min_samples: 5, abort_on_fail: true}]}",
    "more options": "thresholds: {http_reqs: [{threshold: rate>1, optional: true, corrected: false, delay_abort: 5s}]}",
    "k6's names": "thresholds: {http_reqs: [{threshold: count>1, abortOnFail: true, delayAbortEval: 5s}]}",
    "names with signs": "thresholds: {'http_req_duration{name:/a,b:{c}}': p(95)<400}",
    "scenarios": "scenarios: {one: {shape: smoke, thresholds: {http_reqs: count>1}}, two: {shape: spike}}",
    "both": "thresholds: {http_reqs: count>9}\nscenarios: {one: {shape: smoke, thresholds: {http_reqs: count>1}}}",
    "none": "version: 1",
}


def planned(file, thresholds=None):
    """Return the plan of a configuration, with these thresholds in the place of its own."""
    return make_plan(CommandLine(file=str(file), edits=Edits(thresholds=thresholds)))


@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_there_and_back(tmp_path, text):
    """The same thresholds as of the configuration; no rows are none."""
    file = tmp_path / "feed.yml"
    file.write_text(text, "utf-8")
    plan = planned(file)
    rows = rows_of(plan.config)
    assert sorted(map(repr, planned(file, together(rows)).thresholds)) == sorted(map(repr, plan.thresholds))
    assert planned(file, {}).thresholds == ()


def test_what_is_wrong_is_no_line_of_the_file(tmp_path):
    """Nobody looks there for what they have just written into a field."""
    file = tmp_path / "feed.yml"
    file.write_text("thresholds: {http_reqs: [count>1]}\nshape: spkie", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        planned(file, {"http_reqs": [{"threshold": "count"}]})
    told = {problem.path: problem.line for problem in caught.value.problems}
    assert told == {"thresholds.http_reqs[0]": None, "shape": 2}


def test_a_value_that_the_file_has_too(tmp_path):
    """What is quoted is what was given, and not what the file says there."""
    file = tmp_path / "feed.yml"
    file.write_text("shape: smoke\nshapes: {smoke: {users: 5}}", "utf-8")
    with pytest.raises(ConfigurationError, match="whole number, not 'five'"):
        make_plan(CommandLine(file=str(file), edits=Edits({"users": "five"})))
    with pytest.raises(ConfigurationError, match="whole number, not 'six'"):
        make_plan(CommandLine(file=str(file), shape_params="users=six"))
