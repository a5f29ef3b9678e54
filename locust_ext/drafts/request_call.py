"""One request as a call of the user's client: where to, under which name, with which headers, body and tags.

Law: pure; a request whose address has gaps always has a name, so that a run has no more series than a script has
requests.
"""

from __future__ import annotations

from locust_ext.drafts.journey import Captured, Code, Column, Env, FormBody, JsonBody, Reference, Request, Template
from locust_ext.drafts.module_scope import Headers
from locust_ext.drafts.python_text import Bracket, Item, Node, Text, call, dictionary, string
from locust_ext.drafts.python_values import Values

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
"""Methods for which the client has a function."""

_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


def request_call(request: Request, values: Values, common: Headers, *, caught: bool) -> Bracket:
    """Return the call; ``common`` are headers of all requests, ``caught`` says that a block judges the answer."""
    body, content_type = _body(request, values)
    headers = dict((*common, *request.headers))
    if content_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = Template.of(content_type)
    tags = {name: values.text(value) for name, value in request.tags.items()}
    method = request.method.lower()
    name = request.name or (_name(request.target) if request.target.literal is None else "")
    return call(
        f"self.client.{method}" if method in _METHODS else "self.client.request",
        *([] if method in _METHODS else [string(request.method)]),
        values.text(request.target),
        name=string(name) if name and name != request.target.literal else None,
        headers=dictionary((key, values.text(value)) for key, value in headers.items()) if headers else None,
        **body,
        catch_response=Text("True") if caught else None,
        context=dictionary([("tags", dictionary(tags.items()))]) if tags else None,
    )


def _body(request: Request, values: Values) -> tuple[dict[str, Node], str]:
    """Return the body as a keyword, and the type of its content where the client would not say it."""
    body = request.body
    if body is None:
        return {}, ""
    if isinstance(body, JsonBody):
        return ({"data": string("null")}, _JSON) if body.value is None else ({"json": values.value(body.value)}, "")
    if not isinstance(body, FormBody):
        return {"data": values.text(body.text)}, ""
    fields = [(key, values.text(value)) for key, value in body.fields]
    if len(dict(fields)) == len(fields):
        return {"data": dictionary(fields)}, ""
    values.members.add(("urllib.parse", "urlencode"))
    pairs = tuple(Item("", Bracket("(", (Item("", string(key)), Item("", value)), ")")) for key, value in fields)
    return {"data": call("urlencode", Bracket("[", pairs, "]"))}, _FORM


def _name(target: Template) -> str:
    """Return the address with ``:id`` and the like for its gaps."""
    return "".join(piece if isinstance(piece, str) else f":{_word(piece)}" for piece in target.pieces)


def _word(reference: Reference) -> str:
    match reference:
        case Env() | Captured():
            return reference.name
        case Column():
            return reference.column
        case Code():
            return "value"
