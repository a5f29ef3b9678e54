"""The table of routes: which path leads where."""

import pytest

from locust_ext.demo.routes import ROUTES, UNKNOWN, find

PATHS = [
    ("a feed", "/communities/7/posts", "/communities/{id}/posts", "7"),
    ("a post", "/posts/12", "/posts/{id}", "12"),
    ("a key with a dot", "/hot/a.b", "/hot/{key}", "a.b"),
    ("the ticks", "/ticks", "/ticks", ""),
    ("no identifier", "/posts/", "other", ""),
    ("a slash too many", "/posts/1/", "other", ""),
    ("an identifier with a slash", "/hot/a/b", "other", ""),
    ("an endless identifier", "/hot/" + "k" * 101, "other", ""),
    ("a line break behind it", "/ticks\n", "other", ""),
    ("the root", "/", "other", ""),
    ("nothing", "", "other", ""),
]


@pytest.mark.parametrize("path, template, ident", [row[1:] for row in PATHS], ids=[row[0] for row in PATHS])
def test_find(path, template, ident):
    """A path leads to one template and one identifier."""
    route, found = find(path)
    assert (template, ident) == (route.template, found)


def test_only_watchers_are_not_load():
    """Health and metrics are the routes that are not counted as load, and no fault touches them."""
    assert [route.template for route in ROUTES if not route.api] == ["/health", "/metrics"]
    assert not any(route.may_fail for route in ROUTES if not route.api)
    assert UNKNOWN.api


def test_where_a_fault_may_answer():
    """In place of what people ask for, and of nothing else; who watches is no load."""
    assert [route.template for route in ROUTES if route.may_fail] == [
        "/communities/{id}/posts", "/posts/{id}", "/hot/{key}",
    ]  # fmt: skip
    assert find("/nowhere")[0] is UNKNOWN
    assert (UNKNOWN.api, UNKNOWN.may_fail, UNKNOWN.handlers) == (True, False, {})
