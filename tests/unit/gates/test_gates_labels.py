"""Which selections can match, as far as it is known before a run: a sentence a row."""

import pytest

from locust_ext.gates.labels import CodeTags, Labels
from locust_ext.gates.thresholds import parse_selector
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.series import Selector

RUN = Labels(
    phases=frozenset({"warmup", "recovery"}),
    is_settled=True,
    scenarios={"smoke": {"area": "feed"}, "soak": {}},
    tags={"team": "red"},
    code=lambda: CodeTags(frozenset({"endpoint"}), is_read=True),
)
PLAIN = Labels(tags={"team": "red"})

NEVER = [
    ("k6's group", PLAIN, "http_req_duration{group:::main}", "there are no groups"),
    ("k6's group on checks", PLAIN, "checks{group:::main}", "there are no groups"),
    ("k6's expected_response", PLAIN, "http_req_duration{expected_response:true}", "judge http_req_failed beside"),
    ("a URL", PLAIN, "http_req_duration{url:http://a/b}", "give the requests a name in the locustfile"),
    ("a protocol", PLAIN, "http_reqs{proto:HTTP/2.0}", "requests do not carry it here"),
    ("one that a metric of one's own could carry", PLAIN, "mine{tls_version:1.3}", "requests do not carry it here"),
    ("one of several tags", PLAIN, "http_reqs{name:/feed,error_code:1050}", "'error_code'"),
    ("a scenario without scenarios", PLAIN, "http_reqs{scenario:smoke}", "the run has no scenarios"),
    ("any scenario without scenarios", PLAIN, "iterations{scenario:*}", "the run has no scenarios"),
    ("a misspelled scenario", RUN, "http_reqs{scenario:smok}", "no scenario 'smok'; did you mean 'smoke'?"),
    ("a beginning of no scenario", RUN, "http_reqs{scenario:x*}", "there is no scenario 'x*'; there are smoke, soak"),
    ("users of a scenario", RUN, "vus{scenario:smoke}", "vus carries no tag 'scenario'; there are phase"),
    ("the tag of another scenario", RUN, "http_reqs{scenario:soak,area:feed}", "'area'"),
    ("a tag of the run with another value", RUN, "iterations{team:blue}", "team is red in this run, and never 'blue'"),
    ("the same on requests", RUN, "http_reqs{team:blue}", "team is red in this run, and never 'blue'"),
    ("a tag of no scenario with that value", RUN, "http_reqs{area:news}", "area is feed in this run"),
    ("a phase of another load", RUN, "http_reqs{phase:peak}", "the load of this run has no phase 'peak'"),
    ("a misspelled phase", RUN, "vus{phase:recovry}", "has no phase 'recovry'; did you mean 'recovery'?"),
    ("a beginning of no phase", RUN, "http_reqs{phase:level-*}", "the load of this run has no phase 'level-*'"),
    ("a phase of no shape", Labels(frozenset({"hold"})), "http_reqs{phase:hodl}", "no shape has a phase 'hodl'"),
    ("names of iterations", PLAIN, "iterations{name:/feed}", "iterations carries no tag 'name'; there are phase"),
    ("a tag of one's own on the generator", PLAIN, "generator_lag{worker:1}", "generator_lag carries no tag 'worker'"),
    ("a check of requests", PLAIN, "http_req_failed{check:ok}", "carries no tag 'check'; there are"),
    ("the status of checks", PLAIN, "checks{status:200}", "checks carries no tag 'status'"),
    ("the type of HTTP", PLAIN, "http_reqs{type:ws}", "carries no tag 'type'"),
    ("the method of others", PLAIN, "reqs{method:send}", "carries no tag 'method'"),
    ("HTTP among the others", PLAIN, "req_duration{type:GET}", "their metrics begin with http_"),
    ("no method", PLAIN, "http_reqs{method:GTE}", "'GTE' is not a method of HTTP; did you mean 'GET'?"),
    ("which read a lag was found by", PLAIN, "replica_lag{read:first}", "replica_lag carries no tag 'read'; there are"),
    ("a class of statuses", PLAIN, "http_reqs{status:5xx}", "statuses are numbers: write 5*"),
]  # fmt: skip


@pytest.mark.parametrize("labels, text, why", [row[1:] for row in NEVER], ids=[row[0] for row in NEVER])
def test_never(labels, text, why):
    """What cannot match is said in a sentence, with what there is instead."""
    assert why in labels.never(parse_selector(text))
    assert labels.never(parse_selector(text))


