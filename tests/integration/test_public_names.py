"""What locust_ext exports can be imported, alone and in any order, whatever was imported before it."""

import json
import os
import subprocess
import sys

import pytest

import locust_ext

NAMES = locust_ext.__all__

FORKING = """
import json, os, sys, warnings
import click, gevent, hdrh.histogram, jinja2, pydantic, rich.table, yaml  # nothing that has ssl
for early in json.loads(sys.argv[1]):
    __import__(early)
assert not {"gevent.ssl", "locust"} & set(sys.modules) and ("ssl" in sys.modules) == bool(json.loads(sys.argv[1]))
warnings.simplefilter("error", RuntimeWarning)  # gevent's, when it patches too late
for source in json.loads(sys.argv[2]):
    if not (child := os.fork()):
        code = 1
        try:
            exec(source, {})
            code = 0
        except BaseException as error:
            print(f"{source}: {type(error).__name__}: {error}"[:300], flush=True)
        finally:
            os._exit(code)
    os.waitpid(child, 0)
"""
"""Runs each source in a process that is fresh in all that matters here: neither Locust nor a patch is in it yet."""

TLS = """
import sys
from time import monotonic
import requests
early = requests.Session()  # one from before, and urllib3's classes with it
from locust_ext import {name}
import gevent
from gevent.pywsgi import WSGIServer

def slow(environ, start_response):
    gevent.sleep(0.3)
    start_response("200 OK", [])
    return [b"whole"]

server = WSGIServer(("127.0.0.1", 0), slow, keyfile=sys.argv[1], certfile=sys.argv[1], log=None)
server.start()
address = f"https://127.0.0.1:{{server.server_port}}/"
at = monotonic()
asking = [gevent.spawn(session.get, address, verify=False, timeout=5) for session in (early, requests.Session())]
assert [job.get(timeout=5).text for job in asking] == ["whole", "whole"]
assert monotonic() - at < 0.6, "one waited for the other"
"""


def alone(*sources: str, early: tuple[str, ...] = ()) -> str:
    """Run the sources; return what they said."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LOCUST_")}
    command = [sys.executable, "-c", FORKING, json.dumps(early), json.dumps(sources)]
    ran = subprocess.run(command, env=clean, capture_output=True, text=True, timeout=120)
    return ran.stdout + ran.stderr


def test_every_name_has_a_home():
    """Where it is looked up."""
    assert set(locust_ext._HOMES) == set(NAMES)


@pytest.mark.parametrize("one_in", [pytest.param(1, marks=pytest.mark.long), 4])
def test_one_name_of_each_home_alone(one_in):
    """One name and nothing else, in a process that has nothing yet; the others of its module come with it."""
    first = {home: name for name, home in locust_ext._HOMES.items()}
    assert alone(*(f"from locust_ext import {name}" for name in list(first.values())[::one_in])) == ""


@pytest.mark.parametrize(
    "early", ["requests", *(pytest.param(name, marks=pytest.mark.long) for name in ("ssl", "urllib3"))]
)
def test_names_after_what_keeps_the_classes_of_ssl(early):
    """A script, or a plugin of pytest, that has imported it before; and the names forward, backward, all at once."""
    backward = f"from locust_ext import {', '.join(NAMES[::-1])}"
    more = (backward, "from locust_ext import SmokeShape") if early == "requests" else ()
    assert alone("from locust_ext import *", *more, early=(early,)) == ""


def test_the_whole_package_at_once():
    """The star, and the help; light names first, and last."""
    orders = ("Trend, CacheStampedeUser", "SyntheticTenant, CacheStampedeUser, check")
    star = "import locust_ext\nhelp(locust_ext)\nfrom locust_ext import *\nassert WebSocketUser and check"
    said = alone(star, *(f"from locust_ext import {names}" for names in orders))
    assert "RecursionError" not in said
    assert said.startswith("Help on package locust_ext")
    assert all(f" {name}" in said for name in NAMES)


@pytest.mark.long
def test_our_modules_alone():
    """Those at which an import once ended, without the package's own door."""
    ended = "clients.requests_client run.repeats safety.interceptors safety.remote"
    assert alone(*(f"import locust_ext.{name}" for name in ended.split())) == ""


def test_the_command_patches_nothing():
    """Half of its subcommands need no Locust, and who imports it keeps its own threads."""
    assert alone("import locust_ext.cli, sys; assert 'locust' not in sys.modules, 'it imports Locust'") == ""


@pytest.mark.timed
def test_a_session_from_before_waits_with_the_others(tmp_path):
    """TLS by requests that was imported too early: it works, and does not hold up the other users."""
    both = tmp_path / "both.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1"]
    subprocess.run(["openssl", *made, "-keyout", "key.pem", "-out", "crt.pem"], cwd=tmp_path, check=True, timeout=30)
    both.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "crt.pem").read_text())
    script = TLS.format(name="SyntheticTenant")
    ran = subprocess.run([sys.executable, "-c", script, both], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


def test_a_pytest_file_that_imports_one_piece(tmp_path):
    """With all plugins of this environment: one imports ssl, one has a thread running."""
    file = tmp_path / "test_piece.py"
    file.write_text("from locust_ext import SyntheticTenant\n\ndef test_it():\n    assert SyntheticTenant\n")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(file)]
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "LOCUST_"))}
    ran = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=60)
    assert "1 passed" in ran.stdout, ran.stdout[-2000:]
