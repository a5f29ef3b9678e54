"""A target that keeps a book: ``python ledger.py DELAY_S [MARK]`` prints its port.

``GET /_book`` tells when each request came, on the monotonic clock that all processes of a machine share, how many came
without the header MARK, and when this process itself stood still: what came meanwhile was written down late, at once.
``GET /_sick`` lets all answers from now on be 500. ``/slow`` takes five seconds more than anything else.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

DELAY = float(sys.argv[1])
MARK = (sys.argv[2] if len(sys.argv) > 2 else "x-synthetic-tenant").encode()
SLOW = 5.0
LOOK = 0.005
STALL = 0.02
"""Seconds by which a look is late when this process stood still."""

came: list[float] = []
unmarked: list[float] = []
stalls: list[tuple[float, float]] = []
status = [b"200 OK"]


async def serve(reader, writer):
    """Answer the requests of one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(await answer(head))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(head):
    """Return what one request is answered with, and write it down unless it asks for the book."""
    path, body, now = head.split(None, 2)[1], b"ok", time.monotonic()
    if path == b"/_book":
        body = json.dumps({"came": came, "unmarked": unmarked, "stalls": stalls}).encode()
    elif path == b"/_sick":
        status[0] = b"500 Internal Server Error"
    else:
        came.append(now)
        if MARK not in head.lower():
            unmarked.append(now)
        await asyncio.sleep(DELAY + (SLOW if path == b"/slow" else 0))
    told = b"200 OK" if path.startswith(b"/_") else status[0]
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (told, len(body), body)


async def look():
    """Write down when this process stands still."""
    before = time.monotonic()
    while True:
        await asyncio.sleep(LOOK)
        now = time.monotonic()
        if now - before > LOOK + STALL:
            stalls.append((before, now))
        before = now


async def main():
    """Serve on a port of the system's choice."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    watch = asyncio.create_task(look())
    await server.serve_forever()
    await watch


asyncio.run(main())
