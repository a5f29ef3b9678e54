"""A target that counts: ``python target.py [DELAY_S]`` prints its port; ``GET /_book`` tells how many requests came.

Every other path is answered with 200 after the delay. A request counts when it has come, whether or not anybody waits
for its answer: that is what a verdict has to know of.
"""

import asyncio
import sys

DELAY = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
came: list[None] = []


async def serve(reader, writer):
    """Answer the requests of one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = b"ok"
            if head.startswith(b"GET /_book"):
                body = b"%d" % len(came)
            else:
                came.append(None)
                await asyncio.sleep(DELAY)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    """Serve on a port of the system's choice."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
