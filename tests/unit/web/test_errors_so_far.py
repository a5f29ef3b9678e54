"""Which errors occurred so far: as text, bounded, and free of secrets."""

from locust_ext.measure.error_kinds import Answer, ErrorKind
from locust_ext.measure.errors_told import LONGEST_BODY
from locust_ext.safety.outlet import OUTLET, Outlet
from locust_ext.safety.redaction import Redaction
from locust_ext.text.strict_json import strict_json
from locust_ext.web.errors_so_far import MOST_KINDS, ErrorsSoFar


class Run:
    """A run with these errors."""

    def __init__(self, *errors):
        self.errors = lambda: errors


def kind(number=0, **changes):
    """Return a kind of errors."""
    told = {"metric": "http_req_failed", "name": f"/{number}", "method": "GET", "what": "503", "count": 9 - number % 9}
    return ErrorKind(**{**told, "first": 1.0, "last": 3.25, **changes})


def test_before_a_run_there_are_none():
    """Nor in one where all is well; and none are told where they are not asked for."""
    assert ErrorsSoFar(lambda: Run(kind())).piece({}) is None
    assert (
        ErrorsSoFar(lambda: None).piece({"errors": ""})
        == ErrorsSoFar(Run).piece({"errors": ""})
        == {"rows": [], "more": 0}
    )


def test_a_kind():
    """How often, where, when last, and its first answer as it came."""
    answer = Answer("503", (("Retry-After", "5"),), "too\nbusy", trace_id="abc")
    (row,) = ErrorsSoFar(lambda: Run(kind(response=answer, message="refused"))).piece({"errors": ""})["rows"]
    assert row == {
        "what": "status 503",
        "where": "GET /0",
        "count": 9,
        "last": 3.2,
        "message": "refused",
        "answer": "status 503\nRetry-After: 5\ntrace abc\n\ntoo\nbusy",
    }


def test_they_are_bounded_and_free_of_secrets(monkeypatch):
    """However many kinds there are, and however long what they say is."""
    monkeypatch.setenv("SHOP_TOKEN", "canary-55cc66dd")
    body = "<img onerror=alert(1)>canary-55cc66dd\x1b[31m" * 60
    answer = Answer("503", tuple((f"X-{n}", body) for n in range(30)), body)
    found = ErrorsSoFar(lambda: Run(*(kind(n, message=body, response=answer) for n in range(40)))).piece({"errors": ""})
    text = strict_json(found)
    assert (len(found["rows"]), found["more"]) == (MOST_KINDS, 40 - MOST_KINDS)
    assert "canary" not in text
    assert "\\u001b" not in text
    assert len(text) < 200_000


def test_what_was_shown_is_not_looked_through_again(monkeypatch):
    """A page asks each second: the environment is read once for all of it, and a text of which it is known is not."""
    asked = []
    redaction, hidden = Outlet.redaction.fget, Redaction._hidden
    monkeypatch.setattr(Outlet, "redaction", property(lambda outlet: asked.append("environment") or redaction(outlet)))
    monkeypatch.setattr(Redaction, "_hidden", lambda *given: asked.append("text") or hidden(*given))
    answer = Answer("503", (("Retry-After", "5"),), "too busy ".ljust(LONGEST_BODY, "."), trace_id="abc")
    page = ErrorsSoFar(lambda: Run(*(kind(n, message=f"refused {n}", response=answer) for n in range(3))))
    OUTLET.redaction.look_again()
    asked.clear()
    first = page.piece({"errors": ""})
    assert "text" in asked
    asked.clear()
    assert page.piece({"errors": ""}) == first
    assert asked == ["environment"]
