"""A feed in FastAPI: synthetic posts go to a sandbox, and neither billing nor mail acts on them."""

import os
from dataclasses import dataclass
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Request, WebSocket
from pydantic import BaseModel

from locust_ext.safety.middleware import AsgiMiddleware, Synthetic, synthetic


class Draft(BaseModel):
    """What a client sends."""

    body: str


@dataclass
class Post:
    """A post knows for good whether it is synthetic: a job that reads it later has no request to ask."""

    body: str
    synthetic: bool


REAL: list[Post] = []
SANDBOX: list[Post] = []
INVOICES: list[str] = []
LETTERS: list[str] = []

api = FastAPI()


def sender_of(request: Request) -> Synthetic | None:
    """Return the run behind a synthetic request, None for a real one."""
    return synthetic(request.scope)


Sender = Annotated[Synthetic | None, Depends(sender_of)]


@api.post("/posts", status_code=201)
def write(draft: Draft, sender: Sender, later: BackgroundTasks) -> dict[str, int]:
    """Store a post where its readers look for it."""
    post = Post(draft.body, synthetic=sender is not None)
    (SANDBOX if post.synthetic else REAL).append(post)
    later.add_task(bill, post)
    later.add_task(tell_followers, post)
    return {"posts": 1}


@api.get("/posts")
def feed(sender: Sender) -> dict[str, list[str]]:
    """Return what was written by readers of the same kind."""
    return {"posts": [post.body for post in (SANDBOX if sender else REAL)]}


@api.get("/ledger")
def ledger() -> dict[str, list[str]]:
    """Return what left the house."""
    return {"invoices": INVOICES, "letters": LETTERS}


@api.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    """Say how many posts there are for readers of the same kind."""
    await socket.accept()
    await socket.send_json({"posts": len(SANDBOX if synthetic(socket.scope) else REAL)})
    await socket.close()


def bill(post: Post) -> None:
    """Charge for a post, unless nobody wrote it."""
    if not post.synthetic:
        INVOICES.append(post.body)


def tell_followers(post: Post) -> None:
    """Send a letter, unless there is nobody to write to."""
    if not post.synthetic:
        LETTERS.append(post.body)


app = AsgiMiddleware(api, os.environ["LOAD_TEST_KEY"], hosts=["feed.example.com"])
