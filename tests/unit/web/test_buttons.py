"""Every button of the web UI, pressed by whom it is for, and by nobody else: Flask's own client, no sockets."""

from __future__ import annotations

import re
from types import SimpleNamespace

import flask_login
import pytest
from locust import User
from locust.env import Environment
from locust.web import WebUI

from locust_ext.config.command_line import CommandLine
from locust_ext.config.horizon import Horizon
from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.web.actions import TOKEN
from locust_ext.web.buttons import base_path
from locust_ext.web.pages import add_pages

OWN, EVIL, PUBLIC = "http://localhost", "https://evil.example", "https://load.example.com"
SAFETY, STORM = "/locust-ext/safety", "/locust-ext/storm"
OURS = {SAFETY: {}, STORM: {"drop": "30%", "cause": "reset"}}
LOCUSTS = {
    "/swarm": {"user_count": "1", "spawn_rate": "1"},
    "/stop": {},
    "/stats/reset": {},
    "/user": {},
}
"""What changes something, with what is sent there."""

DO = "/locust-ext/do/"
ACTIONS = {
    f"{DO}start": {"shape": "none"},
    f"{DO}preview": {"shape": "none"},
    f"{DO}storm": {"drop": "30%", "cause": "reset"},
    f"{DO}stop": {},
}
"""What the live page asks to be done, with the JSON that is sent there."""


class Loaded(User):
    """A user who does nothing."""


class Ui:
    """A web UI that keeps a book of what was done, with a client who is logged in or not."""

    def __init__(self, base="", login=False, public=""):
        self.done = []
        environment = Environment(user_classes=[Loaded])
        environment.create_local_runner()
        environment.parsed_options = SimpleNamespace(
            num_users=1, spawn_rate=1, stats_history_enabled=False, run_time=None
        )
        self.web_ui = WebUI(environment, "127.0.0.1", 0, web_base_path=base, web_login=login, delayed_start=True)
        app = self.web_ui.app
        app.testing = True
        if login:
            app.secret_key = "for the test"
            self.web_ui.login_manager.user_loader(self._user)
            app.add_url_rule("/in/<name>", "in", self._log_in)
        for endpoint in ("swarm", "stop", "reset_stats", "update_user"):  # what they do is Locust's affair
            app.view_functions[f"locust.{endpoint}"] = self.web_ui.auth_required_if_enabled(self._doing(endpoint))
        plan = Plan("feed", config=Config.model_validate({"web": {"origin": public}}))
        preparation = SimpleNamespace(
            plan=plan,
            checks=[],
            prepare_form=lambda *_: self.done.append("form"),
            prepare_user=lambda _: self.done.append("settings"),
            preview=lambda *_: self.done.append("preview") or (plan, Horizon()),
            command_line=CommandLine(),
            own_shape="",
            usual_host="",
            is_busy=False,
        )
        controller = SimpleNamespace(
            outcomes=[],
            result=None,
            run=None,
            account=SimpleNamespace(note_stop=lambda: None),
            halted="",
            on_judged=print,
        )
        add_pages(
            self.web_ui,
            controller,
            SimpleNamespace(strike_now=lambda *_: self._do("storm")),
            SimpleNamespace(stop_now=lambda *_: self._do("stop now"), never_begin=lambda _: None),
            preparation,
            SimpleNamespace(),
        )
        self.base = base
        self.client = app.test_client()

    @staticmethod
    def _user(name):
        user = flask_login.UserMixin()
        user.id = name
        return user

    def _log_in(self, name):
        flask_login.login_user(self._user(name))
        return name

    def _do(self, what):
        self.done.append(what)
        return what

    def _doing(self, what):
        def view():
            return self._do(what)

        return view

    def log_in(self, name):
        """Return a client who is logged in under that name."""
        client = self.web_ui.app.test_client()
        assert client.get(f"/in/{name}").text == name
        return client

    def token(self, path=SAFETY, client=None):
        """Return the token on a page."""
        page = (client or self.client).get(self.base + path).text
        return re.search(r'name="token" value="([0-9a-f]+)"', page)[1]

    def ask(self, path, client=None, method="POST", headers=None, token=None):
        """Ask for an action, as the live page does."""
        sent = {**(headers or {}), **({TOKEN: token} if token is not None else {})}
        return (client or self.client).open(self.base + path, method=method, headers=sent, json=ACTIONS[path])

    def press(self, path, client=None, method="POST", headers=None, token=None, **sent):
        form = {**(OURS | LOCUSTS)[path], **({"token": token} if token is not None else {}), **sent}
        how = {"query_string": form} if method == "GET" else {"data": form}
        return (client or self.client).open(self.base + path, method=method, headers=headers or {}, **how)


