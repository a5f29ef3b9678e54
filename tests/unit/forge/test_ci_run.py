"""What CI says of itself: tables of environments, and where a comment belongs in each."""

import pytest

from locust_ext.forge.ci_run import CiRun, NowhereError, Place, api_of, ci_run_of, is_loopback, place_of

ON_GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_REPOSITORY": "ada/shop",
    "GITHUB_RUN_ID": "1658821493",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SHA": "fedcba98" * 5,
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_TOKEN": "ghs_0123456789",
}
HEAD = "0a1b2c3d" * 5
EVENT = {"pull_request": {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": "ada/shop"}}}}
ON_GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_PIPELINE_ID": "900",
    "CI_JOB_ID": "7001",
    "CI_JOB_URL": "https://gitlab.example.com/ada/shop/-/jobs/7001",
    "CI_JOB_STATUS": "failed",
    "CI_COMMIT_SHA": "fedcba98" * 5,
    "CI_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
    "LOCUST_EXT_GITLAB_TOKEN": "glpat-0123456789",
}


def place(environment, event=None, number=0):
    event = event or {}
    return place_of(ci_run_of(environment, event), environment, event, number)


def test_a_run_on_github():
    """Its number, the commit that people know it by before the one that merges it, and its page."""
    assert ci_run_of(ON_GITHUB, EVENT) == CiRun(
        "GitHub",
        (1658821493, 1),
        (HEAD, "fedcba98" * 5),
        "https://github.com/ada/shop/actions/runs/1658821493",
    )


def test_a_run_on_gitlab():
    """Its pipeline and job, how it ended, and where its reports will be."""
    assert ci_run_of(ON_GITLAB, {}, "load tests/reports") == CiRun(
        "GitLab",
        (900, 7001),
        (HEAD, "fedcba98" * 5),
        "https://gitlab.example.com/ada/shop/-/jobs/7001",
        "https://gitlab.example.com/ada/shop/-/jobs/7001/artifacts/browse/load%20tests/reports",
        "failed",
    )


def test_a_run_elsewhere():
    """Nothing is known of it."""
    assert (
        ci_run_of({}, {}) == ci_run_of({"GITHUB_ACTIONS": "1", "GITLAB_CI": "yes", "CI_JOB_URL": "x"}, EVENT) == CiRun()
    )


LATER = [
    ("a second attempt", {"GITHUB_RUN_ATTEMPT": "2"}, (1658821493, 2), "/attempts/2"),
    ("a number that is none", {"GITHUB_RUN_ID": "x", "GITHUB_RUN_ATTEMPT": "-1"}, (0, 0), "/runs/x"),
    ("a number too long for one", {"GITHUB_RUN_ID": "9" * 19}, (0, 1), "9"),
    ("digits of another script", {"GITHUB_RUN_ID": "\u0661\u0662"}, (0, 1), ""),
    ("nothing", {"GITHUB_RUN_ID": ""}, (0, 1), ""),
]


@pytest.mark.parametrize("changes, order, ends", [row[1:] for row in LATER], ids=[row[0] for row in LATER])
def test_the_order_of_runs(changes, order, ends):
    """The number of the run, then that of the attempt; what is not a number is 0."""
    run = ci_run_of({**ON_GITHUB, **changes}, EVENT)
    assert run.order == order
    assert run.url.endswith(ends)


PLACES = [
    ("a pull request", ON_GITHUB, EVENT, 0, ("https://api.github.com", "ada/shop", 7, "GITHUB_TOKEN")),
    ("its reference alone", ON_GITHUB, {}, 0, ("https://api.github.com", "ada/shop", 7, "GITHUB_TOKEN")),
    (
        "by hand, with a number",
        {**ON_GITHUB, "GITHUB_REF": "refs/heads/main"},
        {},
        12,
        ("https://api.github.com", "ada/shop", 12, "GITHUB_TOKEN"),
    ),
    (
        "a server of one's own",
        {**ON_GITHUB, "GITHUB_API_URL": "https://git.example.com/api/v3/"},
        EVENT,
        0,
        ("https://git.example.com/api/v3", "ada/shop", 7, "GITHUB_TOKEN"),
    ),
    (
        "another token",
        {**ON_GITHUB, "GITHUB_TOKEN": " ", "GH_TOKEN": "ghp_x\n"},
        EVENT,
        0,
        ("https://api.github.com", "ada/shop", 7, "GH_TOKEN"),
    ),
    (
        "a merge request",
        ON_GITLAB,
        {},
        0,
        ("https://gitlab.example.com/api/v4", "5", 7, "LOCUST_EXT_GITLAB_TOKEN"),
    ),
    (
        "a merge request from a fork: of the target's project",
        {**ON_GITLAB, "CI_PROJECT_ID": "6", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "6"},
        {},
        0,
        ("https://gitlab.example.com/api/v4", "5", 7, "LOCUST_EXT_GITLAB_TOKEN"),
    ),
]


@pytest.mark.parametrize(
    "environment, event, number, expected", [row[1:] for row in PLACES], ids=[r[0] for r in PLACES]
)
def test_where_a_comment_belongs(environment, event, number, expected):
    """On the pull request that started the run, or the one that is named."""
    found = place(environment, event, number)
    assert (found.api, found.project, found.number, found.variable) == expected
    assert found.token == environment[found.variable].strip()


NOWHERE = [
    ("a desk", {}, "neither GitHub Actions nor GitLab CI"),
    (
        "a push",
        {**ON_GITHUB, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push"},
        "started by push, not by a pull request",
    ),
    (
        "by hand",
        {**ON_GITHUB, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "workflow_dispatch"},
        "started by workflow_dispatch",
    ),
    (
        "a merge queue, whose runs are of a group of pull requests",
        {**ON_GITHUB, "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-7-0a1b", "GITHUB_EVENT_NAME": "merge_group"},
        "started by merge_group",
    ),
    (
        "a reference that is like one",
        {**ON_GITHUB, "GITHUB_REF": "refs/pull/7/merge/x", "GITHUB_EVENT_NAME": ""},
        "an unknown event",
    ),
    ("no token", {**ON_GITHUB, "GITHUB_TOKEN": ""}, "permissions: {contents: read, pull-requests: write}"),
    ("no repository", {**ON_GITHUB, "GITHUB_REPOSITORY": "ada/shop/../../eve"}, "is not owner/name"),
    (
        "a token in two lines",
        {**ON_GITHUB, "GITHUB_TOKEN": "ghs_s3cret\nX-Evil: 1"},
        "GITHUB_TOKEN holds characters that no token has",
    ),
    ("a token in letters of others", {**ON_GITHUB, "GITHUB_TOKEN": "ghs_s3crét"}, "GITHUB_TOKEN holds characters"),
    ("no TLS", {**ON_GITHUB, "GITHUB_API_URL": "http://api.github.com"}, "does not begin with https://"),
    (
        "a branch's pipeline",
        {**ON_GITLAB, "CI_MERGE_REQUEST_IID": "", "CI_PIPELINE_SOURCE": "push"},
        "started by push, not by a merge request",
    ),
    ("no token of the project's", {**ON_GITLAB, "LOCUST_EXT_GITLAB_TOKEN": ""}, "CI_JOB_TOKEN may not write comments"),
    ("no project", {**ON_GITLAB, "CI_MERGE_REQUEST_PROJECT_ID": "", "CI_PROJECT_ID": "x/../.."}, "is not a number"),
]


@pytest.mark.parametrize("environment, why", [row[1:] for row in NOWHERE], ids=[row[0] for row in NOWHERE])
def test_where_there_is_no_place(environment, why):
    """It is said why, or what is missing, and no token is repeated."""
    with pytest.raises(NowhereError) as caught:
        place(environment)
    assert why in str(caught.value)
    assert "s3cr" not in str(caught.value)


FORKS = [
    ("the same repository, in other capitals", {"full_name": "Ada/Shop"}, False),
    ("a fork", {"full_name": "eve/shop"}, True),
    ("a fork that was deleted", None, False),
    ("nonsense", {"full_name": 7}, False),
]


@pytest.mark.parametrize("repository, is_fork", [row[1:] for row in FORKS], ids=[row[0] for row in FORKS])
def test_forks_on_github(repository, is_fork):
    """Whose runs may only read."""
    event = {"pull_request": {"number": 7, "head": {"sha": HEAD, "repo": repository}}}
    assert place(ON_GITHUB, event).is_fork is is_fork


def test_forks_on_gitlab():
    """The source is another project than the target."""
    assert not place(ON_GITLAB).is_fork
    assert place({**ON_GITLAB, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "6"}).is_fork


ODD_EVENTS = [
    {"pull_request": 7},
    {"pull_request": {"number": "7"}},
    {"pull_request": {"number": True}},
    {"pull_request": {"number": -1, "head": []}},
]


@pytest.mark.parametrize("event", ODD_EVENTS, ids=str)
def test_an_event_that_is_none(event):
    """It is as if there were none."""
    assert place(ON_GITHUB, event) == place(ON_GITHUB, {})
    with pytest.raises(NowhereError):
        place({**ON_GITHUB, "GITHUB_REF": "refs/heads/main"}, event)


ADDRESSES = [
    ("https://api.github.com", "https://api.github.com"),
    ("https://git.example.com:8443/api/v3/", "https://git.example.com:8443/api/v3"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("http://[::1]:8080/", "http://[::1]:8080"),
    ("http://localhost", "http://localhost"),
    *(
        (url, None)
        for url in (
            "http://git.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "ftp://127.0.0.1",
            "https://",
            "https:///api",
            "api.github.com",
            "https://me:pass@git.example.com",
            "https://git.example.com/?x=1",
            "https://git.example.com/#x",
            "https://git.example.com:port",
            "https://git.exam\nple.com",
            "https://a b",
            "https://api.github.com\\@evil.example",
            "https://[::1",
            "",
        )
    ),
]


@pytest.mark.parametrize("url, api", ADDRESSES)
def test_addresses_that_a_token_is_sent_to(url, api):
    """Over TLS, or within this machine; nothing that hides where it goes."""
    if api is not None:
        assert api_of(url, "X") == api
        return
    with pytest.raises(NowhereError, match=r"^X ") as caught:
        api_of(url, "X")
    assert "pass" not in str(caught.value)


def test_loopback():
    """All of it, and nothing else."""
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("128.0.0.1", "0.0.0.0", "", "localhost.example.com", "2130706433")))


def test_a_place_has_a_name():
    """As people call it."""
    assert str(Place("GitHub", "", "ada/shop", 7, "", "")) == "pull request 7 of ada/shop"
    assert str(Place("GitLab", "", "5", 7, "", "")) == "merge request 7 of project 5"
