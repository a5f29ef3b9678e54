"""One comment on a pull request: what is written where, whatever the server does, over a real socket."""

import json

import pytest
import requests

from locust_ext.forge.api import Api
from locust_ext.forge.ci_run import GITHUB, GITLAB, Place
from locust_ext.forge.comments import headers_for
from locust_ext.forge.posting import post
from locust_ext.reports.comment_marker import Marker
from tests.forge import ADAS, APP, BOT, PERSON, READS, WRITES

pytestmark = pytest.mark.sockets

RUN = (20, 1)
FEED = Marker.of("feed", RUN)
OLDER, NEWER, OTHER = Marker.of("feed", (19, 7)), Marker.of("feed", (20, 2)), Marker.of("checkout", (30, 1))
BODY = f"{FEED}\n\nit passed"
FORGES = pytest.mark.parametrize("kind", [GITHUB, GITLAB])


def place(kind, api, token=WRITES, number=7, **named):
    project = "ada/shop" if kind == GITHUB else "5"
    variable = "GITHUB_TOKEN" if kind == GITHUB else "LOCUST_EXT_GITLAB_TOKEN"
    return Place(kind, api, project, number, variable, token, **named)


def posted(kind, api, marker=FEED, body=BODY, enough=10.0, **named):
    """Post it without waiting between attempts; return the sentence."""
    waits = []
    found = post(place(kind, api, **named), marker, body, waits.append, enough)
    return found.sentence, found.is_done, waits


def said(marker, text="it was so"):
    return f"{marker}\r\n\r\n{text}"


BEFORE = [
    pytest.param([], [BODY], "was added", id="nobody has commented"),
    pytest.param([said(OLDER)], [BODY], "was updated", id="ours of an older run"),
    pytest.param([said(FEED)], [BODY], "was updated", id="ours of this very run"),
    pytest.param([said(Marker.of("feed"))], [BODY], "was updated", id="ours of a run that is not known"),
    pytest.param([said(NEWER)], [said(NEWER)], "is that of a newer run, and stays", id="ours of a newer run"),
    pytest.param([said(OTHER)], [said(OTHER), BODY], "was added", id="another load test's"),
    pytest.param([f"hello\n{OLDER}"], [f"hello\n{OLDER}", BODY], "was added", id="a marker that is not the first line"),
    pytest.param(["<!-- locust_ext:feed -->"], ["<!-- locust_ext:feed -->", BODY], "was added", id="a summary"),
    pytest.param([said(OLDER), said(OLDER)], [BODY], "was updated", id="two of ours"),
    pytest.param(
        [said(NEWER), said(OLDER)], [said(NEWER)], "is that of a newer run, and stays", id="two, the older last"
    ),
    pytest.param(
        [said(OLDER), said(NEWER)], [BODY, said(NEWER)], "was updated", id="two, one newer: the newer run's job"
    ),
]


@FORGES
@pytest.mark.parametrize("there, then, what", BEFORE)
def test_one_comment(serve, kind, there, then, what):
    """It is added, or the one that is ours is updated; a newer run's stays, and so does whatever is not ours."""
    forge, api = serve(kind)
    for body in there:
        forge.add(body)
    sentence, is_done, waits = posted(kind, api)
    assert (is_done, waits) == (True, [])
    assert sentence.endswith(f"the comment {what}")
    assert forge.bodies() == then


@FORGES
@pytest.mark.parametrize("stranger", [PERSON, APP])
def test_a_stranger_s_comment_stays(serve, kind, stranger):
    """Whatever marker it begins with, and though the token may write there."""
    forge, api = serve(kind)
    forge.add(said(NEWER, "all is well"), stranger)
    assert posted(kind, api)[1]
    assert forge.bodies(stranger) == [said(NEWER, "all is well")]
    assert forge.bodies() == [BODY]


@FORGES
def test_a_person_s_token_writes_as_that_person(serve, kind):
    """Who one is, the server says."""
    forge, api = serve(kind)
    forge.add(said(OLDER))
    forge.add(said(OLDER), PERSON)
    assert posted(kind, api, token=ADAS)[1]
    assert (forge.bodies(PERSON), forge.bodies()) == ([BODY], [said(OLDER)])


def test_a_server_of_one_s_own(serve):
    """GitHub Enterprise Server has its two APIs under one path."""
    forge, api = serve()
    assert posted(GITHUB, f"{api}/api/v3", token=ADAS)[1]
    assert forge.bodies(PERSON) == [BODY]
    assert ("POST", "/api/graphql") in [asked[:2] for asked in forge.asked]


@FORGES
@pytest.mark.parametrize("before", [99, 100, 101, 250])
def test_it_is_found_on_whatever_page(serve, kind, before):
    """Pages are counted by us; where they are, no answer says."""
    forge, api = serve(kind)
    for number in range(before):
        forge.add(f"comment {number}", PERSON)
    forge.add(said(OLDER))
    assert posted(kind, api)[0].endswith("was updated")
    assert forge.bodies() == [BODY]


