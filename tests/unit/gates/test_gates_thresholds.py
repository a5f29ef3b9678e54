"""The grammar of thresholds: k6's, read before the first request."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locust_ext.gates.thresholds import (
    METHODS,
    Assertion,
    Threshold,
    ThresholdError,
    check_kind,
    kind_for,
    parse_assertion,
    parse_selector,
)
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind

KINDS = {name: metric.kind for name, metric in BUILT_IN.items()} | {
    "Errors": Kind.COUNTER,
    "ContentSize": Kind.GAUGE,
    "ContentOK": Kind.RATE,
    "RTT": Kind.TREND,
}

K6_EXAMPLES = [
    ("http_req_failed", "rate<0.01"),
    ("http_req_duration", "p(95)<200"),
    ("http_req_duration", "p(90) < 400"),
    ("http_req_duration", "p(95) < 800"),
    ("http_req_duration", "p(99.9) < 2000"),
    ("http_req_duration", "p(99) < 1000"),
    ("http_req_duration", "avg < 200"),
    ("http_req_duration", "max<2000"),
    ("http_reqs", "count >= 10"),
    ("http_reqs", "rate>100"),
    ("http_req_failed", "rate==0"),
    ("http_req_failed", "rate===0"),
    ("http_req_failed", "rate != 1"),
    ("iterations", "rate>4"),
    ("Errors", "count<100"),
    ("ContentSize", "value<4000"),
    ("ContentOK", "rate>0.95"),
    ("RTT", "p(99)<300"),
    ("RTT", "p(70)<250"),
    ("RTT", "med<150"),
    ("RTT", "min<100"),
    ("checks", "rate>0.9"),
    ("checks{myTag:hola}", "rate>0.9"),
    ("http_req_duration{type:API}", "p(95)<500"),
    ("http_req_duration{type:staticContent}", "p(95)<200"),
    ("http_req_duration{status:200}", "max<=1e3"),
    ("http_req_duration{name:http://example.com,method:GET}", "p(95)<500"),
]


@pytest.mark.parametrize("selector, text", K6_EXAMPLES, ids=[f"{row[0]}: {row[1]}" for row in K6_EXAMPLES])
def test_what_k6_accepts(selector, text):
    """The thresholds of k6's documentation are read, on metrics of k6's kinds."""
    chosen = parse_selector(selector)
    kind = kind_for(chosen, KINDS)
    assertion = parse_assertion(text)
    check_kind(assertion, kind, chosen.metric)
    assert assertion.method.split("(")[0] in text


MEANINGS = [
    ("p(95)<400", Assertion("p", "<", 400, 95)),
    (" p( 99.9 ) <= 2e3 ", Assertion("p", "<=", 2000, 99.9)),
    ("rate<.01", Assertion("rate", "<", 0.01)),
    ("count>=+10", Assertion("count", ">=", 10)),
    ("value>-5", Assertion("value", ">", -5)),
    ("rate===0", Assertion("rate", "===", 0)),
    ("p(0)>1", Assertion("p", ">", 1, 0)),
    ("p(100)<1", Assertion("p", "<", 1, 100)),
]


@pytest.mark.parametrize("text, assertion", MEANINGS, ids=[row[0] for row in MEANINGS])
def test_meaning(text, assertion):
    """An assertion is its method, its operator, its bound and its percentile."""
    assert assertion == parse_assertion(text)


REFUSED = [
    ("an operator that is none", "count!20", "is not a threshold"),
    ("an unknown method", "foo>20", "is not a threshold"),
    ("a bound that is not a number", "count>abc", "is not a threshold"),
    ("an empty percentile", "p()<1", "is not a threshold"),
    ("an open parenthesis", "p(99<1", "is not a threshold"),
    ("a percentile of text", "p(foo)<1", "is not a threshold"),
    ("a negative percentile", "p(-1)<1", "between 0 and 100"),
    ("over a hundred", "p(101)<1", "between 0 and 100"),
    ("not a number", "p(NaN)<1", "is not a threshold"),
    ("infinity", "p(+Inf)<1", "is not a threshold"),
    ("no bound", "p(95)<", "is not a threshold"),
    ("no operator", "p(95) 400", "is not a threshold"),
    ("no method", "<400", "is not a threshold"),
    ("nothing", "", "is not a threshold"),
    ("two at once", "p(95)<400 && p(99)<500", "is not a threshold"),
    ("one equals sign", "rate=0", "is not a threshold"),
    ("a unit", "p(95)<400ms", "is not a threshold"),
    ("capital letters", "P(95)<400", "is not a threshold"),
    ("p without parentheses", "p95<400", "is not a threshold"),
    ("a bound that nothing reaches", "p(95)<1e999", "too large"),
    ("an infinite bound", "p(95)<Inf", "is not a threshold"),
]


@pytest.mark.parametrize("text, why", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_k6_refuses(text, why):
    """What cannot mean anything is refused, in a sentence that quotes it."""
    with pytest.raises(ThresholdError, match=why) as caught:
        parse_assertion(text)
    assert repr(text) in str(caught.value)


ASSERTIONS = st.builds(
    lambda method, operator, bound, percent: Assertion(method, operator, bound, percent if method == "p" else None),
    st.sampled_from(["count", "rate", "value", "avg", "min", "max", "med", "p"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "===", "!="]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 100),
)


@given(ASSERTIONS)
def test_round_trip(assertion):
    """What is printed reads back as the same assertion, to the last digit."""
    assert assertion == parse_assertion(str(assertion))


SIGNS = "p()<>=!. 0159eE+-ratecounvlgmdix"
NEARLY = st.builds(
    lambda text, at, sign: text[: at % (len(text) + 1)] + sign + text[at % (len(text) + 1) :],
    ASSERTIONS.map(str),
    st.integers(0, 30),
    st.sampled_from(["", *SIGNS]),
)
"""Assertions in which one sign more may stand somewhere."""


def test_any_text_is_an_assertion_or_refused():
    """Text is read, and then prints to something that reads the same and can be evaluated, or it is refused."""
    drawn = []

    @settings(max_examples=100)
    @given(st.text(st.sampled_from(SIGNS)) | NEARLY)
    def property_(text):
        try:
            assertion = parse_assertion(text)
        except ThresholdError as error:
            drawn.append(str(error))
            return
        assert assertion == parse_assertion(str(assertion))
        assert assertion.least_samples >= 1
        drawn.append(assertion)

    property_()
    assert sum(isinstance(one, Assertion) for one in drawn) > 10
    assert sum(isinstance(one, str) for one in drawn) > 10


PRINTED = [("p(95.0)<400.0", "p(95)<400"), ("p(99.99999)<1", "p(99.99999)<1"), ("rate < 0.010", "rate<0.01")]


@pytest.mark.parametrize("text, printed", PRINTED, ids=[row[0] for row in PRINTED])
def test_printed(text, printed):
    """An assertion prints as people write it, and as precisely."""
    assert printed == str(parse_assertion(text))


LEAST = [
    ("p(95)<1", 20),
    ("p(99)<1", 100),
    ("p(99.9)<1", 1000),
    ("p(99.99)<1", 10_000),
    ("p(90)<1", 10),
    ("med<1", 2),
    ("p(5)<1", 20),
    ("p(0)<1", 1),
    ("p(100)<1", 1),
    ("avg<1", 1),
    ("count<1", 1),
]


@pytest.mark.parametrize("text, least", LEAST, ids=[row[0] for row in LEAST])
def test_least_samples(text, least):
    """A percentile needs as many samples as make its tail one sample."""
    assert least == parse_assertion(text).least_samples


SELECTORS = [
    ("a metric", "http_reqs", "http_reqs", {}),
    ("a tag", "m{a:b}", "m", {"a": "b"}),
    ("tags in any order", "m{b:2,a:1}", "m", {"a": "1", "b": "2"}),
    ("spaces", " m { a : b , c : d } ", "m", {"a": "b", "c": "d"}),
    ("a colon in the value", "m{name:/communities/:id/posts}", "m", {"name": "/communities/:id/posts"}),
    ("a URL as the value", "m{name:http://h:80/a}", "m", {"name": "http://h:80/a"}),
    ("braces in the value", "m{name:/a/{id}}", "m", {"name": "/a/{id}"}),
    ("a comma in the value", "m{name:a,b}", "m", {"name": "a,b"}),
    ("quotes", 'm{a:\'b\',"c":"d"}', "m", {"a": "b", "c": "d"}),
    ("a star", "m{name:/a*}", "m", {"name": "/a*"}),
    ("k6's groups", "m{group:::individualRequests}", "m", {"group": "::individualRequests"}),
]


@pytest.mark.parametrize("text, metric, tags", [row[1:] for row in SELECTORS], ids=[row[0] for row in SELECTORS])
def test_selector(text, metric, tags):
    """A selector is a metric and sorted tags, and prints to what reads the same."""
    selector = parse_selector(text)
    assert (metric, tags) == (selector.metric, dict(selector.tags))
    assert selector == parse_selector(str(selector))


NO_SELECTORS = [
    ("nothing", "", "names no metric"),
    ("tags alone", "{a:b}", "names no metric"),
    ("an open brace", "m{a:b", "names no metric"),
    ("empty braces", "m{}", "is not a tag"),
    ("a tag without a value", "m{a:}", "is not a tag"),
    ("a tag without a key", "m{:b}", "is not a tag"),
    ("a tag without a colon", "m{a}", "is not a tag"),
    ("a tag twice", "m{a:b,a:c}", "twice"),
    ("two metrics", "m n", "names no metric"),
    ("something behind", "m{a:b} n", "names no metric"),
]


@pytest.mark.parametrize("text, why", [row[1:] for row in NO_SELECTORS], ids=[row[0] for row in NO_SELECTORS])
def test_no_selector(text, why):
    """A selection that means nothing is refused in a sentence."""
    with pytest.raises(ThresholdError, match=why):
        parse_selector(text)


NAMES = st.text(st.sampled_from("abc_.-"), min_size=1, max_size=5)


@given(NAMES, st.dictionaries(NAMES, st.text(st.sampled_from("abc/:*{}"), min_size=1, max_size=8)))
def test_selector_round_trip(metric, tags):
    """Any metric and tags print to a selector that reads back the same."""
    selector = Selector(metric, tuple(sorted(tags.items())))
    assert selector == parse_selector(str(selector))


UNKNOWN = [
    ("a slip", "http_req_duraton", "there is no metric 'http_req_duraton'; did you mean 'http_req_duration'?"),
    ("nothing like it", "zzz", "there is no metric 'zzz'; there are "),
]


@pytest.mark.parametrize("metric, message", [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
def test_unknown_metric(metric, message):
    """A metric that does not exist is refused with the nearest one, or with all."""
    with pytest.raises(ThresholdError) as caught:
        kind_for(Selector(metric), KINDS)
    assert str(caught.value).startswith(message)


EVERY = {"count": "count>1", "rate": "rate>1", "value": "value>1", "avg": "avg>1", "min": "min>1", "max": "max>1"} | {
    "med": "med>1",
    "p(N)": "p(95)>1",
}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("method", EVERY)
def test_methods_of_kinds(kind, method):
    """A method that its metric's kind has not is refused with those that it has; the others pass."""
    assertion = parse_assertion(EVERY[method])
    if method in METHODS[kind]:
        assert check_kind(assertion, kind, "m") is None
    else:
        with pytest.raises(ThresholdError) as caught:
            check_kind(assertion, kind, "m")
        assert all(known in str(caught.value) for known in ("m is a " + kind, assertion.aggregate, *METHODS[kind]))


def test_the_kinds_have_k6s_methods():
    """The methods are k6's, and count on trends is ours."""
    assert METHODS == {
        Kind.COUNTER: ("count", "rate"),
        Kind.GAUGE: ("value",),
        Kind.RATE: ("rate",),
        Kind.TREND: ("avg", "min", "max", "med", "p(N)", "count"),
        Kind.TIMELINE: (),
    }


def test_threshold():
    """A threshold knows its phase and how many samples it needs, the more of what it asks and what it takes."""
    selector, assertion = parse_selector("http_req_duration{phase:surge}"), parse_assertion("p(99)<5")
    threshold = Threshold(selector, assertion, Kind.TREND, min_samples=50)
    assert (threshold.phase, threshold.needed) == ("surge", 100)
    assert Threshold(Selector("m"), assertion, Kind.TREND, min_samples=500).needed == 500
    assert Threshold(Selector("m"), assertion, Kind.TREND).phase == ""
    assert str(threshold) == "http_req_duration{phase:surge}: p(99)<5"
