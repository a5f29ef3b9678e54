"""A flag of OpenFeature: what allows, what stops and why, and that no secret of a provider is logged."""

import logging

import gevent
import pytest
from openfeature import api
from openfeature.exception import ErrorCode, FlagNotFoundError
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import AbstractProvider, Metadata, ProviderStatus

from locust_ext.safety.openfeature import OpenFeatureSource, _is_not_ours
from locust_ext.safety.reading import StopError

SECRET = "hunter2-hunter2"


class Provider(AbstractProvider):
    """Says what it was made with."""

    def __init__(self, answer=True, reason=Reason.STATIC, code=None, raises=None, starts=None):
        super().__init__()
        self.answer, self.reason, self.code, self.raises, self.starts = answer, reason, code, raises, starts

    def initialize(self, evaluation_context):
        """Start, or fail."""
        if self.starts:
            raise self.starts

    def get_metadata(self):
        """Return its name."""
        return Metadata(name="test")

    def resolve_boolean_details(self, flag_key, default_value, evaluation_context=None):
        """Answer."""
        if self.raises:
            raise self.raises
        return FlagResolutionDetails(value=self.answer, reason=self.reason, error_code=self.code)

    resolve_string_details = resolve_integer_details = resolve_float_details = resolve_boolean_details
    resolve_object_details = resolve_boolean_details


@pytest.fixture(autouse=True)
def alone():
    """Leave no provider behind."""
    yield
    api.clear_providers()
    logging.getLogger("openfeature").filters.clear()


ANSWERS = [
    ("true", Provider(), ""),
    ("true, as a target's own", Provider(reason=Reason.TARGETING_MATCH), ""),
    ("false", Provider(answer=False), "says false"),
    ("what is not a boolean", Provider(answer=1), "is not a boolean"),
    ("a stale value", Provider(reason="STALE"), "is stale"),
    ("a stale value in small letters", Provider(reason="stale"), "is stale"),
    ("a flag that is switched off", Provider(reason=Reason.DISABLED), "is disabled"),
    ("an error beside a value", Provider(reason=Reason.ERROR), "was not evaluated (ERROR)"),
    ("a code", Provider(code=ErrorCode.PARSE_ERROR), "was answered in a form that its provider does not understand"),
    ("a code of no words", Provider(code=ErrorCode.GENERAL), "was not evaluated (GENERAL)"),
    ("a flag that is not known", Provider(raises=FlagNotFoundError("x")), "is not known to its provider"),
    ("what raises", Provider(raises=ValueError(SECRET)), "was not evaluated (GENERAL)"),
    ("what does not start", Provider(starts=ValueError(SECRET)), "has a provider that does not start: ValueError"),
]


@pytest.mark.parametrize("provider, why", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_what_a_provider_says(provider, why):
    """Allowed is what a provider that is ready says without an error; the rest stops, and says why without a secret."""
    reading = OpenFeatureSource("load-test", provider).read(5.0)
    assert reading.allowed is (not why)
    assert reading.why == f"openfeature flag load-test {why or 'allows it'}"
    assert SECRET not in reading.why


def test_the_process_has_none():
    """Without a provider nothing is allowed; with one that the process has set it is asked."""
    source = OpenFeatureSource("load-test")
    assert "has no provider: none is set" in source.read(5.0).why
    api.set_provider_and_wait(Provider())
    assert source.read(5.0).allowed


def test_somebody_else_took_its_place():
    """The provider that was named is the one that must answer."""
    source = OpenFeatureSource("load-test", Provider())
    assert source.read(5.0).allowed
    api.set_provider_and_wait(Provider(), domain=source._domain)
    assert "has another provider than was named: somebody replaced it" in source.read(5.0).why


def test_a_provider_in_trouble_allows_nothing(monkeypatch):
    """It goes on to serve what it knew."""
    source = OpenFeatureSource("load-test", Provider())
    client = api.get_client(domain=source._domain)
    monkeypatch.setattr(type(client), "get_provider_status", lambda _: ProviderStatus.ERROR)
    assert "has a provider that is not ready (ERROR)" in source.read(5.0).why


def test_a_secret_in_the_provider_s_error_is_not_logged(caplog):
    """The SDK logs a traceback of our evaluation: it is dropped. The team's own evaluations are logged as ever."""
    provider = Provider(raises=ValueError(SECRET))
    source = OpenFeatureSource("load-test", provider)
    with caplog.at_level(logging.DEBUG, "openfeature"):
        assert not source.read(5.0).allowed
        assert SECRET not in caplog.text
        assert [record for record in caplog.records if record.exc_info] == []
        api.get_client(domain=source._domain).get_boolean_value("their-own", default_value=False)
        assert any(record.exc_info for record in caplog.records)


def test_only_who_evaluates_for_us_is_silent():
    """The record of anybody else passes."""
    record = logging.makeLogRecord({})
    assert _is_not_ours(record) is True
    assert gevent.spawn(_is_not_ours, record).get() is True


def test_an_evaluation_raises_its_reason():
    """Which the line turns into a reading."""
    with pytest.raises(StopError, match="says false"):
        OpenFeatureSource("load-test", Provider(answer=False))._evaluate()