@FORGES
def test_too_many_comments(serve, kind, monkeypatch):
    """None is added where nobody knows whether ours is among those that were not read."""
    monkeypatch.setattr("locust_ext.forge.comments.MOST_PAGES", 2)
    forge, api = serve(kind)
    for number in range(201):
        forge.add(f"comment {number}", PERSON)
    sentence, is_done, _ = posted(kind, api)
    assert not is_done
    assert "has more than 200 comments there" in sentence
    assert forge.bodies() == []


def test_a_note_of_the_system_is_none_of_ours(serve):
    """GitLab writes notes in the name of users."""
    forge, api = serve(GITLAB)
    number = forge.add(said(OLDER))
    forge.comments[number]["system"] = True
    assert posted(GITLAB, api)[0].endswith("was added")


REFUSED = [
    pytest.param({"token": READS}, "answered 403 (Resource not accessible by integration): ", id="it may only read"),
    pytest.param(
        {"token": READS, "is_fork": True}, "runs of a fork may only read, so they leave no comment", id="a fork"
    ),
    pytest.param({"token": "ghs_gone-012345"}, "answered 401 (Bad credentials): it did not accept ", id="an old token"),
    pytest.param(
        {"number": 8}, "answered 404 (Not Found): either there is nothing with that number", id="no such number"
    ),
    pytest.param({"body": f"{FEED}\n{'x' * 1_000_001}"}, "answered 422 (Validation Failed)", id="too long"),
]


@FORGES
@pytest.mark.parametrize("given, why", REFUSED)
def test_what_is_refused(serve, kind, given, why):
    """A sentence with what to do, once, without the token; nothing is written."""
    forge, api = serve(kind)
    sentence, is_done, waits = posted(kind, api, **given)
    assert (is_done, waits, forge.bodies()) == (False, [], [])
    assert "there is no comment: " in sentence
    assert why in sentence
    assert not any(token in sentence for token in (WRITES, READS, given.get("token", WRITES)))


def test_what_to_do_is_said(serve):
    """The permission that a job needs, and the role that a token needs."""
    for kind, need in ((GITHUB, "permissions: {contents: read, pull-requests: write}"), (GITLAB, "the scope api")):
        assert need in posted(kind, serve(kind)[1], token=READS)[0]


LIST, ADD, CHANGE = "GET", "POST /repos", "PATCH"
PASSING = [
    pytest.param("GET", {"status": 502}, [1.0], id="a list that fails"),
    pytest.param("GET", {"status": 429, "headers": {"Retry-After": "2"}}, [2.0], id="a limit that says how long"),
    pytest.param("GET", {"status": 403, "headers": {"Retry-After": "0"}}, [0.0], id="a limit of another kind"),
    pytest.param(
        "GET", {"status": 403, "headers": {"X-RateLimit-Remaining": "0"}}, [1.0], id="a limit that is used up"
    ),
    pytest.param("POST", {"status": 500}, [1.0], id="the first question fails"),
    pytest.param("POST /repos", {"status": 503}, [1.0], id="adding fails"),
    pytest.param("POST /repos", {"status": 502, "after": True}, [1.0], id="adding fails when it was done"),
    pytest.param("PATCH", {"status": 500}, [1.0], id="updating fails"),
    pytest.param("GET", {"status": 429, "headers": {"Retry-After": "Wed, 21 Oct 2026"}}, [1.0], id="a date"),
]


@pytest.mark.parametrize("begins, fault, pauses", PASSING)
@pytest.mark.parametrize("there", [[], [said(OLDER)]], ids=["none yet", "one there"])
def test_what_passes(serve, begins, fault, pauses, there):
    """It is tried again, after as long as the server asks for, and there is one comment."""
    forge, api = serve()
    for body in there:
        forge.add(body)
    forge.fault(begins, **fault)
    sentence, is_done, waits = posted(GITHUB, api)
    assert is_done, sentence
    assert waits == ([] if forge.faults else pauses)
    assert forge.bodies() == [BODY]


