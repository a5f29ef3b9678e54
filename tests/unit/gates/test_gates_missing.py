"""What was measured in the place of a name that a threshold selects: the nearest one, and what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.missing import instead

CALL = "in the locustfile"
NAMES = [
    (
        "a query",
        "/api/products",
        ["/api/products?page=1", "/cart"],
        (
            "; measured was '/api/products?page=1': give these requests name='/api/products' in the locustfile,"
            " or select name:/api/products?*"
        ),
    ),
    (
        "many queries",
        "/api/products",
        [f"/api/products?page={n}" for n in range(42)],
        (
            "; measured was '/api/products?page=0' and 41 others like it: give these requests name='/api/products'"
            " in the locustfile, or select name:/api/products?*"
        ),
    ),
    (
        "one where none was sent",
        "/api/products?page=1",
        ["/api/products"],
        (
            "; measured was '/api/products': select name:/api/products, or give the requests"
            " name='/api/products?page=1' in the locustfile"
        ),
    ),
    (
        "a slash at its end",
        "/feed/",
        ["/feed"],
        "; measured was '/feed': select name:/feed, or give the requests name='/feed/' in the locustfile",
    ),
    (
        "none at its end",
        "/feed",
        ["/feed/"],
        "; measured was '/feed/': select name:/feed/, or give the requests name='/feed' in the locustfile",
    ),
    (
        "other capitals",
        "/Feed",
        ["/feed", "/fees"],
        "; measured was '/feed': select name:/feed, or give the requests name='/Feed' in the locustfile",
    ),
    ("the method before it", "GET /feed", ["/feed"], "; measured was '/feed': select name:/feed,method:GET"),
    (
        "the method before what was measured",
        "/feed",
        ["GET /feed"],
        "; measured was 'GET /feed': select name:GET /feed, or give the requests name='/feed' in the locustfile",
    ),
    (
        "a whole address",
        "/feed",
        ["http://127.0.0.1:8000/feed?page=2"],
        (
            "; measured was 'http://127.0.0.1:8000/feed?page=2': select name:http://127.0.0.1:8000/feed?page=2,"
            " or give the requests name='/feed' in the locustfile"
        ),
    ),
    (
        "an id in the path",
        "/products",
        ["/products/17", "/products/4"],
        (
            "; measured was '/products/17' and 1 other like it: give these requests name='/products' in the locustfile,"
            " or select name:/products/*"
        ),
    ),
    (
        "what stands before it",
        "/products",
        ["/api/v2/products"],
        "; measured was '/api/v2/products': select name:/api/v2/products",
    ),
    (
        "a name that was cut",
        "/" + "x" * 300,
        ["/" + "x" * 198 + "…"],
        f"; measured was '/{'x' * 198}…': end the name with *",
    ),
    ("a slip of the pen", "/prodcuts", ["/products", "/cart"], "; did you mean '/products'?"),
    ("none near", "/checkout", ["/a", "/b"], "; there are /a, /b"),
    (
        "a beginning of a query",
        "/products*",
        ["/Products?page=1"],
        "; measured was '/Products?page=1': select name:/Products?page=1,",
    ),
    (
        "an address that is none",
        "/feed",
        ["http://[/feed"],
        "; measured was 'http://[/feed': select name:http://[/feed",
    ),
    ("nothing", "/feed", [], ""),
    (
        "braces are text",
        "/{first}",
        ["/{first}?a={wanted}"],
        "; measured was '/{first}?a={wanted}': give these requests name='/{first}'",
    ),
]


@pytest.mark.parametrize("wanted, measured, told", [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_what_was_measured_instead(wanted, measured, told):
    """The nearest name comes first, with the cure; without a near one there is the list."""
    said = instead(wanted, measured)
    assert said.startswith(told)
    assert said if measured else not said


ANY = st.text(st.sampled_from("/a?#:*{}[ G=1é%…"), max_size=12)


@given(ANY, st.lists(ANY, max_size=4))
def test_any_names(wanted, measured):
    """Whatever the names: a sentence that names one that was measured, or nothing."""
    said = instead(wanted, measured)
    assert not said or any(repr(name) in said or name in said for name in measured)
