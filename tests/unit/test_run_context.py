"""What surrounds a run, as it is known before its first request."""

from types import SimpleNamespace

import pytest

from locust_ext.archive import baselines
from locust_ext.config.changes import Changes
from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.run.survey import DEMO_WARNING, survey

ENVIRONMENT = SimpleNamespace(parsed_options=SimpleNamespace(), shape_class=None, user_classes=[])
LOCAL, SHOP = "http://bob:hunter33@127.0.0.1:1", "https://shop.example.com"


@pytest.fixture
def asked(monkeypatch):
    """The directories that were looked at; each has two runs and one that cannot be read."""
    found = []
    runs = [(None, SimpleNamespace(snapshot=number)) for number in (1, 2)]

    def read(directory):
        found.append(str(directory))
        return SimpleNamespace(runs=runs, unreadable=("there: no summary",))

    monkeypatch.setattr(baselines, "read_baselines", read)
    return found


def test_runs_to_compare_with(asked, caplog):
    """Those of the directory, in their order; what cannot be read is said and left out."""
    found = survey(Plan("feed", baseline="runs/feed"), ENVIRONMENT)
    assert asked == ["runs/feed"]
    assert (found.before, found.unreadable) == ((1, 2), ("there: no summary",))
    assert caplog.messages == ["baseline: there: no summary; it is left out"]


def test_a_run_that_is_compared_with_nothing(asked, caplog):
    """Looks at no directory."""
    found = survey(Plan("feed"), ENVIRONMENT)
    assert (found.before, found.unreadable, asked, caplog.messages) == ((), (), [], [])


@pytest.mark.parametrize("demo, warnings", [(False, ()), (True, (DEMO_WARNING,))])
def test_whose_service_it_is(demo, warnings):
    """A run of the embedded target says so."""
    assert survey(Plan("feed"), ENVIRONMENT, demo=demo).warnings == warnings
    assert survey(Plan("feed"), ENVIRONMENT).warnings == ()


def test_what_was_changed_before_it():
    """Every report says it first, and a run is compared only with those that were changed in the same way."""
    changes = Changes(("surge 20s instead of 1m", "threshold a taken away"), ("threshold a taken away",))
    found = survey(Plan("feed"), ENVIRONMENT, demo=True, changes=changes)
    assert found.fingerprint["changed"] == "surge 20s instead of 1m; threshold a taken away"
    assert [*found.warnings] == [*changes.warnings, DEMO_WARNING]
    assert found.reservation == changes.reservation != ""
    assert "changed" not in survey(Plan("feed"), ENVIRONMENT).fingerprint


def test_what_must_not_be_seen(monkeypatch):
    """Passwords of its hosts, and what variables hold that its configuration names."""
    monkeypatch.setenv("OF_MINE", "canary-11ee22ff")
    config = Config.model_validate({"tenant": {"token_env": "OF_MINE"}})
    redaction = survey(Plan("feed", config=config), ENVIRONMENT, [LOCAL]).redaction
    assert redaction.text("hunter33 and canary-11ee22ff") == "*** and ***"


@pytest.mark.parametrize("host, is_watched", [(LOCAL, False), (SHOP, True)])
def test_what_ends_a_run_for_safety(host, is_watched):
    """Rules for a target that is production; elsewhere those that were written down, if any."""
    assert (survey(Plan("feed"), ENVIRONMENT, [host]).abort is not None) is is_watched
    ruled = Plan("feed", config=Config.model_validate({"safety": {"abort": {"error_rate": "5%"}}}))
    assert survey(ruled, ENVIRONMENT, [LOCAL]).abort.error_rate == 0.05


def test_how_a_run_is_made():
    """Its fingerprint says of which test it is."""
    assert [survey(Plan(name), ENVIRONMENT).fingerprint["name"] for name in ("feed", "shop")] == ["feed", "shop"]
