"""What a configuration says of probes: what is taken, what is refused, where, and with which name nearby."""

from __future__ import annotations

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.probes.options import ProbeOptions, ProcessOptions
from locust_ext.text.problems import ConfigurationError


def plan_of(text, tmp_path):
    """Plan a run of a configuration."""
    file = tmp_path / "loadtest.yml"
    file.write_text(text, "utf-8")
    return make_plan(CommandLine(file=str(file)))


def refusals(text, tmp_path):
    """What is wrong with it, by path."""
    with pytest.raises(ConfigurationError) as caught:
        plan_of(text, tmp_path)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_as_the_design_writes_it(tmp_path):
    """A URL with headers and series, and a process by its name."""
    plan = plan_of(
        'probes:\n  api: {url: "{host}/metrics", every: 10s, timeout: 3s, headers_env: PROBE_HEADERS,'
        " series: [process_open_fds, process_resident_memory_bytes]}\n  db: {process: {name: postgres}}\n",
        tmp_path,
    )
    api, db = plan.config.probes["api"], plan.config.probes["db"]
    assert (api.url, api.every, api.timeout, api.headers_env) == ("{host}/metrics", 10.0, 3.0, {"": "PROBE_HEADERS"})
    assert api.series == ("process_open_fds", "process_resident_memory_bytes")
    assert (db.process, db.every, db.timeout) == (ProcessOptions(name="postgres"), 5.0, 2.0)
    assert plan.secret_variables == ("PROBE_HEADERS",)


def test_headers_of_their_own_variables(tmp_path):
    """As those of the kill switch: each is a secret by its variable."""
    plan = plan_of("probes: {api: {url: 'http://a.test/m', headers_env: {Authorization: T, X-Key: K}}}\n", tmp_path)
    assert plan.config.probes["api"].headers_env == {"Authorization": "T", "X-Key": "K"}
    assert plan.secret_variables == ("K", "T")


def test_labels_have_one_spelling(tmp_path):
    """Sorted, without blanks; the same series twice is one."""
    text = """probes: {api: {url: 'http://a.test/m', series: ['n{b="2", a="1"}', 'n{a="1",b="2"}']}}\n"""
    assert plan_of(text, tmp_path).config.probes["api"].series == ('n{a="1",b="2"}',)


URLS = [
    ("the host's", "{host}/metrics", True),
    ("the host itself", "{host}", True),
    ("whole", "https://api.staging.example.com:9090/metrics?x=1", True),
    ("not HTTP", "ftp://a.test/metrics", False),
    ("no scheme", "a.test/metrics", False),
    ("a blank", "http://a.test/met rics", False),
    ("another brace", "http://a.test/{path}", False),
    ("the host in its midst", "http://{host}/metrics", False),
    ("what is no path behind it", "{host}:9090/metrics", False),
    ("a host that becomes another one", "{host}.evil.test/metrics", False),
    ("half an address", "http://user:hunter2@[::1/metrics", False),
    ("nothing", "", False),
]


@pytest.mark.parametrize("url, fine", [row[1:] for row in URLS], ids=[row[0] for row in URLS])
def test_urls(url, fine, tmp_path):
    """What is not one is refused, and never repeated: it may hold a password."""
    text = f'probes: {{api: {{url: "{url}"}}}}\n'
    if fine:
        assert plan_of(text, tmp_path).config.probes["api"].url == url
        return
    found = refusals(text, tmp_path)
    assert list(found) == ["probes.api.url"]
    assert "hunter2" not in str(found)


