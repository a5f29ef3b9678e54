"""A server that is a forge, over a real socket."""

from socket import IPPROTO_TCP, TCP_NODELAY

import pytest
from gevent.pywsgi import WSGIHandler, WSGIServer

from tests.forge import Forge


class AtOnce(WSGIHandler):
    """Sends what it has, and waits for no more."""

    def handle(self):
        self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        super().handle()


@pytest.fixture
def serve():
    """Start a forge; return it and its address."""
    servers = []

    def start(kind="GitHub"):
        forge = Forge(kind)
        server = WSGIServer(("127.0.0.1", 0), forge, handler_class=AtOnce, log=None, error_log=None)
        server.start()
        servers.append(server)
        return forge, f"http://127.0.0.1:{server.server_port}{'' if kind == 'GitHub' else '/api/v4'}"

    yield start
    for server in servers:
        server.stop(timeout=0)
