"""Retries: when a request is sent again, how long after, how often, and what everybody is told of it."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from random import Random
from types import SimpleNamespace

import gevent
import pytest
import requests
from geventhttpclient.header import Headers
from geventhttpclient.useragent import CompatRequest
from hypothesis import given
from hypothesis import strategies as st
from locust.clients import HttpSession
from locust.contrib.fasthttp import ErrorResponse, FastHttpSession, FastResponse, LocustBadStatusCode
from locust.event import EventHook

from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.links import UserLinks
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.storms.backoff import Backoff, Clock, Hint, HintRule
from locust_ext.storms.budget import AwsQuota, Envoy, Finagle, GrpcThrottling, NoBudget, budget_for
from locust_ext.storms.curves import Constant, Table
from locust_ext.storms.options import BudgetOptions, RetryOptions
from locust_ext.storms.retry import (
    RetryStormUser,
    Story,
    Terms,
    _warn,
    can_repeat,
    marked,
    most_attempts,
    with_retries,
)

STATUSES = frozenset({429, 500, 502, 503, 504})


class Time:
    """A clock that only sleeping and sending move on."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 6))
        self.now += seconds


def play(answers, *, policy=None, attempts=10, budget=None, takes=0.0, headers=None):
    """Send one logical request that gets ``answers``, and return the last response, the story and the waits."""
    time, story, replies = Time(), Story(), iter(answers)

    def send(number):
        assert number == story.attempts + 1
        time.now += takes
        return SimpleNamespace(status_code=next(replies), headers=headers)

    terms = Terms(policy or Backoff(Constant(1.0)), attempts, STATUSES, frozenset(), budget or NoBudget())
    response = with_retries(send, terms, Random(1), clock=time.clock, sleep=time.sleep, story=story)
    return response.status_code, story, time.slept


STORIES = [
    ("what succeeds is sent once", [200], 200, 1),
    ("what fails is sent until it succeeds", [503, 500, 200], 200, 3),
    ("no answer is a failure", [0, None, 200], 200, 3),
    ("what cannot get better is not sent again", [404], 404, 1),
    ("nor after a retry", [503, 404], 404, 2),
    ("the last attempt is the caller's", [503] * 10, 503, 10),
]


