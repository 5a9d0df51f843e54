"""Services that let in only so many, or only so often: pools, limiters, a narrow wire.

python -m tests.targets.programs.limits pool --slots 4 --work-ms 20
python -m tests.targets.programs.limits pool --slots 4 --work-ms 20 --warm-s 6
python -m tests.targets.programs.limits refuse --slots 4 --work-ms 20
python -m tests.targets.programs.limits rate --per-s 200 --work-ms 2
python -m tests.targets.programs.limits pace --per-s 200
python -m tests.targets.programs.limits wire --bytes-per-s 20e6 --body-bytes 200e3
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Callable

from tests.targets.programs.served import Connection, port_of, serve

_TICK_S = 0.005
_COLD_RATIO = 5.0


def pool(options: argparse.Namespace) -> Callable[[Connection], None]:
    """So many at a time, the others wait; cold, everything takes five times as long."""
    waiting: deque[Connection] = deque()
    loop = asyncio.get_running_loop()
    free = options.slots
    warm_at_s: float | None = None

    def ask(connection: Connection) -> None:
        nonlocal free, warm_at_s
        warm_at_s = loop.time() + options.warm_s if warm_at_s is None else warm_at_s
        if free:
            free -= 1
            work(connection)
        else:
            waiting.append(connection)

    def work(connection: Connection) -> None:
        assert warm_at_s is not None
        slower = _COLD_RATIO if loop.time() < warm_at_s else 1.0
        loop.call_later(slower * options.work_ms / 1000, finish, connection)

    def finish(connection: Connection) -> None:
        nonlocal free
        connection.answer()
        if waiting:
            work(waiting.popleft())
        else:
            free += 1

    return ask


def refuse(options: argparse.Namespace) -> Callable[[Connection], None]:
    """So many at a time, the others get 503 at once."""
    loop = asyncio.get_running_loop()
    free = options.slots

    def ask(connection: Connection) -> None:
        nonlocal free
        if free:
            free -= 1
            loop.call_later(options.work_ms / 1000, finish, connection)
        else:
            connection.answer(503, b"full")

    def finish(connection: Connection) -> None:
        nonlocal free
        free += 1
        connection.answer()

    return ask


def rate(options: argparse.Namespace) -> Callable[[Connection], None]:
    """So many a second, with a tenth of that as a burst; the others get 429 at once."""
    loop = asyncio.get_running_loop()
    most = options.per_s / 10
    tokens, at_s = most, loop.time()

    def ask(connection: Connection) -> None:
        nonlocal tokens, at_s
        now_s = loop.time()
        tokens = min(most, tokens + options.per_s * (now_s - at_s))
        at_s = now_s
        if tokens >= 1:
            tokens -= 1
            loop.call_later(options.work_ms / 1000, connection.answer)
        else:
            connection.answer(429, b"slow down", "Retry-After: 1\r\n")

    return ask


def pace(options: argparse.Namespace) -> Callable[[Connection], None]:
    """One every so often; who comes early waits for his turn."""
    loop = asyncio.get_running_loop()
    turn_s = loop.time()

    def ask(connection: Connection) -> None:
        nonlocal turn_s
        now_s = loop.time()
        turn_s = max(turn_s + 1 / options.per_s, now_s)
        loop.call_later(turn_s - now_s, connection.answer)

    return ask


def wire(options: argparse.Namespace) -> Callable[[Connection], None]:
    """Answers share so many bytes a second, a little of each at every tick."""
    loop = asyncio.get_running_loop()
    size = int(options.body_bytes)
    owed: dict[Connection, int] = {}
    sent_at_s = loop.time()

    def ask(connection: Connection) -> None:
        nonlocal sent_at_s
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
        if not owed:
            sent_at_s = loop.time()
            loop.call_later(_TICK_S, tick)
        owed[connection] = size

    def tick() -> None:
        nonlocal sent_at_s
        now_s = loop.time()
        left = int(options.bytes_per_s * (now_s - sent_at_s))
        sent_at_s = now_s
        waiting = sorted(owed.items(), key=lambda one: one[1])
        for place, (connection, wanted) in enumerate(waiting):
            part = min(wanted, left // (len(waiting) - place))
            left -= part
            send(connection, wanted, part)
        if owed:
            loop.call_later(_TICK_S, tick)

    def send(connection: Connection, wanted: int, part: int) -> None:
        connection.send("", b"x" * part)
        connection.book.add("bytes", part)
        if part < wanted:
            owed[connection] = wanted - part
        else:
            del owed[connection]
            connection.book.add("200")

    return ask


MODELS = {"pool": pool, "refuse": refuse, "rate": rate, "pace": pace, "wire": wire}


async def main(options: argparse.Namespace) -> None:
    """Serve as the model that was asked for."""
    await serve(MODELS[options.model](options), options.port)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    port_of(parser)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--work-ms", type=float, default=20.0)
    parser.add_argument("--warm-s", type=float, default=0.0)
    parser.add_argument("--per-s", type=float, default=200.0)
    parser.add_argument("--bytes-per-s", type=float, default=20e6)
    parser.add_argument("--body-bytes", type=float, default=200e3)
    asyncio.run(main(parser.parse_args()))