@pytest.fixture(scope="module", autouse=True)
def _no_arguments():
    """Locust reads the command line again for each page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["locust"])
        yield


@pytest.fixture(scope="module", params=["", "/load"], ids=["at the root", "under a base path"])
def ui(request):
    """Return a web UI without a login."""
    return Ui(request.param, public=PUBLIC)


@pytest.fixture(scope="module", params=["", "/load"], ids=["at the root", "under a base path"])
def closed(request):
    """Return a web UI with a login."""
    return Ui(request.param, login=True)


@pytest.fixture(autouse=True)
def _nothing_done(request):
    for name in ("ui", "closed"):
        if name in request.fixturenames:
            request.getfixturevalue(name).done.clear()


DONE = {SAFETY: ["stop now"], STORM: ["storm"], "/swarm": ["form", "swarm"], "/stop": ["stop"]}
DONE |= {"/stats/reset": ["reset_stats"], "/user": ["settings", "update_user"]}

FRIENDS = [
    ("no browser", {}),
    ("our own page", {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}),
    ("an older browser", {"Origin": OWN}),
    ("the public origin", {"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}),
]


@pytest.mark.parametrize("headers", [row[1] for row in FRIENDS], ids=[row[0] for row in FRIENDS])
@pytest.mark.parametrize("path", DONE)
def test_whom_they_are_for(ui, path, headers):
    """Locust's own routes as before, ours with the token of their page; then that page is shown again."""
    answer = ui.press(path, headers=headers, token=ui.token() if path in OURS else None)
    assert ui.done == DONE[path]
    if path in OURS:
        assert (answer.status_code, answer.headers["Location"]) == (303, path.rpartition("/")[2])
        assert DONE[path][0] in ui.client.get(ui.base + path).text


STRANGERS = [
    ("another site", {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}),
    ("another site, of an older browser", {"Origin": EVIL}),
    ("a neighbour", {"Sec-Fetch-Site": "same-site"}),
    ("another port", {"Origin": f"{OWN}:1"}),
    ("a file", {"Origin": "null"}),
    ("with the headers of a proxy", {"Origin": EVIL, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}),
]


@pytest.mark.parametrize("headers", [row[1] for row in STRANGERS], ids=[row[0] for row in STRANGERS])
@pytest.mark.parametrize("path", DONE)
def test_from_another_site(ui, path, headers):
    """403 and a sentence, even with the right token; nothing is done."""
    answer = ui.press(path, headers=headers, token=ui.token())
    assert (answer.status_code, ui.done) == (403, [])
    assert "another site than this web UI, so nothing was done" in answer.text
    assert "web: {origin: https://load.example.com}" in answer.text


WRONG = [
    ("none", {}),
    ("an empty one", {"token": ""}),
    ("a guessed one", {"token": "0" * 64}),
    ("one of other letters", {"token": "ü€\x00"}),
    ("one of another process", {"token": "another"}),
    ("in the address", {"query": True}),
]


@pytest.mark.parametrize("path", OURS)
@pytest.mark.parametrize("sent", [row[1] for row in WRONG], ids=[row[0] for row in WRONG])
def test_without_the_token(ui, path, sent):
    """403 and a sentence; a token in the address is none."""
    if sent.get("query"):
        answer = ui.client.post(f"{ui.base}{path}?token={ui.token()}", data=OURS[path])
    elif sent.get("token") == "another":
        answer = ui.press(path, token=Ui().token())
    else:
        answer = ui.press(path, **sent)
    assert (answer.status_code, ui.done) == (403, [])
    assert "load the page again" in answer.text


