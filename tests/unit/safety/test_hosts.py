"""Which hosts are private, staging or production; and what is not known is production."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.hosts import STAGING, HostKind, classify

PRIVATE, STAGE, PRODUCTION = HostKind.PRIVATE, HostKind.STAGING, HostKind.PRODUCTION

KINDS = [
    ("this machine", "localhost", PRIVATE),
    ("this machine as a URL", "http://localhost:8080/base", PRIVATE),
    ("capital letters", "HTTP://LocalHost", PRIVATE),
    ("a name below it", "api.localhost", PRIVATE),
    ("a name that begins like it", "localhost.example.com", PRODUCTION),
    ("a name that ends like it", "notlocalhost.com", PRODUCTION),
    ("loopback", "127.0.0.1", PRIVATE),
    ("loopback with a port", "127.0.0.1:8080", PRIVATE),
    ("another loopback", "http://127.8.9.10", PRIVATE),
    ("any address of this machine", "http://0.0.0.0:9000", PRIVATE),
    ("loopback in IPv6", "http://[::1]:8080", PRIVATE),
    ("loopback in IPv6 without brackets", "::1", PRIVATE),
    ("loopback in IPv6, written out", "http://[0:0:0:0:0:0:0:1]", PRIVATE),
    ("10/8", "http://10.1.2.3", PRIVATE),
    ("172.16/12, its last", "172.31.255.255", PRIVATE),
    ("beyond 172.16/12", "172.32.0.0", PRODUCTION),
    ("192.168/16", "https://192.168.0.1:8443", PRIVATE),
    ("link local", "169.254.10.10", PRIVATE),
    ("unique local in IPv6", "http://[fd12:3456::1]", PRIVATE),
    ("link local in IPv6", "http://[fe80::1]", PRIVATE),
    ("link local in IPv6 with its link", "http://[fe80::1%25eth0]:80", PRIVATE),
    ("IPv4 in IPv6, private", "http://[::ffff:10.0.0.1]", PRIVATE),
    ("IPv4 in IPv6, public", "http://[::ffff:93.184.215.14]", PRODUCTION),
    ("a public address", "http://93.184.215.14", PRODUCTION),
    ("a public address in IPv6", "http://[2606:2800:21f:cb07::1]", PRODUCTION),
    ("the addresses of a carrier", "100.64.0.1", PRODUCTION),
    ("Teredo, which leads outside", "http://[2001::1]", PRODUCTION),
    ("6to4, which leads outside", "http://[2002:7f00:1::]", PRODUCTION),
    ("a name without a dot", "http://feed:8080", PRIVATE),
    ("a name without a dot, and a dot", "feed.", PRIVATE),
    ("a name with an underline", "feed_service", PRIVATE),
    ("mDNS", "printer.local", PRIVATE),
    ("internal", "https://feed.prod.internal", PRIVATE),
    ("no label before it", ".internal", PRODUCTION),
    ("a test domain", "feed.test", PRIVATE),
    ("a home", "nas.home.arpa", PRIVATE),
    ("it says staging", "https://staging.example.com", STAGE),
    ("staging within", "feed.staging.example.com", STAGE),
    ("staging behind a dash", "https://feed-staging.example.com:8443/a", STAGE),
    ("staging before a dash", "staging-feed.example.com", STAGE),
    ("staging as a part of a word", "upstaging.example.com", PRODUCTION),
    ("staging as a path", "https://example.com/staging.example.com", PRODUCTION),
    ("staging as a user", "https://staging.example.com@example.com", PRODUCTION),
    ("a name of the world", "https://shop.example.com", PRODUCTION),
    ("a name of the world with a dot at its end", "https://shop.example.com./", PRODUCTION),
    ("a dot at its end", "http://localhost./", PRIVATE),
    ("two dots at its end", "http://localhost../", PRODUCTION),
    ("a dot behind an address", "127.0.0.1.", PRIVATE),
    ("one number", "http://2130706433", PRODUCTION),
    ("one number in hex", "http://0x7f000001", PRODUCTION),
    ("an octal number", "http://017700000001", PRODUCTION),
    ("octal parts", "http://0177.0.0.1", PRODUCTION),
    ("hex parts", "http://0x7f.0.0.1", PRODUCTION),
    ("too few parts", "http://127.1", PRODUCTION),
    ("other digits", "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11", PRIVATE),
    ("an international name", "https://bücher.example.com", PRODUCTION),
    ("an international name, private", "https://bücher.local", PRIVATE),
    ("the same over the wire", "https://xn--bcher-kva.local", PRIVATE),
    ("a sign that becomes a dot", "http://evil。com", PRODUCTION),
    ("a wide dot", "http://evil\uff0ecom", PRODUCTION),
    ("a user and a password", "http://me:secret@localhost", PRIVATE),
    ("localhost as a user", "http://localhost@shop.example.com", PRODUCTION),
    ("localhost as user and password", "http://localhost:80@shop.example.com", PRODUCTION),
    ("a backslash", "http://shop.example.com\\@localhost/", PRODUCTION),
    ("a dot in disguise", "http://localhost%2eexample.com", PRODUCTION),
    ("a semicolon", "http://localhost;shop.example.com", PRODUCTION),
    ("localhost as a fragment", "http://shop.example.com#localhost", PRODUCTION),
    ("a name with a path", "localhost/shop.example.com", PRODUCTION),
    ("one slash", "http:/shop.example.com", PRODUCTION),
    ("no slash", "http:shop.example.com", PRODUCTION),
    ("three slashes", "http:///localhost", PRODUCTION),
    ("no port", "http://localhost:x", PRODUCTION),
    ("too large a port", "http://localhost:99999", PRODUCTION),
    ("a tabulator", "http://local\thost", PRODUCTION),
    ("a line feed", "localhost\n", PRODUCTION),
    ("a space", "local host", PRODUCTION),
    ("half an IPv6 address", "http://[::1", PRODUCTION),
    ("too long a label", "a" * 64, PRODUCTION),
    ("nothing", "", PRODUCTION),
    ("a scheme alone", "http://", PRODUCTION),
]


@pytest.mark.parametrize("host, kind", [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_kind(host, kind):
    """A host is what its name says, without asking anybody."""
    assert classify(host) is kind


PATTERNS = [
    # host, staging, production, kind
    ("a staging pattern of one's own", "https://qa.example.com", ["qa.*"], [], STAGE),
    ("which replaces the usual ones", "https://staging.example.com", ["qa.*"], [], PRODUCTION),
    ("a whole name", "https://shop.example.com:8443", ["shop.example.com"], [], STAGE),
    ("capital letters", "https://QA.example.com", ["Qa.EXAMPLE.com"], [], STAGE),
    ("a dot at the end of either", "https://qa.example.com.", ["qa.example.com."], [], STAGE),
    ("an address", "93.184.215.14", ["93.184.215.*"], [], STAGE),
    ("an IPv6 address in brackets", "http://[2606:2800:0:0::1]", ["[2606:2800::1]"], [], STAGE),
    ("an international name", "https://xn--bcher-kva.de", ["bücher.de"], [], STAGE),
    ("a pattern is not part of a name", "https://qa.example.com.evil.org", ["qa.example.com"], [], PRODUCTION),
    ("a port makes no more of it staging", "https://shop.example.com", ["shop.example.com:8443"], [], PRODUCTION),
    ("everything, but garbage", "http://a b", ["*"], [], PRODUCTION),
    ("production wins over staging", "https://staging.example.com", STAGING, ["*.example.com"], PRODUCTION),
    ("production wins over private names", "feed.prod.internal", STAGING, ["*.prod.internal"], PRODUCTION),
    ("production wins over names without a dot", "http://feed", STAGING, ["feed"], PRODUCTION),
    ("production wins over private addresses", "10.1.2.3", STAGING, ["10.*"], PRODUCTION),
    ("also within IPv6", "http://[::ffff:a01:203]", STAGING, ["10.*"], PRODUCTION),
    ("also with a dot", "10.1.2.3.", STAGING, ["10.1.2.3"], PRODUCTION),
    ("also with a port in the pattern", "http://feed:81", STAGING, ["feed:80"], PRODUCTION),
    ("also loopback in another spelling", "http://[0::1]", STAGING, ["::1"], PRODUCTION),
    ("other names stay", "feed.dev.internal", STAGING, ["*.prod.internal"], PRIVATE),
]


@pytest.mark.parametrize(
    "host, staging, production, kind", [row[1:] for row in PATTERNS], ids=[row[0] for row in PATTERNS]
)
def test_patterns(host, staging, production, kind):
    """What a configuration calls staging is staging, unless it calls it production too."""
    assert classify(host, staging, production) is kind


@given(st.text(), st.sampled_from(["", "http://", "https://user@"]), st.sampled_from(["", ".local", ".com", ":80"]))
def test_any_text_has_a_kind(text, before, after):
    """Nothing is raised for any text, and production is what nobody knows."""
    assert classify(f"{before}{text}{after}") in HostKind
    assert classify(f"{before}{text}{after}", production=["*"]) is PRODUCTION


@given(st.ip_addresses())
def test_no_address_of_the_world_is_private(address):
    """What Python calls global is production, in each spelling."""
    spelt = f"[{address.exploded}]" if address.version == 6 else str(address)
    kinds = {classify(str(address)), classify(f"http://{spelt}:80/a"), classify(spelt)}
    assert len(kinds) == 1
    public = getattr(address, "ipv4_mapped", None) or address
    assert not public.is_global or kinds == {PRODUCTION}


@pytest.mark.parametrize("network", ["10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7"])
def test_addresses_of_a_private_network(network):
    """All of them are private, in each spelling, from the first to the last."""

    @given(
        st.ip_addresses(network=network)
        | st.sampled_from([ipaddress.ip_network(network)[0], ipaddress.ip_network(network)[-1]])
    )
    def property_(address):
        spelt = f"[{address.exploded}]" if address.version == 6 else str(address)
        assert {classify(str(address)), classify(f"http://{spelt}:80/a"), classify(spelt)} == {PRIVATE}

    property_()


@given(st.ip_addresses(network="10.0.0.0/8"))
def test_mapped_addresses(address):
    """An IPv4 address in IPv6 is what it is in IPv4."""
    assert classify(f"http://[{ipaddress.IPv6Address(f'::ffff:{address}')}]") is PRIVATE
