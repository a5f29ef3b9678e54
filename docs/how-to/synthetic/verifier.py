"""What nginx asks: 204 for a header that verifies, with the run in the acknowledgement; 403 for any other."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from locust_ext.safety.middleware import WsgiMiddleware, synthetic


def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request that the middleware let through; nginx asks for no other than a synthetic one."""
    start_response("204 No Content" if synthetic(environ) else "403 Forbidden", [])
    return []


app = WsgiMiddleware(answer, os.environ["LOAD_TEST_KEY"], hosts=["feed.example.com"])