@pytest.mark.parametrize("path", DONE)
def test_by_get(ui, path):
    """A GET changes nothing, whatever it carries; nor do the other methods."""
    token = ui.token()
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        ui.press(path, method=method, token=token)
    assert ui.done == []


@pytest.mark.parametrize("path", DONE)
@pytest.mark.parametrize(
    "headers", [{}, {"Origin": OWN}, {"Origin": EVIL}], ids=["no browser", "our own page", "another site"]
)
def test_without_a_login(closed, path, headers):
    """Nothing of ours happens before it, and no token of a page that somebody else has seen helps."""
    token = closed.token(client=closed.log_in("ada"))
    closed.press(path, headers=headers, token=token)
    assert closed.done == []
    assert "token" not in closed.client.get(closed.base + SAFETY).text


@pytest.mark.parametrize("path", OURS)
def test_the_token_is_its_users(closed, path):
    """Who is logged in needs the token of their own page."""
    ada, bob = closed.log_in("ada"), closed.log_in("bob")
    answer = closed.press(path, client=bob, token=closed.token(client=ada))
    assert (answer.status_code, closed.done) == (403, [])
    closed.press(path, client=bob, token=closed.token(client=bob))
    assert closed.done == DONE[path]


def actions(ui):
    """Return the path of every action of the live page, whoever added it."""
    rules = [rule.rule for rule in ui.web_ui.app.url_map.iter_rules() if "/locust-ext/do/" in rule.rule]
    assert len(rules) >= 3, "an action that is not found here is not tested"
    return [rule.removeprefix(ui.base) for rule in rules]


def live_token(ui, client=None):
    """Return the token on the live page."""
    return re.search(r'data-token="([0-9a-f]+)"', (client or ui.client).get(f"{ui.base}/locust-ext/").text)[1]


@pytest.fixture
def untouched(monkeypatch):
    """Have an action that is begun be a failure of the test: nothing of it may be looked at."""
    monkeypatch.setattr("flask.Request.get_json", lambda *_, **__: pytest.fail("what was sent has been read"))


@pytest.mark.parametrize("headers", [row[1] for row in STRANGERS], ids=[row[0] for row in STRANGERS])
def test_actions_from_another_site(ui, untouched, headers):
    """403 and a sentence for each of them, even with the right token."""
    token = live_token(ui)
    for path in actions(ui):
        answer = ui.client.post(ui.base + path, json={}, headers={**headers, TOKEN: token})
        assert (answer.status_code, ui.done) == (403, []), path
        assert "another site than this web UI, so nothing was done" in answer.get_json()["said"]


@pytest.mark.parametrize("token", [None, "", "0" * 64, "another"])
def test_actions_without_the_token(ui, untouched, token):
    """403 for each of them; a token in the address or in a field is none."""
    known = live_token(ui)
    token = live_token(Ui()) if token == "another" else token
    headers = {} if token is None else {TOKEN: token}
    for path in actions(ui):
        for how in ({"json": {"token": known}}, {"query_string": {"token": known}, "data": {"token": known}}):
            answer = ui.client.post(ui.base + path, headers=headers, **how)
            assert (answer.status_code, ui.done) == (403, []), path
            assert "load the page again" in answer.get_json()["said"]


def test_actions_by_get(ui, untouched):
    """Nothing but POST is heard, whatever it carries."""
    for path in actions(ui):
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
            answer = ui.client.open(ui.base + path, method=method, headers={TOKEN: live_token(ui)})
            assert (answer.status_code, ui.done) == (405, []), (method, path)


def test_actions_without_a_login(closed, untouched):
    """Each is sent to the login, and so is who asks for our pages; no token of somebody else's page helps."""
    token = live_token(closed, closed.log_in("ada"))
    paths = [*actions(closed), "/locust-ext/", "/locust-ext/state", "/locust-ext/report", "/locust-ext/runs/a.zip"]
    for path in paths:
        how = closed.client.post if "/do/" in path else closed.client.get
        answer = how(closed.base + path, headers={TOKEN: token})
        assert (answer.status_code, closed.done) == (302, []), path
        assert answer.headers["Location"].startswith(f"{closed.base}/login")
        assert token not in answer.text


