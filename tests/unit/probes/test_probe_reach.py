"""Where probes go and what they carry: known, and refused where it must be, before the run."""

from __future__ import annotations

import pytest

from locust_ext.probes.headers import headers_of
from locust_ext.probes.options import ProbeOptions, ProcessOptions
from locust_ext.probes.reach import forbidden, unset, url_of
from locust_ext.safety.known_secrets import secrets_of
from locust_ext.safety.options import SafetyOptions

HOSTS = [
    ("the run's host", "{host}/metrics", ["http://a.test:8000/"], "http://a.test:8000/metrics"),
    ("of two user classes with the same host", "{host}/m", ["http://a.test", "http://a.test/"], "http://a.test/m"),
    ("an address of its own", "http://b.test/m", [], "http://b.test/m"),
    ("no host", "{host}/m", [], "the run has no host"),
    ("two hosts", "{host}/m", ["http://a.test", "http://b.test"], "the run has 2 hosts"),
]


@pytest.mark.parametrize("url, hosts, found", [row[1:] for row in HOSTS], ids=[row[0] for row in HOSTS])
def test_addresses(url, hosts, found):
    """What stands for the run's host needs one."""
    options = ProbeOptions(url=url)
    if found.startswith("http"):
        assert url_of(options, hosts) == found
    else:
        with pytest.raises(ValueError, match=found):
            url_of(options, hosts)


SHOP, PRIVATE = "https://metrics.shop.example.com/metrics", "http://10.1.2.3:9100/metrics"
GUARDED = [
    ("a private address", PRIVATE, ["http://localhost"], {}, False),
    ("staging", "https://api.staging.shop.com/metrics", ["http://localhost"], {}, False),
    ("production", SHOP, ["http://localhost"], {}, True),
    ("production that is declared", SHOP, ["http://localhost"],
     {"origins": ["https://metrics.shop.example.com"], "production": {"go_ahead_for": ["metrics.shop.example.com"]}}, False),
    ("declared, but the go-ahead is not for it", SHOP, ["http://localhost"], {"origins": ["https://metrics.shop.example.com"]}, True),
    ("another port of what is declared", SHOP.replace(".com/", ".com:8443/"), ["http://localhost"],
     {"origins": ["https://metrics.shop.example.com"], "production": {"go_ahead_for": ["metrics.shop.example.com"]}}, True),
    ("said to be staging", SHOP, ["http://localhost"], {"production": {"staging": ["*.shop.example.com"]}}, False),
    ("under test, with its go-ahead", "{host}/metrics", ["https://shop.example.com"], {"production": {"go_ahead_for": ["shop.example.com"]}}, False),
    ("a private one that counts as production", PRIVATE, ["http://localhost"], {"production": {"hosts": ["10.*"]}}, True),
    ("it is not clear where it leads", "http://a.test\\@evil.example.com/m", ["http://localhost"], {}, True),
]  # fmt: skip


@pytest.mark.parametrize("url, hosts, safety, refused", [row[1:] for row in GUARDED], ids=[row[0] for row in GUARDED])
def test_the_guard_looks_at_probes_too(url, hosts, safety, refused):
    """As at each request of ours."""
    options = {"api": ProbeOptions.model_construct(url=url), "db": ProbeOptions(process=ProcessOptions(pid=1))}
    found = list(forbidden(options, hosts, SafetyOptions.model_validate(safety)))
    assert [path for path, _ in found] == ([("api", "url")] if refused else [])


def test_hosts_that_are_not_known_yet():
    """The demo target's, or one that somebody enters: only what is written is looked at."""
    options = {"api": ProbeOptions(url="{host}/metrics"), "shop": ProbeOptions(url=SHOP)}
    assert [path for path, _ in forbidden(options, [], SafetyOptions(), known=False)] == [("shop", "url")]
    assert [path for path, _ in forbidden(options, [], SafetyOptions())] == [("api", "url"), ("shop", "url")]


HEADERS = [
    ("none", {}, {}, {}),
    ("one of its own variable", {"X-Key": "K"}, {"K": " s3cr3t\n"}, {"X-Key": "s3cr3t"}),
    ("lines", {"": "H"}, {"H": "Authorization: Bearer abc\n\nX-Key:s3cr3t: and more\n"}, {"Authorization": "Bearer abc", "X-Key": "s3cr3t: and more"}),
    ("both", {"": "H", "X-B": "K"}, {"H": "X-A: 1", "K": "2"}, {"X-A": "1", "X-B": "2"}),
]  # fmt: skip


@pytest.mark.parametrize("names, variables, headers", [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
def test_headers(names, variables, headers):
    """Each from its variable, or all from one."""
    assert headers_of(names, variables) == headers


UNSET = [
    ("not set", {"X-Key": "K"}, {}, "$K for the header X-Key is not set"),
    ("empty", {"": "H"}, {"H": " "}, "$H is not set"),
    ("a line that is none", {"": "H"}, {"H": "hunter2"}, "$H must hold headers"),
    ("a name that is none", {"": "H"}, {"H": "a b: hunter2"}, "$H must hold headers"),
    ("no value", {"": "H"}, {"H": "X-Key:"}, "$H must hold headers"),
    ("a line end within", {"X-Key": "K"}, {"K": "hunter2\nX-Evil: 1"}, "$K for the header X-Key holds characters"),
    ("another script", {"X-Key": "K"}, {"K": "hunter2 é"}, "$K for the header X-Key holds characters"),
]


@pytest.mark.parametrize("names, variables, said", [row[1:] for row in UNSET], ids=[row[0] for row in UNSET])
def test_headers_that_are_not_there(names, variables, said):
    """They are said by the variable, and never by what it holds."""
    ((path, sentence),) = unset({"api": ProbeOptions(url=PRIVATE, headers_env=names)}, variables)
    assert path == ("api", "headers_env")
    assert sentence.startswith(said)
    assert "hunter2" not in sentence


def test_the_parts_of_headers_are_secrets():
    """The whole, the value, and the token alone, of each line."""
    found = secrets_of(
        {"PROBE_HEADERS": "X-A: first-secret-1\nAuthorization: Bearer second-secret-2"}, ["PROBE_HEADERS"]
    )
    assert {"first-secret-1", "second-secret-2"} <= set(found)
