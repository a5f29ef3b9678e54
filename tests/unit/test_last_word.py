"""Who is called last, and who first, in whatever order listeners came."""

import pytest
from locust.event import EventHook
from locust.exception import StopUser

from locust_ext.process.last_word import hear_first, speak_last


@pytest.fixture
def said():
    """What was said, in order."""
    return []


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "reversed"])
def test_the_last_word_comes_last(said, reverse):
    """Also after listeners that came before, that come later, and that come while the event fires."""
    hook = EventHook()
    hook.add_listener(lambda **_: said.append("before"))
    seam = speak_last(hook, lambda **_: said.append("last"), lambda *_: True)
    seam.open()

    def later(**_):
        said.append("later")
        hook.add_listener(lambda **_: said.append("too late"))

    hook.add_listener(later)

    hook.fire(reverse=reverse, environment=None)

    assert said == (["later", "before", "last"] if reverse else ["before", "later", "last"])
    seam.close()
    assert "fire" not in vars(hook)


ENDS = [SystemExit(0), KeyboardInterrupt(), StopUser(), ValueError("Locust swallows it")]


@pytest.mark.parametrize("error", ENDS, ids=repr)
def test_a_listener_that_raises_keeps_nobody_from_speaking(said, error):
    """Every other listener is called, and what Locust would not swallow is told."""
    hook, noted = EventHook(), []

    def raising(**_):
        raise error

    hook.add_listener(raising)
    hook.add_listener(lambda **_: said.append("another"))
    speak_last(hook, lambda **_: said.append("last"), lambda error, _: noted.append(error) or True).open()

    hook.fire()

    assert said == ["another", "last"]
    assert noted == ([] if isinstance(error, ValueError) else [error])


def test_what_nobody_deals_with_goes_on(said):
    """Our own refusal, with 104, ends the process at once."""
    hook = EventHook()

    def refuse(**_):
        raise SystemExit(104)

    hook.add_listener(refuse)
    speak_last(hook, lambda **_: said.append("last"), lambda *_: False).open()
    with pytest.raises(SystemExit, match="104"):
        hook.fire()
    assert said == []


def test_a_listener_that_hears_first_hears_what_others_hide(said):
    """One that raises StopUser hides the event from all behind it."""
    hook = EventHook()

    def stop(**_):
        raise StopUser

    hook.add_listener(stop)
    hear_first(hook, lambda **_: said.append("heard"))
    with pytest.raises(StopUser):
        hook.fire()
    assert said == ["heard"]
