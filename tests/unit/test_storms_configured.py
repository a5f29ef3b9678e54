"""What a configuration says of storms, retries and stampedes: where they may stand, and policies of other files."""

import json

import pytest

from locust_ext.config.schema import profile_for, read_config
from locust_ext.config.storms import misplaced_storms, with_policies_read_in, wrong_policies
from locust_ext.text.document import parse


def read(text):
    """Return a configuration and its document, which are fine as far as they go."""
    document = parse(text, "feed.yml")
    config, problems = read_config(document)
    assert problems == []
    return config, document


def told(problems):
    """Return problems as people read them."""
    return [f"{problem.line}: {problem.path}: {problem.message}" for problem in problems]


LEVELS = "a stress run is judged level by level, and this would cover a level; take another shape"
PLACES = [
    pytest.param("stress", "storm: {at: 5s}", [f"1: storm: {LEVELS}"], id="a storm in a stress run"),
    pytest.param("stress", "stampede: {at: 5s}", [f"1: stampede: {LEVELS}"], id="a stampede in one"),
    pytest.param(
        "stress", "stampede: {at: 5s}\nstorm: {at: 5s}", [f"2: storm: {LEVELS}", f"1: stampede: {LEVELS}"], id="both"
    ),
    pytest.param("stress", "name: x", [], id="a stress run without either"),
    pytest.param("spike", "storm: {phase: recovery}", [], id="a phase that is there"),
    pytest.param(
        "spike",
        "storm: {phase: recovry}",
        ["1: storm.phase: the shape of this run has no phase 'recovry'; did you mean 'recovery'?"],
        id="a phase that is not",
    ),
    pytest.param("spike", "storm: {at: 5s}", [], id="a storm of no phase"),
    pytest.param("", "storm: {phase: recovry}", [], id="a run without a shape"),
]


@pytest.mark.parametrize("shape, text, problems", PLACES)
def test_where_storms_may_strike(shape, text, problems):
    """In no stress run, and in no phase that the run does not have."""
    config, document = read(text + "\n")
    profile = profile_for(shape, config, document) if shape else None
    assert told(misplaced_storms(config, profile, document)) == problems


def test_policies_that_are_wrong():
    """Each is said with its place, key by key, and as a whole where it has no key."""
    config, document = read(
        "storm:\n  backoff: {client: exponentiall}\nretry:\n  policy: {client: full-jitter, base: -1s}\n"
    )
    found = told(wrong_policies(config, document))
    assert [one.split(": ")[:2] for one in found] == [["2", "storm.backoff.client"], ["4", "retry.policy.base"]]
    assert wrong_policies(*read("storm: {at: 5s}\nretry: {}\n")) == []
    assert wrong_policies(*read("name: x\n")) == []


@pytest.fixture
def shipped(tmp_path):
    """Return a configuration whose policies stand in a file of their own, beside it."""
    service = {"methodConfig": [{"name": [{}], "retryPolicy": {
        "maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }}]}  # fmt: skip
    (tmp_path / "service.json").write_text(json.dumps(service), "utf-8")

    def make(storm="service.json", retry="service.json"):
        file = tmp_path / "feed.yml"
        text = f"storm: {{backoff: {{from: {storm}}}}}\nretry: {{policy: {{from: {retry}}}}}\n"
        document = parse(text, str(file))
        config, problems = read_config(document)
        assert problems == []
        return config, document

    return make


def test_policies_of_another_file(shipped):
    """Are read in from beside the configuration, for both."""
    config, problems = with_policies_read_in(*shipped())
    assert problems == []
    for policy in (config.storm.backoff, config.retry.policy):
        assert "from" not in policy
        assert policy["client"].startswith("grpc")


def test_a_file_that_is_not_there(shipped):
    """Is a mistake of that place; the other policy is read in all the same."""
    config, problems = with_policies_read_in(*shipped(storm="nowhere.json"))
    (problem,) = problems
    assert (problem.path, problem.line) == ("storm.backoff.from", 1)
    assert "nowhere.json" in problem.message
    assert config.storm.backoff == {"client": "none"}
    assert "from" not in config.retry.policy


def test_policies_that_stand_where_they_are(shipped):
    """Are left as they are."""
    config, document = read("storm: {backoff: {client: exponential}}\n")
    assert with_policies_read_in(config, document) == (config, [])
