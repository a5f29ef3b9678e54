"""What holds where a configuration says nothing of safety, and from where to where its numbers may go."""

import pytest
from pydantic import ValidationError

from locust_ext.config.schema import Config
from locust_ext.safety.middleware import Forged, read_keys, sign, verify
from locust_ext.safety.options import AbortOptions, AlarmOptions, TenantOptions
from locust_ext.safety.origin import Origins
from locust_ext.safety.pace import Pace
from locust_ext.safety.registry import RegisteredRun
from locust_ext.safety.tenant import TenantHeaders, bearer_of

ABORT = {
    "error_rate": 0.05, "error_window": 10.0, "min_requests": 50, "p99_ratio": 2.0, "p99_for": 30.0, "ack": True,
    "alarm": None,
}  # fmt: skip
TENANT = {
    "header": "x-synthetic-tenant", "value": "true", "token_env": "LOAD_TEST_TOKEN", "key_env": "LOAD_TEST_KEY",
    "lifetime": 900.0, "ack_header": "x-synthetic-tenant-ack",
}  # fmt: skip
SAFETY = {
    "rate_cap": None, "kill_switch": None, "origins": (), "abort": None, "check_path": "/", "run_log": "",
    "production": {
        "window": "", "on_call": "", "dashboard": "", "announcement": "", "go_ahead_for": (), "hosts": (),
        "staging": ("staging.*", "*.staging.*", "*-staging.*", "staging-*"),
    },
}  # fmt: skip


def test_what_safety_says_by_itself():
    """As the documents say; and a configuration that says nothing else is one."""
    config = Config.model_validate({"safety": {}, "tenant": {}})
    assert config.safety.model_dump() == SAFETY
    assert config.tenant.model_dump() == TENANT
    assert Config.model_validate({"safety": {"abort": {}}}).safety.abort.model_dump() == ABORT
    assert AlarmOptions(url="https://x.example.com").every == 5.0
    assert (config.graceful_stop, config.version) == (30.0, 1)
    assert bearer_of(config.tenant) == ""


BOUNDS = [
    pytest.param("min_requests", (1,), (0,), id="requests"),
    pytest.param("p99_ratio", (1.01, 100), (1, 100.1), id="how many times as slow"),
    pytest.param("error_rate", (0.0, 1.0), (1.01, -0.1), id="a share"),
]


@pytest.mark.parametrize("key, fits, wrong", BOUNDS)
def test_a_bound(key, fits, wrong):
    """What is just within it is taken, what is just beyond is not."""
    for value in fits:
        AbortOptions.model_validate({key: value})
    for value in wrong:
        with pytest.raises(ValidationError):
            AbortOptions.model_validate({key: value})


@pytest.mark.parametrize("version", [0, 2])
def test_a_configuration_of_another_version(version):
    """Is not read."""
    with pytest.raises(ValidationError):
        Config.model_validate({"version": version})


def test_a_pace_that_nobody_has_set():
    """Lets nothing go."""
    pace = Pace()
    assert (pace.quota, pace.window, pace.sent) == (0, 1.0, 0)
    assert not pace.take(1e9)


def test_an_entry_that_says_no_more_than_it_must():
    """Was asked nothing, hears a signal, and makes no run."""
    entry = RegisteredRun(7, "feed")
    assert (entry.asked, entry.told, entry.signal, entry.directory, entry.running) == (0, "", True, "", False)


def test_a_mark_that_a_user_class_sets():
    """Says the same as that of the configuration, and shows no secret."""
    assert TenantOptions().model_dump() == TENANT
    mark = TenantHeaders(
        "X", "true", Origins.of([]), authorization="Bearer s3cret", signed={("http", "a", 1): "s3cret"}
    )
    assert "s3cret" not in repr(mark)
    assert mark.baggage == ""


KEY = read_keys("2026-01:a secret of sixteen")
NOW = 1_000_000.0
ENDS = [
    pytest.param(1.0, "", id="a moment"),
    pytest.param(0.0, "expired", id="it ends now"),
    pytest.param(86_400.0, "", id="a day"),
    pytest.param(86_401.0, "expires too far ahead", id="more than a day"),
]


@pytest.mark.parametrize("lasts, why", ENDS)
def test_how_long_a_signature_may_last(lasts, why):
    """Up to a day from now, and not to this moment."""
    value = sign(KEY[0], "feed.example.com", "run-1", "me", NOW + lasts)
    if why:
        with pytest.raises(Forged, match=f"^{why}$"):
            verify(value, "feed.example.com", KEY, NOW)
    else:
        assert verify(value, "feed.example.com", KEY, NOW).run == "run-1"


@pytest.mark.parametrize("length, why", [(512, "malformed"), (513, "too long")])
def test_how_long_a_mark_may_be(length, why):
    """Longer ones are not even looked at."""
    with pytest.raises(Forged, match=f"^{why}$"):
        verify("x" * length, "feed.example.com", KEY, NOW)


@pytest.mark.parametrize("secret, fits", [("x" * 16, True), ("x" * 15, False)])
def test_how_long_a_secret_must_be(secret, fits):
    """Sixteen characters; it is not shown where it is too short, or printed."""
    if fits:
        assert secret not in repr(read_keys(f"a:{secret}"))
    else:
        with pytest.raises(ValueError, match="16") as caught:
            read_keys(f"a:{secret}")
        assert secret not in str(caught.value)
