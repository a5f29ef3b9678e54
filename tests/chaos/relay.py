"""A TCP relay that can stand still: ``python relay.py TO`` prints its port; each SIGUSR1 stops it, or lets it go on.

What comes meanwhile is kept and passed on, as a network does that is cut off for a while.
"""

import asyncio
import signal
import sys

TO = int(sys.argv[1])
running = asyncio.Event()


async def pump(reader, writer):
    """Pass on one direction."""
    try:
        while data := await reader.read(65536):
            await running.wait()
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def join(reader, writer):
    """Pass on one connection."""
    try:
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", TO)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, other_writer), pump(other_reader, writer))


def turn():
    """Stop, or go on."""
    if running.is_set():
        running.clear()
    else:
        running.set()


async def main():
    """Relay from a port of the system's choice."""
    running.set()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, turn)
    server = await asyncio.start_server(join, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
