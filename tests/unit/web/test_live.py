"""The live page, its files, its state and its actions: Flask's own client, no sockets."""

from __future__ import annotations

import gzip
import json
import re
import sys

import pytest
from locust import User
from locust.env import Environment

from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.actions import TOKEN, Done, add_action
from locust_ext.web.assets import ASSETS
from locust_ext.web.buttons import Buttons
from locust_ext.web.link import TAB, show_link
from locust_ext.web.live import show_live

PAGE = "/locust-ext/"


def act(given):
    """Refuse what is named wrong, else tell what was given."""
    if given.get("share") == "wrong":
        raise ConfigurationError([Problem("share", "'wrong' is not a share")])
    return Done(f"did {given}", {"count": 1})


@pytest.fixture
def client(monkeypatch):
    """Return a client of a web UI with the page, a piece of its state and an action."""
    monkeypatch.setattr(sys, "argv", ["locust"])
    environment = Environment(user_classes=[User])
    environment.create_local_runner()
    web_ui = environment.create_web_ui(delayed_start=True)
    buttons = Buttons(web_ui, lambda: "")
    web_ui.template_args["extended_tabs"] = [{"title": "Theirs", "key": "theirs"}]
    pieces = {"asked": dict, "long": lambda _: ["x"] * 1000}
    show_live(web_ui, buttons, pieces)
    show_link(web_ui)
    add_action(web_ui, buttons, "try-it", act)
    found = web_ui.app.test_client()
    found.pieces = pieces
    yield found
    environment.runner.quit()


def token_of(client):
    """Return the token that the page carries."""
    return re.search(r'data-token="(\w+)"', client.get(PAGE).get_data(as_text=True))[1]


def test_no_script_stands_in_the_page(client):
    """The policy lets none run that does, and every file that the page names is there."""
    answer = client.get(PAGE)
    text = answer.get_data(as_text=True)
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    named = re.findall(r'(?:src|href)="(assets/[^"]+)"', text)
    assert named
    assert [client.get(PAGE + name).status_code for name in named] == [200] * len(named)


def test_a_file_is_packed_where_it_may_be(client):
    """With the same content."""
    packed = client.get(f"{PAGE}assets/live.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == client.get(f"{PAGE}assets/live.js").data
    assert client.get(f"{PAGE}assets/../live.py").status_code == 404
    assert client.get(f"{PAGE}assets/live.py").status_code == 404
    assert set(ASSETS) >= {"plotly.js", "live.js"}


def test_the_state(client):
    """Each piece stands under its name, and is told what the page has."""
    answer = client.get(f"{PAGE}state?from=3", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(answer.data)) == {"asked": {"from": "3"}, "long": ["x"] * 1000}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("given", "token", "status", "said"),
    [
        ({"share": "30%"}, "right", 200, {"said": "did {'share': '30%'}", "problems": [], "count": 1}),
        ({}, "right", 200, {"said": "did {}", "problems": [], "count": 1}),
        (["30%"], "right", 400, None),
        (
            {"share": "wrong"},
            "right",
            400,
            {"said": "Nothing was done.", "problems": [{"field": "share", "said": "'wrong' is not a share"}]},
        ),
        ({"share": "30%"}, "another", 403, None),
        ({"share": "30%"}, "", 403, None),
    ],
)
def test_an_action(client, given, token, status, said):
    """It is asked with the token of the page; a mistake stands at its field."""
    header = {TOKEN: token_of(client) if token == "right" else token}
    answer = client.post(f"{PAGE}do/try-it", json=given, headers=header)
    assert answer.status_code == status
    assert said is None or answer.get_json() == said


def test_nothing_is_done_otherwise(client):
    """Not by GET, nor from another site."""
    header = {TOKEN: token_of(client)}
    assert client.get(f"{PAGE}do/try-it", headers=header).status_code == 405
    foreign = {**header, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post(f"{PAGE}do/try-it", json={}, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "name", [name for name, (kind, _) in ASSETS.items() if kind == "text/javascript" and "plotly" not in name]
)
def test_scripts_ask_relative_to_their_page(client, name):
    """So that a proxy may take a part of the path away, or add one, and end TLS."""
    text = client.get(f"{PAGE}assets/{name}").get_data(as_text=True)
    assert not re.search(r"""fetch\(\s*["'`](/|https?:)|(?:href|src|action)\s*[:=]\s*["'`](/|https?:)""", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), "names are text"


def test_the_way_there(client):
    """A tab beside those of others, and a script in Locust's own page; addresses are relative."""
    text = client.get("/").get_data(as_text=True)
    tabs = re.search(r'"extended_tabs": (\[.*?\])', text)[1]
    assert [tab["title"] for tab in json.loads(tabs)] == ["Theirs", TAB]
    (place,) = re.findall(r'<script src="./locust-ext/(assets/link[^"]+)" defer></script></body>', text)
    assert client.get(PAGE + place).status_code == 200


def test_an_answer_is_given_again_until_something_is_done(client):
    """Twenty open pages cost what one does; a press of a button is seen at once."""
    made = []
    client.pieces["asked"] = lambda asked: made.append(dict(asked)) or len(made)
    assert [client.get(f"{PAGE}state?a=1").get_json()["asked"] for _ in range(3)] == [1, 1, 1]
    client.post(f"{PAGE}do/try-it", json={}, headers={TOKEN: token_of(client)})
    assert client.get(f"{PAGE}state?a=1").get_json()["asked"] == 2


def test_a_page_asks_for_some_pieces_alone(client):
    """What is not a piece is left out."""
    assert client.get(f"{PAGE}state?pieces=asked,none").get_json() == {"asked": {"pieces": "asked,none"}}
    assert set(client.get(f"{PAGE}state?pieces=none").get_json()) == {"asked", "long"}


def test_a_piece_that_raises_keeps_no_other_from_its_turn(client, caplog):
    """It is null, and said once."""
    client.pieces["long"] = lambda asked: 1 // 0
    for number in range(3):
        assert client.get(f"{PAGE}state?n={number}").get_json() == {"asked": {"n": str(number)}, "long": None}
    assert [one for one in caplog.messages if "'long' of the live page" in one] == caplog.messages[-1:]