WRONG = [
    ("both", "{api: {url: 'http://a.test/m', process: {pid: 1}}}", "probes.api", "either a url"),
    ("neither", "{api: {every: 5s}}", "probes.api", "either a url"),
    ("nothing at all", "{api: }", "probes.api", "keys and values"),
    ("a list", "[api]", "probes", "keys and values"),
    ("an unknown key", "{api: {url: 'http://a.test/m', evry: 5s}}", "probes.api.evry", "did you mean 'every'?"),
    ("a process of both", "{db: {process: {pid: 1, name: x}}}", "probes.db.process", "pid or by its name"),
    ("a process of neither", "{db: {process: {}}}", "probes.db.process", "pid or by its name"),
    ("a pid that is none", "{db: {process: {pid: 0}}}", "probes.db.process.pid", "at least 1"),
    ("a switch as pid", "{db: {process: {pid: yes}}}", "probes.db.process.pid", "whole number"),
    ("an unknown key of a process", "{db: {process: {nme: x}}}", "probes.db.process.nme", "did you mean 'name'?"),
    ("a name of two words", "{'my api': {url: 'http://a.test/m'}}", "probes.my api", "one word"),
    ("a name with a slash", "{a/b: {url: 'http://a.test/m'}}", "probes.a/b", "one word"),
    ("a name with a star", "{'a*': {url: 'http://a.test/m'}}", "probes.a*", "one word"),
    ("too often", "{api: {url: 'http://a.test/m', every: 100ms}}", "probes.api.every", "twice a second"),
    ("no unit", "{api: {url: 'http://a.test/m', every: 5}}", "probes.api.every", "did you mean 5s or 5ms?"),
    ("too patient", "{api: {url: 'http://a.test/m', timeout: 31s}}", "probes.api.timeout", "at most 30s"),
    ("no series", "{api: {url: 'http://a.test/m', series: ['a b']}}", "probes.api.series", "is not a series"),
    ("half a label", "{api: {url: 'http://a.test/m', series: ['a{b=1}']}}", "probes.api.series", "is not a series"),
    ("a label twice", """{api: {url: 'http://a.test/m', series: ['a{b="1",b="2"}']}}""", "probes.api.series", "not a series"),
    ("too many series", "{api: {url: 'http://a.test/m', series: [" + ", ".join(f"s{n}" for n in range(65)) + "]}}",
     "probes.api.series", "at most 64"),
    ("a process says no such thing", "{db: {process: {pid: 1}, series: [process_open_fd]}}", "probes.db", "did you mean 'process_open_fds'?"),
    ("a process is sent nothing", "{db: {process: {pid: 1}, headers_env: X}}", "probes.db", "headers are for a url"),
    ("a secret as variable", "{api: {url: 'http://a.test/m', headers_env: 'Bearer hunter2'}}", "probes.api.headers_env", "name of an environment variable"),
    ("a header that is none", "{api: {url: 'http://a.test/m', headers_env: {'a b': X}}}", "probes.api.headers_env", "name of a header"),
    ("too many", "{" + ", ".join(f"a{n}: {{url: 'http://a.test/m'}}" for n in range(33)) + "}", "probes", "at most 32"),
]  # fmt: skip


@pytest.mark.parametrize("text, path, said", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong(text, path, said, tmp_path):
    """Each mistake by its path."""
    found = refusals(f"probes: {text}\n", tmp_path)
    assert list(found) == [path]
    assert said in found[path]
    assert "hunter2" not in found[path]


@pytest.mark.parametrize("number, fine", [(32, True), (33, False)])
def test_so_many_at_the_most(number, fine, tmp_path):
    """Neither more instances nor more series than are bounded."""
    text = "probes: {" + ", ".join(f"a{n}: {{url: 'http://a.test/m'}}" for n in range(number)) + "}\n"
    if fine:
        assert len(plan_of(text, tmp_path).config.probes) == number
    else:
        assert list(refusals(text, tmp_path)) == ["probes"]


INTERVALS = [
    ("as written", 5.0, 1.0, 5.0),
    ("rehearsed", 5.0, 0.2, 1.0),
    ("never sooner", 5.0, 0.01, 0.5),
    ("slower", 5.0, 3.0, 15.0),
]


@pytest.mark.parametrize("every, scale, seconds", [row[1:] for row in INTERVALS], ids=[row[0] for row in INTERVALS])
def test_intervals_follow_the_scale(every, scale, seconds):
    """But a probe is never a load of its own."""
    assert ProbeOptions(url="http://a.test/m", every=every).interval(scale) == seconds
