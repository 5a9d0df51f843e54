"""Services that hold memory, or stop everything to collect it.

python -m tests.targets.programs.hungry holds --held-mb 6 --work-ms 200
python -m tests.targets.programs.hungry collects --every 40 --objects 900000 --work-ms 5
"""

import argparse
import asyncio
import gc
import time
from collections.abc import Callable

from tests.targets.programs.served import Connection, port_of, serve


def holds(options: argparse.Namespace) -> Callable[[Connection], None]:
    """Every request in work holds so many megabytes."""
    loop = asyncio.get_running_loop()

    def ask(connection: Connection) -> None:
        held = b"x" * int(options.held_mb * 1e6)
        loop.call_later(options.work_ms / 1000, finish, connection, held)

    def finish(connection: Connection, _held: bytes) -> None:
        connection.answer()

    return ask


def collects(options: argparse.Namespace) -> Callable[[Connection], None]:
    """Garbage is collected after every so many requests, and nothing else happens meanwhile."""
    loop = asyncio.get_running_loop()
    heap = [[number] for number in range(options.objects)]
    gc.disable()
    since = 0

    def ask(connection: Connection) -> None:
        loop.call_later(options.work_ms / 1000, finish, connection)

    def finish(connection: Connection) -> None:
        nonlocal since
        since += 1
        if since >= options.every:
            since = 0
            begin_s = time.monotonic()
            gc.collect()
            connection.book.add("paused_s", time.monotonic() - begin_s)
            connection.book.add("pauses")
        connection.answer(body=b"%d" % len(heap))

    return ask


MODELS = {"holds": holds, "collects": collects}


async def main(options: argparse.Namespace) -> None:
    """Serve as the model that was asked for."""
    await serve(MODELS[options.model](options), options.port)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    port_of(parser)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--work-ms", type=float, required=True)
    parser.add_argument("--held-mb", type=float, default=6.0)
    parser.add_argument("--every", type=int, default=40)
    parser.add_argument("--objects", type=int, default=900_000)
    asyncio.run(main(parser.parse_args()))
