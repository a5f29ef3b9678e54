"""A feed in Flask: synthetic posts go to a sandbox, and neither billing nor mail acts on them."""

import os
from dataclasses import dataclass
from typing import Any

from flask import Flask, request

from locust_ext.safety.middleware import WsgiMiddleware, synthetic


@dataclass
class Post:
    """A post knows for good whether it is synthetic: a job that reads it later has no request to ask."""

    body: str
    synthetic: bool


REAL: list[Post] = []
SANDBOX: list[Post] = []
INVOICES: list[str] = []
LETTERS: list[str] = []

app = Flask(__name__)
app.wsgi_app = WsgiMiddleware(app.wsgi_app, os.environ["LOAD_TEST_KEY"], hosts=["feed.example.com"])


@app.post("/posts")
def write() -> tuple[dict[str, Any], int]:
    """Store a post where its readers look for it."""
    post = Post(request.get_json()["body"], synthetic=synthetic(request.environ) is not None)
    (SANDBOX if post.synthetic else REAL).append(post)
    bill(post)
    tell_followers(post)
    return {"posts": 1}, 201


@app.get("/posts")
def feed() -> dict[str, Any]:
    """Return what was written by readers of the same kind."""
    posts = SANDBOX if synthetic(request.environ) else REAL
    return {"posts": [post.body for post in posts]}


@app.get("/ledger")
def ledger() -> dict[str, Any]:
    """Return what left the house."""
    return {"invoices": INVOICES, "letters": LETTERS}


def bill(post: Post) -> None:
    """Charge for a post, unless nobody wrote it."""
    if not post.synthetic:
        INVOICES.append(post.body)


def tell_followers(post: Post) -> None:
    """Send a letter, unless there is nobody to write to."""
    if not post.synthetic:
        LETTERS.append(post.body)
