"""Where a request leads is read once for each origin, and never otherwise than geventhttpclient reads it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from locust_ext.clients.lean import heads
from locust_ext.clients.lean.heads import MOST_ADDRESSES, address_of, read_address

ORIGINS = ("http://shop", "https://shop.example.com:8443", "http://[::1]:80", "http://me:secret@shop", "HTTP://shop")
PIECES = (
    "a",
    "B",
    "7",
    "/",
    "//",
    "?",
    "&",
    "=",
    "%20",
    "%zz",
    "%7e",
    "#",
    ";",
    "ä",
    " ",
    "..",
    ".",
    "[",
    "]",
    "@",
    ":",
)


@given(
    st.sampled_from(ORIGINS),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
)
@example("http://shop", "a;")
@example("http://shop", "a?")
@example("http://shop", "/evil.com/a")
@example("http://shop", "a?b?c")
def test_it_is_what_geventhttpclient_makes_of_it(origin, rest):
    """Also of an address that it had not seen before."""
    for url in (f"{origin}/{rest}", f"{origin}{rest}"):
        assert address_of(url) == read_address(url), url


def test_what_is_remembered_is_bounded():
    """However many addresses are odd."""
    for number in range(MOST_ADDRESSES + 10):
        address_of(f"http://shop/%20{number}")
    assert len(heads._ADDRESSES) <= MOST_ADDRESSES