@pytest.mark.parametrize("answers, last, attempts", [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_stories(answers, last, attempts):
    status, story, slept = play(answers)
    assert (status, story.attempts, story.refused) == (last, attempts, 0)
    assert slept == [1.0] * (attempts - 1)


def test_the_policy_can_give_up_first():
    assert play([503] * 10, policy=Backoff(Table((1.0, 5.0), "stop")))[1:] == (Story(3, 0), [1.0, 5.0])


def test_waits_count_from_the_failure_or_from_the_start():
    assert play([503, 503, 200], takes=0.25)[2] == [1.0, 1.0]
    assert play([503, 503, 200], takes=0.25, policy=Backoff(Constant(1.0), clock=Clock.ATTEMPT_START))[2] == [0.75] * 2
    assert play([503, 503, 200], takes=3.0, policy=Backoff(Constant(1.0), clock=Clock.ATTEMPT_START))[2] == []


HINTS = [
    ("ignored", Hint(), "7", 1.0),
    ("instead of the own wait, longer", Hint(HintRule.REPLACE), "7", 7.0),
    ("instead of the own wait, shorter", Hint(HintRule.REPLACE), "0", None),
    ("at least, longer", Hint(HintRule.AT_LEAST), "7", 7.0),
    ("at least, shorter", Hint(HintRule.AT_LEAST), "0", 1.0),
    ("up to what the client allows", Hint(HintRule.REPLACE, limit=5.0), "7", 5.0),
    ("up to five minutes", Hint(HintRule.REPLACE), "86400", 300.0),
    ("no number and no date", Hint(HintRule.REPLACE), "soon", 1.0),
    ("negative", Hint(HintRule.REPLACE), "-7", 1.0),
    ("empty", Hint(HintRule.REPLACE), "", 1.0),
    ("a day that is past", Hint(HintRule.AT_LEAST), "Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
]


@pytest.mark.parametrize("hint, value, wait", [row[1:] for row in HINTS], ids=[row[0] for row in HINTS])
@pytest.mark.parametrize("header", ["Retry-After", "retry-after"])
def test_what_a_server_asks_for(hint, value, wait, header):
    _, _, slept = play([503, 200], policy=Backoff(Constant(1.0), hint=hint), headers={header: value})
    assert slept == ([] if wait is None else [wait])


def test_a_server_can_ask_with_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    policy = Backoff(Constant(1.0), hint=Hint(HintRule.REPLACE))
    _, _, (slept,) = play([503, 200], policy=policy, headers={"Retry-After": soon})
    assert 50 < slept <= 60


def test_a_budget_that_is_empty_refuses_and_says_so():
    status, story, slept = play([503] * 10, budget=AwsQuota(capacity=30.0))
    assert (status, story.attempts, story.refused, slept) == (503, 3, 1, [1.0, 1.0])


def test_the_last_attempt_asks_no_budget():
    assert play([503] * 3, attempts=3, budget=AwsQuota(capacity=28.0))[1] == Story(3, 0)


BALANCES = [
    ("a first success earns", [200], 101),
    ("a retry that succeeds costs nothing", [503, 503, 200], 100 - 14),
    ("a throttled one brings back what it cost", [429, 200], 100),
    ("throttled first, then failing", [429, 503, 200], 100 - 5),
    ("a retry that fails for good is lost", [503, 404], 100 - 14),
    ("what is the caller's mistake earns nothing", [404], 100),
]


@pytest.mark.parametrize("answers, left", [row[1:] for row in BALANCES], ids=[row[0] for row in BALANCES])
def test_what_it_costs_an_aws_quota(answers, left):
    budget = AwsQuota()
    budget.tokens = 100
    play(answers, budget=budget)
    assert budget.tokens == left


def test_what_it_costs_grpcs_tokens():
    budget = GrpcThrottling()
    play([503, 503, 200], budget=budget)
    assert budget.tokens == pytest.approx(8.1)


@pytest.mark.parametrize("answers", [[200], [503, 200], [503, 404], [503] * 10, [404]])
def test_envoy_is_even_afterwards(answers):
    budget = Envoy()
    play(answers, budget=budget)
    assert (budget.requests, budget.retries) == (0, 0)


@pytest.mark.parametrize("step", ["sleep", "send"])
def test_who_is_stopped_gives_back_and_leaves_a_story(step):
    budget, story, time = Envoy(), Story(), Time()

    class Stopped(BaseException):
        pass

    def send(number):
        if step == "send" and number == 2:
            raise Stopped
        return SimpleNamespace(status_code=503, headers={})

    def sleep(seconds):
        if step == "sleep":
            raise Stopped
        time.sleep(seconds)

    terms = Terms(Backoff(Constant(1.0)), 10, STATUSES, frozenset(), budget)
    with pytest.raises(Stopped):
        with_retries(send, terms, Random(1), clock=time.clock, sleep=sleep, story=story)
    assert (budget.requests, budget.retries) == (0, 0)
    assert story.attempts == 1


@given(
    st.lists(st.sampled_from([200, 404, 429, 503, 0]), min_size=1),
    st.integers(1, 100),
    st.sampled_from(["none", "finagle", "grpc", "aws", "envoy"]),
)
def test_it_ends_with_the_first_answer_that_is_no_failure_or_when_the_terms_say_so(answers, attempts, kind):
    answers = [*answers, 200]
    final = next(index for index, status in enumerate(answers) if status in (200, 404))
    status, story, slept = play(answers, attempts=attempts, budget=budget_for(BudgetOptions(kind=kind)))
    assert story.attempts <= min(attempts, final + 1)
    assert status == answers[story.attempts - 1]
    assert len(slept) == story.attempts - 1
    if kind == "none":
        assert story.attempts == min(attempts, final + 1)
    assert story.refused == (story.attempts < min(attempts, final + 1))


MOST = [
    ("what the configuration says", 3, Backoff(attempts=7), 3),
    ("never more than a hundred", 1000, Backoff(), 100),
    ("a policy that says when to give up gives up by itself", None, Backoff(attempts=2), 100),
    ("and so does a list that ends", None, Backoff(Table((1.0, 2.0), "stop")), 100),
    ("and a time", None, Backoff(Constant(1.0), elapsed=1e6), 100),
    ("a policy without an end gets ten", None, Backoff(Constant(1.0)), 10),
    ("and so does one whose end begins another without", None, Backoff(attempts=3, then=Backoff()), 10),
]


@pytest.mark.parametrize("configured, policy, most", [row[1:] for row in MOST], ids=[row[0] for row in MOST])
def test_most_attempts(configured, policy, most):
    assert most_attempts(configured, policy) == most


MARKS = [
    ("nothing given", {}, 1, {"tags": {"attempt": "1"}, "logical_request": "x"}),
    ("other tags stay", {"tags": {"a": "b"}}, 2, {"tags": {"a": "b", "attempt": "2"}, "logical_request": "x"}),
    ("other context stays", {"c": 1}, 4, {"c": 1, "tags": {"attempt": "4"}, "logical_request": "x"}),
    ("labels are bounded", {}, 5, {"tags": {"attempt": "5+"}, "logical_request": "x"}),
    ("and stay so", {}, 99, {"tags": {"attempt": "5+"}, "logical_request": "x"}),
    ("tags that are none are not ours to mend", {"tags": "a"}, 1, {"tags": "a", "logical_request": "x"}),
]


@pytest.mark.parametrize("context, attempt, expected", [row[1:] for row in MARKS], ids=[row[0] for row in MARKS])
def test_marks(context, attempt, expected):
    assert marked(context, "x", attempt) == expected


BODIES = [
    ("none", {}, True),
    ("text", {"data": "a"}, True),
    ("a form", {"data": {"a": 1}}, True),
    ("a file", {"data": SimpleNamespace(read=lambda: b"")}, False),
    ("a generator", {"data": (part for part in ())}, False),
    ("files", {"files": {"a": b"b"}}, False),
]


@pytest.mark.parametrize("given_options, again", [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_bodies_that_can_be_sent_again(given_options, again):
    assert can_repeat(given_options) is again


# Locust's two clients, with everything but the wire.


def http_client(event, user, answers):
    client = HttpSession("http://target.test", event, user)

    def send(prepared, **_):
        status = next(answers)
        if not status:
            raise requests.ConnectionError("no wire", request=prepared)
        response = requests.Response()
        response.status_code, response.request, response.url, response._content = status, prepared, prepared.url, b"{}"
        return response

    client.send = send
    return client


def fast_client(event, user, answers):
    client = FastHttpSession("http://target.test", event, user)

    def send(method, url, **_):
        status = next(answers)
        if not status:
            return ErrorResponse(CompatRequest(url), ConnectionError("no wire"))
        response = FastResponse.__new__(FastResponse)
        wire = SimpleNamespace(get_code=lambda: status)
        response._response, response.headers, response._cached_content = wire, Headers(), b"{}"
        if status >= 400:
            response.error = LocustBadStatusCode(url, code=status)
        return response

    client._send_request_safe_mode = send
    return client


def lean_client(event, user, answers):
    client = LeanSession("http://target.test", event, user)
    send = fast_client(event, user, answers)._send_request_safe_mode
    client._plain = lambda *_: None
    client._other = lambda kind, *_: send(kind.method, kind.url)
    return client


@pytest.fixture(params=[http_client, fast_client, lean_client], ids=["HttpUser", "FastHttpUser", "LeanHttpUser"])
def make(request):
    """Return a function that makes a user of one kind with a script of answers; ``user.events`` is what it fired."""
    make_client = request.param

    def make_user(answers, storms, context=None):
        events, event = [], EventHook()
        event.add_listener(lambda **told: events.append(told))

        class Plain:
            def __init__(self, environment):
                self.environment, self.events = environment, events
                self.client = make_client(event, self, iter(answers))

            def context(self):
                return context or {}

        class User(RetryStormUser, Plain):
            pass

        event.add_listener(storms.recorder.on_request) if storms else None
        return User(SimpleNamespace(locust_ext_storms=storms))

    return make_user


def storms_with(policy=None, budget=None, **options):
    seeds = count()
    return SimpleNamespace(
        recorder=Recorder(),
        links=UserLinks(),
        retry=RetryOptions(**options),
        retry_policy=policy or Backoff(Constant(0.0)),
        retry_budget=budget or NoBudget(),
        next_rng=lambda: Random(next(seeds)),
    )


def measured(storms, metric):
    """Return the sinks of a metric by the name of the request, as the master would see them."""
    store = Store()
    store.merge(storms.recorder.take())
    return {dict(tags).get("name", ""): sink for found, tags, sink in store if found == metric}


def labels(user):
    return [event["context"]["tags"]["attempt"] for event in user.events]


def test_every_attempt_is_an_event_under_one_name(make):
    user = make([503, 0, 200], storms_with())
    response = user.client.get("/feed?limit=20", name="/feed", context={"tags": {"endpoint": "feed"}})
    assert response.status_code == 200
    assert [event["name"] for event in user.events] == ["/feed"] * 3
    assert [event["exception"] is None for event in user.events] == [False, False, True]
    assert labels(user) == ["1", "2", "3"]
    assert {event["context"]["tags"]["endpoint"] for event in user.events} == {"feed"}
    assert len({event["context"]["logical_request"] for event in user.events}) == 1


def test_logical_requests_are_told_apart_and_bodies_sent_again(make):
    user = make([503, 200, 200], storms_with())
    user.client.post("/feed", json={"a": 1})
    user.client.request("GET", "/feed", "a name by position")
    ids = [event["context"]["logical_request"] for event in user.events]
    assert ids[0] == ids[1] != ids[2]
    assert [event["name"] for event in user.events] == ["/feed", "/feed", "a name by position"]


def test_the_users_own_context_stays(make):
    user = make([200], storms_with(), context={"tags": {"tenant": "a"}, "more": 1})
    user.client.get("/feed")
    assert user.events[0]["context"]["more"] == 1
    assert user.events[0]["context"]["tags"] == {"tenant": "a", "attempt": "1"}


def test_the_group_name_of_the_first_attempt_holds(make):
    user = make([503, 200], storms_with())
    with user.client.rename_request("group"):
        user.client.get("/feed/1")
    assert [event["name"] for event in user.events] == ["group"] * 2


@pytest.mark.parametrize("statuses, failed", [((503,), 503), ((202,), 202), ((503,), 0)])
def test_who_catches_the_response_gets_the_last_one_alone(make, statuses, failed):
    user = make([failed, failed, 200], storms_with(statuses=statuses))
    with user.client.get("/feed", catch_response=True) as response:
        assert response.status_code == 200
        assert [event["exception"] is None for event in user.events] == [False, False]
        response.failure("not what was asked for")
    assert [str(event["exception"]) for event in user.events[2:]] == ["not what was asked for"]


def test_who_catches_the_response_can_forgive_the_last_failure(make):
    user = make([503] * 3, storms_with(attempts=3))
    with user.client.get("/feed", catch_response=True) as response:
        response.success()
    assert [event["exception"] is None for event in user.events] == [False, False, True]


@pytest.mark.parametrize("method, attempts", [("GET", 2), ("get", 2), ("POST", 1)])
def test_only_the_methods_that_are_named(make, method, attempts):
    user = make([503, 200], storms_with(methods=("GET", "put")))
    user.client.request(method, "/feed")
    assert labels(user) == ["1", "2"][:attempts]


def test_a_body_that_is_at_its_end_is_not_sent_again(make):
    user = make([503, 200], storms_with())
    user.client.post("/feed", data=(part for part in [b"a"]))
    assert labels(user) == ["1"]


def test_amplification_is_the_average_of_attempts(make):
    storms = storms_with()
    user = make([503, 503, 200, 200, 503, 200], storms)
    for name in ("/feed", "/feed", "/other"):
        user.client.get("/feed/1", name=name)
    attempts = measured(storms, "retry_amplification")
    assert {name: (sink.mean, sink.count) for name, sink in attempts.items()} == {"/feed": (2.0, 2), "/other": (2.0, 1)}


def stopped(_):
    raise gevent.GreenletExit


def test_who_is_stopped_in_the_middle_of_an_attempt_is_not_measured(make):
    storms = storms_with()
    user = make(map(stopped, [503]), storms)
    with pytest.raises(gevent.GreenletExit):
        user.client.get("/feed")
    assert measured(storms, "retry_amplification") == {}


def test_refused_retries_are_counted_and_none_is_a_zero(make):
    storms = storms_with(budget=Finagle(0.0, 0.2, ttl=10.0))
    user = make([503] * 9, storms)
    assert {name: sink.value for name, sink in measured(storms, "retries_refused").items()} == {"": 0}
    for _ in range(3):
        user.client.get("/feed")
    assert len(user.events) == 5
    assert {name: sink.value for name, sink in measured(storms, "retries_refused").items()} == {"/feed": 3}


@pytest.mark.parametrize("scope, sent", [("shared", [2, 1]), ("per_user", [2, 2])])
def test_a_budget_is_shared_or_each_users_own(make, scope, sent):
    budget = BudgetOptions(kind="finagle", percent=0.0, min_per_second=0.1, scope=scope)
    storms = storms_with(budget=budget_for(budget))
    storms.retry = RetryOptions(budget=budget)
    users = [make([503] * 5, storms) for _ in range(2)]
    for user in users:
        user.client.get("/feed")
    assert [len(user.events) for user in users] == sent


def test_without_retry_in_the_configuration_requests_pass_as_they_are(make):
    storms = storms_with()
    storms.retry = None
    user = make([503, 200], storms)
    assert user.client.get("/feed").status_code == 503
    assert [event["context"] for event in user.events] == [{}]


def test_without_install_requests_pass_as_they_are_with_one_warning(make, caplog):
    _warn.cache_clear()
    with caplog.at_level(logging.WARNING):
        users = [make([503], None) for _ in range(3)]
    assert [user.client.get("/feed").status_code for user in users] == [503] * 3
    assert len(caplog.records) == 1
    assert "locust_ext.install()" in caplog.text


def test_a_user_without_a_client_is_left_alone():
    class Plain:
        def __init__(self, environment):
            self.environment = environment

    class User(RetryStormUser, Plain):
        pass

    assert not hasattr(User(SimpleNamespace(locust_ext_storms=storms_with())), "client")