def test_the_token_of_an_action_is_its_users(closed, untouched):
    """Who is logged in needs that of their own page."""
    ada, bob = closed.log_in("ada"), closed.log_in("bob")
    for path in actions(closed):
        answer = bob.post(closed.base + path, json={}, headers={TOKEN: live_token(closed, ada)})
        assert (answer.status_code, closed.done) == (403, []), path


READERS = [
    ("a script of another site", {"Origin": EVIL}, False),
    ("a script in a sandbox", {"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
    ("a frame of another site", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}, False),
    ("a link of another site", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, True),
    ("a frame of ours", {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "iframe"}, True),
    ("a script of ours", {"Origin": OWN}, True),
]


@pytest.mark.parametrize("headers, shown", [row[1:] for row in READERS], ids=[row[0] for row in READERS])
def test_who_sees_the_token_of_the_live_page(ui, headers, shown):
    """As of the others."""
    answer = ui.client.get(f"{ui.base}/locust-ext/", headers=headers)
    assert (f'data-token="{ui.token()}"' in answer.text) is shown


@pytest.mark.parametrize("headers, shown", [row[1:] for row in READERS], ids=[row[0] for row in READERS])
@pytest.mark.parametrize("path", ["/", *OURS])
def test_who_sees_the_token(ui, path, headers, shown):
    """Locust lets scripts of any site read its pages: those get no token, and a foreign frame no button to click."""
    answer = ui.client.get(ui.base + path, headers=headers)
    assert ('name="token"' in answer.text) is shown
    assert answer.status_code == (200 if shown or path == "/" else 403)
    if path in OURS:
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    if shown:
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers, shown", [row[1:] for row in READERS], ids=[row[0] for row in READERS])
def test_who_gets_the_reports_of_a_run(ui, headers, shown):
    """No script of another site makes this process work; that there is no such run is all that is said here."""
    for path in ("runs/a.zip", "report?run=a"):
        answer = ui.client.get(f"{ui.base}/locust-ext/{path}", headers=headers)
        assert answer.status_code == (404 if shown else 403), path


BY_ACTION = {
    f"{DO}start": ["preview", "form", "swarm"],
    f"{DO}preview": ["preview"],
    f"{DO}storm": ["storm"],
    f"{DO}stop": ["stop now"],
}
"""What each action does; a start goes through Locust's own form."""


@pytest.mark.parametrize("headers", [row[1] for row in FRIENDS], ids=[row[0] for row in FRIENDS])
@pytest.mark.parametrize("path", ACTIONS)
def test_whom_actions_are_for(ui, path, headers):
    """The live page, with its token."""
    ui.ask(path, headers=headers, token=ui.token())
    assert ui.done == BY_ACTION[path]


@pytest.mark.parametrize("path", ACTIONS)
def test_whom_actions_are_for_behind_a_login(closed, path):
    """Who is logged in, with the token of their own page."""
    ada = closed.log_in("ada")
    closed.ask(path, client=ada, token=closed.token(client=ada))
    assert closed.done == BY_ACTION[path]


def test_every_page_stands_under_the_base_path(ui):
    """Nothing of ours is elsewhere, and links and buttons are relative, so that a proxy may take a path away."""
    rules = [rule.rule for rule in ui.web_ui.app.url_map.iter_rules() if "locust-ext" in rule.rule]
    assert len(rules) >= 6 + len(ACTIONS)
    assert all(rule.startswith(f"{ui.base}/locust-ext/") for rule in rules)
    assert base_path(ui.web_ui) == ui.base
    for path in ("/", SAFETY, STORM, "/locust-ext/report", "/locust-ext/"):
        page = ui.client.get(ui.base + path).text
        assert not re.findall(r'(?:href|action|src)="(/[^"]*)"', page)


def test_what_is_said_of_strangers_is_bounded(ui, caplog):
    """Each is told once, with its path, and not thousands of them."""
    for number in range(30):
        ui.press("/stop", headers={"Origin": f"https://{number}.evil.example"})
    told = [record.message for record in caplog.records if "another site" in record.message]
    assert 0 < len(told) <= 10


def test_tokens_are_random():
    """No two processes have the same."""
    assert Ui().token() != Ui().token()
