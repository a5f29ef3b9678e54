"""A target that answers, answers slowly, fails, or never answers, and counts: ``python hanging.py`` prints its port."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from urllib.parse import parse_qs, urlsplit

COUNTS: Counter[str] = Counter()


def answer(status: int, body: bytes = b"ok") -> bytes:
    """Return an answer with a body."""
    return b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection: /hang?k=40 never answers every 40th request, /some?k=4 fails every 4th."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            address = urlsplit(head.split(" ", 2)[1])
            options = {key: float(values[0]) for key, values in parse_qs(address.query).items()}
            if address.path == "/counts":
                writer.write(answer(200, json.dumps(COUNTS).encode()))
                continue
            COUNTS[address.path] += 1
            turn = COUNTS[address.path] % options.get("k", 1) == 0
            await asyncio.sleep(options.get("ms", 0) / 1000)
            if address.path == "/hang" and turn:
                await asyncio.sleep(3600)
            writer.write(answer(500 if address.path in {"/fail", "/some"} and turn else 200))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Listen on a port that the system picks."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
