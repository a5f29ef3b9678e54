"""One call of k6's http as a request: its address, body, headers and tags.

Law: everything that is given is translated, or named in a note, or the whole call is an UntranslatableError.
"""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from locust_ext.drafts.journey import Body, FormBody, JsonBody, Request, TextBody, Value
from locust_ext.k6.answers import UntranslatableError
from locust_ext.k6.imports import HTTP, REQUESTS
from locust_ext.k6.syntax import meaningful, part, text_of, unwrapped
from locust_ext.k6.texts import Texts
from locust_ext.text.lengths import quoted

METHODS = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "del": "DELETE",
    "patch": "PATCH",
    "head": "HEAD",
    "options": "OPTIONS",
}
"""The functions of k6/http that send one request, and its method."""

_WITHOUT_BODY = frozenset({"get", "head"})
_ANY = REQUESTS - METHODS.keys()
"""Those that are given the method first."""

_FAILS_FROM = 400
_HIGHEST_STATUS = 599

_DROPPED: Mapping[str, str] = {
    "timeout": "timeout: FastHttpUser has one for all its requests: network_timeout",
    "redirects": "redirects: say allow_redirects=False for 0; FastHttpUser has one number for all: max_redirects",
    "responseType": "",
    "compression": "compression: the body is sent as it is",
    "cookies": "cookies: the client keeps those that answers set; these are not sent",
    "jar": "jar: each user has its own, and no other",
    "auth": "auth: HTTP basic goes as auth=(user, password)",
}
"""Parameters of requests that are not translated, and what to say of them."""


_UNTYPED = "k6 names no Content-Type here; json= says application/json"


class RequestCalls:
    """Reads the calls of k6/http of one script."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def is_request(self, node: Node | None) -> bool:
        """Tell whether a node is a call that sends one request."""
        return self.function(node) in REQUESTS

    def function(self, node: Node | None) -> str:
        """Return which function of k6/http a call is of; "" for none."""
        if node is None or node.type != "call_expression":
            return ""
        return self._texts.names.function(part(node, "function"), HTTP)

    def request(self, node: Node) -> Request:
        """Return the request of a call."""
        function, given = self.function(node), _given(node)
        if function in _ANY:
            method, given = self._texts.text(given[0] if given else None).upper(), given[1:]
        else:
            method = METHODS[function]
        target = given[0] if given else None
        body, params = (None, 1) if function in _WITHOUT_BODY else (given[1] if len(given) > 1 else None, 2)
        return self._request(method, target, body, given[params] if len(given) > params else None)

    def of_batch(self, node: Node | None) -> Request:
        """Return one request of a batch: an address, a list or an object."""
        node = unwrapped(node)
        meant = self._texts.meaning(node) if node is not None and node.type == "identifier" else None
        node = unwrapped(meant) if isinstance(meant, Node) else node
        if node is not None and node.type == "array":
            items = [*meaningful(node), None, None, None]
            return self._request(self._texts.text(items[0]).upper(), items[1], items[2], items[3])
        if node is not None and node.type == "object":
            fields = self._texts.fields(node)
            method = self._texts.text(fields["method"]).upper() if "method" in fields else "GET"
            return self._request(method, fields.get("url"), fields.get("body"), fields.get("params"))
        return self._request("GET", node, None, None)

    def _request(self, method: str, target: Node | None, body: Node | None, params: Node | None) -> Request:
        self._texts.remarks.clear()
        fields = {} if _is_nothing(params) else self._texts.fields(params)
        headers = tuple(self._texts.templates(fields.pop("headers", None)).items())
        tags = self._texts.templates(fields.pop("tags", None))
        name = tags.pop("name", None)
        if name is not None and name.literal is None:
            raise UntranslatableError("its name is not known before the run")
        expected, fine = self._expected(fields.pop("responseCallback", None))
        notes = [_DROPPED[key] for key in fields if _DROPPED.get(key)]
        sent = None if _is_nothing(body) else self._body(body)
        if isinstance(sent, JsonBody) and not any(key.lower() == "content-type" for key, _ in headers):
            notes.append(_UNTYPED)
        unknown = sorted(fields.keys() - _DROPPED.keys())
        if unknown:
            raise UntranslatableError(f"its parameter {quoted(unknown[0], 40)} is not known here")
        address = self._texts.template(target)
        notes += dict.fromkeys(self._texts.remarks)
        return Request(
            method,
            address,
            name=(name.literal or "") if name is not None else _tagged_name(target),
            headers=headers,
            body=sent,
            tags=tags,
            expected=expected,
            notes=(*notes, *fine),
        )

    def _body(self, node: Node | None) -> Body:
        node = unwrapped(node)
        meant = self._texts.meaning(node) if node is not None and node.type == "identifier" else None
        node = unwrapped(meant) if isinstance(meant, Node) else node
        if node is not None and node.type == "object":
            fields = self._texts.fields(node)
            return FormBody(tuple((key, self._texts.template(each)) for key, each in fields.items()))
        inner = self._stringified(node)
        if inner is not None:
            value: Value = self._texts.value(inner)
            return JsonBody(value)
        return TextBody(self._texts.template(node))

    def _stringified(self, node: Node | None) -> Node | None:
        """Return what is made JSON of in ``JSON.stringify(x)``."""
        if node is None or node.type != "call_expression" or text_of(part(node, "function")) != "JSON.stringify":
            return None
        given = _given(node)
        return given[0] if len(given) == 1 or (given and _is_nothing(given[1])) else None

    def _expected(self, node: Node | None) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Return the statuses that are fine from 400 on, and what to say of others."""
        if _is_nothing(node):
            return (), ()
        meant = self._texts.meaning(node) if node is not None and node.type == "identifier" else node
        call = unwrapped(meant) if isinstance(meant, Node) else None
        if self.function(call) != "expectedStatuses" or call is None:
            raise UntranslatableError("its responseCallback is not http.expectedStatuses(...)")
        found: set[int] = set()
        for each in _given(call):
            one = unwrapped(each)
            if one is not None and one.type == "object":
                fields = self._texts.fields(one)
                low, high = (self._texts.constant(fields.get(key)) for key in ("min", "max"))
            else:
                low = high = self._texts.constant(one)
            if not isinstance(low, int) or not isinstance(high, int):
                raise UntranslatableError("its expected statuses are not numbers")
            found |= {*range(max(low, 100), min(high, _HIGHEST_STATUS) + 1)}
        note = "responseCallback: other statuses below 400 count as fine here"
        return tuple(sorted(each for each in found if each >= _FAILS_FROM)), (note,)


def _tagged_name(target: Node | None) -> str:
    """Return the name that an http.url`...` has."""
    if target is None or target.type != "call_expression":
        return ""
    given = part(target, "arguments")
    return text_of(given).strip("`") if given is not None and given.type == "template_string" else ""


def _is_nothing(node: Node | None) -> bool:
    return node is None or text_of(node) in {"null", "undefined", "{}", ""}


def _given(node: Node) -> list[Node]:
    given = part(node, "arguments")
    return meaningful(given) if given is not None else []