def code(*words, **more):
    """Return labels of a locustfile that says these words."""
    return Labels(code=lambda: CodeTags(frozenset(words), is_read=True, **more))


MAY = [
    ("everything", PLAIN, "http_req_duration"),
    ("a name", PLAIN, "http_req_duration{name:/feed}"),
    ("a method", PLAIN, "http_reqs{method:GET}"),
    ("a method as a client may spell it", PLAIN, "http_reqs{method:get}"),
    ("a beginning of methods", PLAIN, "http_reqs{method:P*}"),
    ("a status", PLAIN, "http_reqs{status:200}"),
    ("a beginning of statuses", PLAIN, "http_reqs{status:5*}"),
    ("a type", PLAIN, "req_duration{type:ws}"),
    ("a check", PLAIN, "checks{check:is 200}"),
    ("a tag of the team's, before its code is known", PLAIN, "http_reqs{endpoint:feed}"),
    ("a tag of the team's that its code does not say", RUN, "http_reqs{customer:acme}"),
    ("such a tag of its own metric", RUN, "mine{customer:acme}"),
    ("the team's url", code("url"), "http_req_duration{url:/feed}"),
    ("the team's group", code("group"), "http_req_duration{group:checkout}"),
    ("the team's scenario", code("scenario"), "http_req_duration{scenario:browse}"),
    ("the team's phase of its own metric", code("phase"), "mine{phase:checkout}"),
    ("a tag of which only the run knows the name", code(has_any=True), "http_req_duration{group:checkout}"),
    ("a tag of a metric of ours that the team feeds", code("stale_time"), "stale_time{feed:prices}"),
    ("a tag of the run", RUN, "iterations{team:red}"),
    ("a tag of the run on what is of no scenario", RUN, "vus{team:red}"),
    ("a beginning of it", RUN, "iterations{team:r*}"),
    ("the tag of a scenario", RUN, "iterations{area:feed}"),
    ("the tag of that scenario", RUN, "http_reqs{scenario:smoke,area:feed}"),
    ("a tag of the run that the code may set for a request", Labels(tags={"team": "red"}), "http_reqs{team:blue}"),
    ("the same where it is read",
     Labels(tags={"team": "red"}, code=lambda: CodeTags(frozenset({"team"}), is_read=True)), "http_reqs{team:blue}"),
    ("a scenario", RUN, "http_reqs{scenario:soak}"),
    ("a scenario of the run's tags", Labels(tags={"scenario": "nightly"}), "http_reqs{scenario:nightly}"),
    ("a group of the run's tags", Labels(tags={"group": "nightly"}), "vus{group:nightly}"),
    ("beginnings of scenarios", RUN, "http_reqs{scenario:s*}"),
    ("a phase", RUN, "http_reqs{phase:recovery}"),
    ("a beginning of phases", RUN, "http_reqs{phase:rec*}"),
    ("a beginning of phases of a shape that may come", Labels(), "http_reqs{phase:level-*}"),
    ("the commit", PLAIN, "http_reqs{git_sha:12345678}"),
    ("where requests should have gone", PLAIN, "blocked_requests{origin:https://example.com}"),
    ("the messages of a path", PLAIN, "message_age{name:/ws}"),
    ("the lag of a kind of write", PLAIN, "replica_lag{name:post}"),
    ("the reads of those who look at once", PLAIN, "stale_reads{name:post,read:first}"),
]  # fmt: skip


@pytest.mark.parametrize("labels, text", [row[1:] for row in MAY], ids=[row[0] for row in MAY])
def test_may(labels, text):
    """What can match, or what nobody knows before the run, is not refused."""
    assert not labels.never(parse_selector(text))


@pytest.mark.parametrize("metric", sorted(BUILT_IN))
def test_the_whole_of_every_metric(metric):
    """A metric without tags, and one with its phase, is never refused."""
    assert not RUN.never(Selector(metric))
    assert not RUN.never(Selector(metric, (("phase", "recovery"),)))


def test_code_is_not_read_without_need():
    """Reading it costs, and most thresholds need not."""
    labels = Labels(phases=frozenset({"hold"}), scenarios={"a": {}}, code=lambda: pytest.fail("read"))
    for text in ("http_reqs{name:/feed,phase:hold}", "vus", "checks{check:x}", "iterations{scenario:a}", "mine{a:b}"):
        assert not labels.never(parse_selector(text))
