"""A collector that reads every message and keeps none, on the other core, so that the one who pushes is measured."""

from __future__ import annotations

import asyncio

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
LENGTH = b"content-length:"


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each message of a connection, and say how long it was."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        (length,) = (line[len(LENGTH) :] for line in head.lower().split(b"\r\n") if line.startswith(LENGTH))
        await reader.readexactly(int(length))
        writer.write(ANSWER)
        print(int(length), flush=True)


async def main() -> None:
    """Serve on a free port, and say which."""

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await take(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
