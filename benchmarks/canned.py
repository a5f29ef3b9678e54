"""A server that gives a canned feed to every request, so that the client is what is measured."""

from __future__ import annotations

import asyncio
import json

END = b"\r\n\r\n"
BODY = json.dumps(
    {"posts": [{"id": str(number), "body": f"Post number {number} of them"} for number in range(20)]}
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Canned(asyncio.Protocol):
    """Answers each blank line; requests with bodies are not for it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are complete."""
        *complete, self._rest = (self._rest + data).split(END)
        if complete and self._transport:
            self._transport.write(ANSWER * len(complete))


async def main() -> None:
    """Serve on a free port, and say which."""
    server = await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