LASTING = [
    pytest.param(4, {"status": 500}, "GitHub answered 500", [1.0, 3.0, 8.0], id="it fails each time"),
    pytest.param(1, {"status": 429, "headers": {"Retry-After": "3600"}}, "asks for 3,600 s", [], id="an hour"),
    pytest.param(
        1,
        {"status": 301, "headers": {"Location": "http://localhost:1/"}},
        "redirects elsewhere (301)",
        [],
        id="elsewhere",
    ),
    pytest.param(1, {"status": 200, "body": b"<html>"}, "did not answer in JSON", [], id="a page"),
    pytest.param(1, {"status": 200, "body": b"{}"}, "did not answer with a list of comments", [], id="no list"),
    pytest.param(1, {"status": 200, "body": b"[" * 100_000}, "did not answer in JSON", [], id="nested without end"),
    pytest.param(
        4,
        {"status": 200, "body": b'[{"body": "x", "user": {"login": "github-actions[bot]"}}]'},
        "did not say which number it is",
        [1.0, 3.0, 8.0],
        id="a comment without a number",
    ),
    pytest.param(
        1,
        {"status": 418, "body": b'{"message": "\\u001b[31m\\n::error::\\n"}'},
        "answered 418 (\ufffd[31m\ufffd::error::\ufffd)",
        [],
        id="words of its own",
    ),
]


@pytest.mark.parametrize("times, fault, why, pauses", LASTING)
def test_what_does_not_pass(serve, times, fault, why, pauses):
    """A sentence, and nothing written."""
    forge, api = serve()
    for _ in range(times):
        forge.fault("GET", **fault)
    sentence, is_done, waits = posted(GITHUB, api)
    assert (is_done, waits, forge.bodies()) == (False, pauses, [])
    assert why in sentence


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 200, "body": b"<html>"}], ids=["it fails", "nonsense"])
def test_it_was_written_and_cannot_be_looked_at(serve, fault):
    """It stands there, so it is not said that there is none."""
    forge, api = serve()

    def breaks(broken):
        for _ in range(4):
            broken.fault("GET", **fault)

    forge.others = [lambda _: None, breaks]
    assert posted(GITHUB, api)[0].endswith("the comment was added")
    assert forge.bodies() == [BODY]


def test_no_redirect_is_followed(serve):
    """Not even to another port of the same machine: the token goes to one address."""
    forge, api = serve()
    other, elsewhere = serve()
    for begins, is_done in (("POST /graphql", True), ("GET", False), ("POST /repos", False), ("PATCH", False)):
        forge.comments = {7: {"body": said(OLDER), "user": BOT}} if begins == "PATCH" else {}
        forge.fault(begins, 307, {"Location": f"{elsewhere}/repos/ada/shop/issues/7/comments"})
        assert posted(GITHUB, api)[1] is is_done  # who one is can be supposed
        assert forge.faults == []
    assert other.asked == []


def test_a_link_to_a_page_elsewhere_is_not_followed(serve):
    """That there is another page is all that is believed of it."""
    forge, api = serve()
    other, elsewhere = serve()
    forge.fault("GET", 200, {"Link": f'<{elsewhere}/x>; rel="next"'}, b"[]")
    assert posted(GITHUB, api)[1]
    assert other.asked == []
    assert [path for method, path, _, _ in forge.asked if method == "GET"] == ["/repos/ada/shop/issues/7/comments"] * 3


SLOW = [
    pytest.param({"status": 200, "hangs": 30}, id="it hangs"),
    pytest.param({"status": 200, "body": b" " * 1000, "drips": 0.05}, id="it drips"),
]


@pytest.mark.parametrize("fault", SLOW)
def test_nothing_waits_for_long(serve, fault):
    """All of it has one end in time."""
    forge, api = serve()
    forge.fault("GET", **fault)
    sentence, is_done, _ = posted(GITHUB, api, enough=0.2)
    assert not is_done
    assert sentence.endswith("it is not certain that the comment was written: GitHub did not answer within 0.2 s")


def test_it_was_written_and_the_time_is_over(serve):
    """Nobody is told that there is none."""
    forge, api = serve()
    forge.fault("POST /repos", None, after=True, hangs=30)
    sentence, is_done, _ = posted(GITHUB, api, enough=0.2)
    assert (is_done, forge.bodies()) == (False, [BODY])
    assert "there is no comment" not in sentence


def test_an_answer_has_an_end(serve, monkeypatch):
    """In size, too."""
    monkeypatch.setattr("locust_ext.forge.api.LARGEST", 1 << 20)
    forge, api = serve()
    forge.fault("GET", 200, body=b" " * ((1 << 20) + 1))
    assert "sent more than 1 MiB" in posted(GITHUB, api)[0]


def test_nobody_listens():
    """A sentence, after as many attempts as any other."""
    sentence, is_done, waits = posted(GITHUB, "http://127.0.0.1:1")
    assert (is_done, waits) == (False, [1.0, 3.0, 8.0])
    assert "refused the connection" in sentence


def test_netrc_and_proxies_have_no_say(serve, monkeypatch, tmp_path):
    """What is sent to this machine is the token that was given, and to this machine it is sent."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login eve password eves\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    forge, api = serve()
    assert posted(GITHUB, api)[1]
    assert {token for _, _, token, _ in forge.asked} == {WRITES}


def test_a_forge_elsewhere_is_asked_as_its_job_asks(monkeypatch, tmp_path):
    """Through the proxy that the job has; and with the token, whatever .netrc says."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login eve password eves\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    there = place(GITHUB, "https://git.example.com/api/v3")
    with Api(there.api, headers_for(there)) as api:
        asked = api._session.prepare_request(requests.Request("GET", f"{there.api}/x"))
        assert api._session.trust_env
    assert asked.headers["Authorization"] == f"Bearer {WRITES}"


