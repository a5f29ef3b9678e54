"""What a real browser records of the demo target becomes a run that passes, and no secret of it is written anywhere."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

from locust_ext.scaffold import command
from locust_ext.scaffold.requirement import Origin
from tests.integration.conftest import locust, start, target  # noqa: F401 fixtures

VISIT = """
async ([token]) => {
    const rest = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
    const headers = {Authorization: 'Bearer ' + token + '-header', 'X-Api-Key': token + '-key'};
    localStorage.setItem('session', JSON.stringify({token: token + '-storage'}));
    await fetch('/communities/abc/posts?limit=20&access_token=' + token + '-query', {headers});
    await fetch('/logo.png');
    await rest(400);
    const body = JSON.stringify({body: 'hello', password: token + '-body', storage: localStorage.getItem('session')});
    const options = {method: 'POST', headers: {...headers, 'Content-Type': 'application/json'}, body};
    const post = await (await fetch('/communities/abc/posts', options)).json();
    await rest(400);
    await Promise.all(['/posts/' + post.id, '/hot/tea', '/hot/milk'].map(path => fetch(path, {headers})));
}
"""
VARIABLES = ("ACCESS_TOKEN", "API_KEY", "API_TOKEN", "TEST_PASSWORD", "TEST_STORAGE_SECRET")
PLANTED = "planted-4711"
NAMES = {"/health", "/communities/abc/posts", "/posts/:id", "/hot/tea", "/hot/milk"}


def recorded(browser, url, file):
    """Visit a target in a browser that records, and return what a person would have exported."""
    context = browser.new_context(record_har_path=file)
    context.add_cookies([{"name": "sid", "value": f"{PLANTED}-cookie", "url": url}])
    page = context.new_page()
    page.goto(f"{url}/health")
    page.evaluate(VISIT, [PLANTED])
    context.close()
    return file


def test_a_visit_becomes_a_run_that_passes(browser, target, locust, tmp_path, monkeypatch):  # noqa: F811
    """The demo target takes any token; the id of the post that was written is taken from its answer."""
    monkeypatch.setattr(command, "origin", lambda: Origin("locust-ext-pack==0.1.0"))
    file = recorded(browser, target().url, tmp_path / "visit.har")
    assert file.read_text("utf-8").count(PLANTED) > len(VARIABLES), "else nothing could be written"

    directory = tmp_path / "team"
    told = command.init(directory, "visit", "", "both", force=False, recording=file)
    assert f"set {', '.join(VARIABLES)} in the environment" in told
    assert "static files (1)" in told
    everything = told + "".join(path.read_text("utf-8") for path in directory.rglob("*") if path.is_file())
    encoded = base64.b64encode(PLANTED.encode()).decode().rstrip("=")
    assert not any(spelling in everything for spelling in (PLANTED, quote(PLANTED.replace("-", "%2D")), encoded))

    configuration = directory / "loadtests" / "visit.yml"
    text, count = re.subn(r"p\(95\)<\d+", "p(95)<4000", configuration.read_text("utf-8"))  # the machine may be busy
    assert count == len(NAMES) + 1, "one a name, and two where it has two methods"
    configuration.write_text(text, "utf-8")
    run = locust(
        *("-f", directory / "loadtests" / "visit.py", "--headless", "--baseline", "none"),
        *("--shape-params", "users=20,duration=7s,ramp=1s"),
        env={name: f"of-a-test-{number}" for number, name in enumerate(VARIABLES)},
    )
    assert run.code == 0, run.out + run.err
    assert run.count("http_req_failed") == 0, json.dumps(run.summary["series"])
    assert {row["tags"]["name"] for row in run.summary["series"] if row["metric"] == "http_req_duration"} == NAMES
