"""The address of the CI run, as each CI tells it; what is not plainly an address of the web is none."""

import pytest

from locust_ext.reports.ci_link import ci_link

GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "team/shop", "GITHUB_RUN_ID": "42"}
JOB, PIPELINE = "https://gitlab.com/team/shop/-/jobs/7", "https://gitlab.com/team/shop/-/pipelines/3"
JENKINS = "https://ci.example.com/job/load/12/"
AZURE = {
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/team/",
    "SYSTEM_TEAMPROJECT": "The Shop",
    "BUILD_BUILDID": "9",
}
LINKS = [
    ("on a desk", {}, ""),
    ("GitHub", GITHUB, "https://github.com/team/shop/actions/runs/42"),
    ("half of GitHub", {**GITHUB, "GITHUB_RUN_ID": ""}, ""),
    ("GitLab's job", {"CI_JOB_URL": JOB, "CI_PIPELINE_URL": PIPELINE}, JOB),
    ("GitLab's pipeline", {"CI_PIPELINE_URL": PIPELINE}, PIPELINE),
    ("Jenkins", {"BUILD_URL": JENKINS}, JENKINS),
    ("Jenkins with Blue Ocean", {"BUILD_URL": JENKINS, "RUN_DISPLAY_URL": f"{JENKINS}display"}, f"{JENKINS}display"),
    ("Azure, with a space", AZURE, "https://dev.azure.com/team/The%20Shop/_build/results?buildId=9"),
    ("CircleCI", {"CIRCLE_BUILD_URL": "https://circleci.com/gh/a/b/1"}, "https://circleci.com/gh/a/b/1"),
    ("a password in it", {"BUILD_URL": "https://user:s3cr3t@ci.example.com/1"}, ""),
    ("another scheme", {"BUILD_URL": "javascript:alert(1)"}, ""),
    ("no host", {"BUILD_URL": "https:///1"}, ""),
    ("signs of Slack", {"BUILD_URL": "https://ci.example.com/|<!channel>"}, ""),
    ("a line break", {"BUILD_URL": "https://ci.example.com/\n1"}, ""),
    ("an address that is none", {"BUILD_URL": "https://[ci/"}, ""),
    ("too long", {"BUILD_URL": "https://ci.example.com/" + "x" * 500}, ""),
    ("braces in it", {"BUILD_URL": "https://ci.example.com/{BUILD_URL}"}, ""),
]


@pytest.mark.parametrize("environment, link", [row[1:] for row in LINKS], ids=[row[0] for row in LINKS])
def test_the_address_of_the_run(environment, link):
    """It is what the CI says, or nothing."""
    assert ci_link(environment) == link
