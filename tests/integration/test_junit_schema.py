"""junit.xml is xunit2: held against the schema that pytest holds its own against, taken from its sources."""

import subprocess
import sys
import tarfile
from dataclasses import replace
from functools import cache
from importlib.metadata import version

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.verdict import Verdict, conclude
from locust_ext.reports.junit import junit
from locust_ext.reports.result import Finding
from tests.unit.reports.conftest import RESULTS
from tests.unit.reports.examples import NASTY, OUTCOMES, compared, example, outcome

UNREACHABLE = ("NewConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError", "Connection refused")
SCHEMA = "testing/example_scripts/junit-10.xsd"
DEADLINE = 120

pytestmark = [pytest.mark.slow, pytest.mark.long]  # the schema comes over the network; the unit tests need none


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """Return the schema; skip where there is no registry, fail for any other reason."""
    directory = tmp_path_factory.mktemp("schema")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1", "--no-deps", "--no-binary", ":all:"]
    done = subprocess.run(
        [*pip, "--dest", str(directory), f"pytest=={version('pytest')}"],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip(f"the package registry cannot be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    (archive,) = directory.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        found = sources.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{SCHEMA}")
        return xmlschema.XMLSchema(found.read().decode("utf-8"))


@cache
def nasty():
    """Return a run whose every name is nasty."""
    return replace(
        compared(1.5, (NASTY, "/x")),
        name=NASTY,
        started_at=NASTY,
        verdict=Verdict(NASTY, 99, NASTY),
        tags={NASTY: NASTY, "\ud800": "\udfff"},
        outcomes=(*OUTCOMES, *(replace(one, reason=NASTY) for one in OUTCOMES)),
        findings=tuple(Finding(kind, NASTY) for kind in ("mistake", "aborted", "cliff", "storm", NASTY)),
        warnings=(NASTY,),
    )


def of_length(seconds):
    """Return a run that took so long."""
    return example(duration=seconds, outcomes=(outcome("http_req_failed", "rate<0.01", "passed", 0.0),))


RUNS = [
    ("a regression", compared),
    ("nasty names", nasty),
    ("an empty run", lambda: example(series=(), findings=(), tags={}, name="")),
    ("a comparison without runs", lambda: example(comparison=Comparison(gaps=("2 runs; needs 3", NASTY)))),
    ("lost workers", lambda: example(verdict=conclude((), RunHealth(incomplete=("worker 1 was lost",))))),
    ("half a millisecond", lambda: of_length(0.0005)),
    ("over two weeks", lambda: of_length(1234567.891234)),
    ("no length at all", lambda: of_length(float("nan"))),
]


@pytest.mark.parametrize("make", [row[1] for row in RUNS], ids=[row[0] for row in RUNS])
def test_runs_are_valid(schema, make):
    """The file of a run keeps the schema."""
    schema.validate(junit(make()))


@given(data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_run_is_valid(schema, data):
    """The file of any run keeps the schema."""
    schema.validate(junit(data.draw(RESULTS)))


@pytest.mark.parametrize(
    "text",
    ["<testsuites><testsuite/></testsuites>", "<testsuites><other/></testsuites>", "<html/>"],
    ids=["no name", "another element", "another document"],
)
def test_the_schema_is_one(schema, text):
    """What is not a report is refused: the schema was read, and holds something."""
    with pytest.raises(xmlschema.XMLSchemaException):
        schema.validate(text)
