"""A GitHub and a GitLab of one pull request: what their two APIs do, as far as a comment needs it, as a WSGI application.

What goes wrong is a list of faults: each is used for one request whose beginning it names, in their order.
"""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs

MOST = {"GitHub": 65_536, "GitLab": 1_000_000}
BOT, PERSON, APP = "github-actions[bot]", "ada", "other[bot]"
NUMBERS = {BOT: 41, PERSON: 42, APP: 43}
WRITES, READS, ADAS = "ghs_writes-012345", "ghs_reads-012345", "ghp_adas-012345"
USERS = {WRITES: BOT, READS: BOT, ADAS: PERSON}
WHO = {"GitHub": ("POST /graphql", "POST /api/graphql"), "GitLab": ("GET /api/v4/user",)}
CHANGES = {"GitHub": "PATCH", "GitLab": "PUT"}
STATUS = {200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently", 401: "Unauthorized", 403: "Forbidden"}


class Forge:
    """One server, whose pull request has the number 7."""

    def __init__(self, kind="GitHub"):
        self.kind, self.comments, self.asked, self.faults, self.others = kind, {}, [], [], []
        self.number = 100

    def add(self, body, user=BOT, number=None):
        """Add a comment; return its number."""
        self.number = number or self.number + 1
        self.comments[self.number] = {"body": body, "user": user}
        return self.number

    def bodies(self, user=BOT):
        """Return what a user's comments say, oldest first."""
        return [each["body"] for _, each in sorted(self.comments.items()) if each["user"] == user]

    def fault(self, begins, status=None, headers=(), body=None, *, after=False, **named):
        """Have the next request that begins so answered otherwise; ``after``: when it was done all the same."""
        self.faults.append((begins, (status, dict(headers), body, after, named)))

    def __call__(self, environ, start):
        """Answer a request."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        path = path.removeprefix("/api/v3") if self.kind == "GitHub" else path
        length = int(environ.get("CONTENT_LENGTH") or 0)
        sent = json.loads(environ["wsgi.input"].read(length)) if length else None
        token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ") or environ.get("HTTP_PRIVATE_TOKEN", "")
        self.asked.append((method, path, token, environ.get("HTTP_COOKIE", "")))
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        host = f"http://{environ['HTTP_HOST']}"
        fault = self._fault(f"{method} {path}")
        status, headers, document = 200, {}, b""
        if fault is None or fault[3]:
            status, headers, document = self._answer(method, path, query, sent, token, host)
        if fault is not None:
            status, headers, document = fault[0] or status, fault[1], fault[2] if fault[2] is not None else document
            time.sleep(fault[4].get("hangs", 0))
        if self.others and method != "GET":
            self.others.pop(0)(self)  # another job does something at the same time
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        content = b"" if status == 204 else content
        named = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
        start(f"{status} {STATUS.get(status, 'Unknown')}", list(named.items()))
        if fault is not None and "drips" in fault[4]:
            return (time.sleep(fault[4]["drips"]) or content[at : at + 1] for at in range(len(content)))
        return [content]

    def _fault(self, line):
        for at, (begins, fault) in enumerate(self.faults):
            if line.startswith(begins):
                del self.faults[at]
                return fault
        return None

    def _answer(self, method, path, query, sent, token, host):  # noqa: PLR0911 a server answers in many ways
        user = USERS.get(token)
        root = "/repos/ada/shop/issues" if self.kind == "GitHub" else "/api/v4/projects/5/merge_requests"
        many = f"{root}/7/comments" if self.kind == "GitHub" else f"{root}/7/notes"
        one = f"{root}/comments/" if self.kind == "GitHub" else f"{many}/"
        if user is None:
            return 401, {}, {"message": "Bad credentials"}
        if f"{method} {path}" in WHO[self.kind]:
            viewer = {"data": {"viewer": {"login": user}}}
            return 200, {}, viewer if self.kind == "GitHub" else {"id": NUMBERS[user], "username": user}
        if f"{method} {path}" == f"GET {many}":
            return self._page(query, f"{host}{path}")
        if method != "GET" and token == READS and path.startswith((many, one)):
            return 403, {}, {"message": "Resource not accessible by integration"}
        body = (sent or {}).get("body")
        if body is not None and len(body) > MOST[self.kind]:
            return 422, {}, {"message": "Validation Failed"}
        if f"{method} {path}" == f"POST {many}":
            return 201, {}, self._shown(self.add(body, user))
        number = path.removeprefix(one) if path.startswith(one) else ""
        return self._write(method, int(number) if number.isdigit() else 0, body)

    def _write(self, method, number, body):
        if number not in self.comments or method not in {"DELETE", CHANGES[self.kind]}:
            return 404, {}, {"message": "Not Found"}
        if method == "DELETE":
            del self.comments[number]
            return 204, {}, None
        self.comments[number]["body"] = body  # who may write may do so to a stranger's, too
        return 200, {}, self._shown(number)

    def _page(self, query, url):
        size, page = int(query.get("per_page", 20)), int(query.get("page", 1))
        numbers = sorted(self.comments)
        shown = [self._shown(number) for number in numbers[(page - 1) * size : page * size]]
        more = page * size < len(numbers)
        return 200, ({"Link": f'<{url}?page={page + 1}>; rel="next", <{url}>; rel="first"'} if more else {}), shown

    def _shown(self, number):
        comment = self.comments[number]
        user = comment["user"]
        if self.kind == "GitLab":
            author = {"id": NUMBERS[user], "username": user}
            return {"id": number, "body": comment["body"], "author": author, "system": comment.get("system", False)}
        kind = "Bot" if user.endswith("[bot]") else "User"
        return {"id": number, "body": comment["body"], "user": {"login": user, "id": NUMBERS[user], "type": kind}}
