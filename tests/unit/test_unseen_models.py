"""Models are built when they are first needed, and by us alone: no plugin of pydantic's sees them."""

import os

import pytest
from pydantic import BeforeValidator, GetCoreSchemaHandler

from locust_ext.text.models import PLUGINS, Model, without_plugins


class Looking:
    """A type that notes which plugins are left out while its model is built."""

    seen: list[str | None] = []

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler):
        """Note it."""
        cls.seen.append(os.environ.get(PLUGINS))
        return handler.generate_schema(str)


@pytest.mark.parametrize("before", [None, "theirs"])
def test_plugins_are_left_out_of_a_block(monkeypatch, before):
    """And it is afterwards as it was before, whatever is raised in it."""
    if before is None:
        monkeypatch.delenv(PLUGINS, raising=False)
    else:
        monkeypatch.setenv(PLUGINS, before)
    with pytest.raises(RuntimeError, match=r"^__all__$"), without_plugins():
        raise RuntimeError(os.environ[PLUGINS])
    assert os.environ.get(PLUGINS) == before


def test_a_model_is_built_without_plugins(monkeypatch):
    """Not when it is written down, but when it is first needed."""
    monkeypatch.delenv(PLUGINS, raising=False)
    Looking.seen.clear()

    class Looked(Model):
        name: Looking

    assert Looking.seen == []
    assert Looked(name="a").name == "a"
    assert set(Looking.seen) == {"__all__"}


def test_a_model_finds_the_names_where_it_was_written():
    """Also those of the function in which that was."""
    shouted = BeforeValidator(str.upper)

    class Shouting(Model):
        name: "Loud"

    class Loud(Model):
        word: str

    assert shouted.func("a") == "A"
    assert Shouting.model_rebuild() is True
    assert Shouting(name={"word": "a"}).name.word == "a"
    assert Shouting.model_rebuild() is None