def test_a_run_that_is_not_known_comes_last(serve):
    """By hand, on no CI that counts its runs: it is newer than whatever is there."""
    forge, api = serve()
    forge.add(said(NEWER))
    assert posted(GITHUB, api, Marker.of("feed"), f"{Marker.of('feed')}\n\nby hand")[0].endswith("was updated")
    assert forge.bodies() == [f"{Marker.of('feed')}\n\nby hand"]


def test_what_cannot_be_deleted_stays(serve):
    """And the comment is written all the same."""
    forge, api = serve()
    forge.add(said(OLDER))
    forge.add(said(OLDER))
    forge.fault("DELETE", 403)
    assert posted(GITHUB, api)[0].endswith("was updated")
    assert forge.bodies() == [BODY, said(OLDER)]


def of(run, text="theirs"):
    return said(Marker.of("feed", run), text)


MEANWHILE = [
    pytest.param([], [lambda forge: forge.add(of((21, 1)))], [of((21, 1))], id="a newer run adds one, a moment later"),
    pytest.param(
        [],
        [None, lambda forge: forge.add(of((21, 1)), number=50)],
        [of((21, 1))],
        id="a newer run has added one before",
    ),
    pytest.param(
        [], [None, lambda forge: forge.add(of((3, 1)), number=50)], [BODY], id="an older run has added one before"
    ),
    pytest.param([], [None, lambda forge: forge.add(of((3, 1)))], [BODY], id="an older run adds one, a moment later"),
    pytest.param(
        [of((3, 1))],
        [None, lambda forge: forge.comments[101].update(body=of((4, 1)))],
        [BODY],
        id="an older run writes over it",
    ),
    pytest.param(
        [of((3, 1))],
        [None, lambda forge: forge.comments[101].update(body=of((21, 1)))],
        [of((21, 1))],
        id="a newer run writes over it",
    ),
    pytest.param(
        [of((3, 1))], [None, lambda forge: forge.comments.clear()], [], id="somebody deletes it when it is written"
    ),
]


@pytest.mark.parametrize("there, others, then", MEANWHILE)
def test_two_jobs_at_once(serve, there, others, then):
    """They end with one comment, that of the newer run, whoever comes first; the newer run's job does its part."""
    forge, api = serve()
    for body in there:
        forge.add(body)
    forge.others = [each or (lambda _: None) for each in others]
    assert posted(GITHUB, api)[1]
    left = forge.bodies()
    if len(left) > 1:  # ours is the first, and the newer run's job has still to look
        assert posted(GITHUB, api, Marker.of("feed", (21, 1)), of((21, 1)))[1]
    assert forge.bodies() == then


def test_it_is_deleted_between_looking_and_writing(serve):
    """Then it is added."""
    forge, api = serve()
    forge.add(said(OLDER))
    forge.others = [lambda forge: None, lambda forge: None]
    forge.fault("PATCH", 404, body=b'{"message": "Not Found"}')
    assert posted(GITHUB, api)[1]
    assert forge.bodies() == [BODY]


def test_it_is_deleted_each_time(serve):
    """Somebody does not want it, and that is said."""
    forge, api = serve()
    forge.add(said(OLDER))
    for _ in range(4):
        forge.fault("PATCH", 404)
    sentence, is_done, _ = posted(GITHUB, api)
    assert not is_done
    assert sentence.endswith("there is no comment: GitHub lost it each time that it was to be updated")


def test_users_that_are_none(serve):
    """A comment whose author is gone, or is nonsense, is none of ours."""
    forge, api = serve()
    users = [None, {"login": None}, {"login": [1]}, "github-actions[bot]", {"type": "Bot"}]
    odd = [{"id": 900 + at, "body": said(OLDER), "user": user} for at, user in enumerate(users)]
    forge.fault("GET", 200, body=json.dumps([*odd, 7, None, {"id": 1, "user": {"login": BOT}}]).encode())
    assert posted(GITHUB, api)[0].endswith("was added")
    assert forge.bodies() == [BODY]


def test_who_cannot_be_asked_who_he_is_is_the_bot(serve):
    """A server that keeps it to itself."""
    forge, api = serve()
    forge.fault("POST /graphql", 404)
    forge.add(said(OLDER))
    forge.add(said(OLDER), PERSON)
    assert posted(GITHUB, api)[1]
    assert (forge.bodies(), forge.bodies(PERSON)) == ([BODY], [said(OLDER)])
    assert BOT not in forge.bodies()
