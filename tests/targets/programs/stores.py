"""Services that wait for something else: a store, another service, or a line of their own.

python -m tests.targets.programs.stores redis --store 6379 --work 9000 --wait-ms 12
python -m tests.targets.programs.stores downstream --store 8080 --pool 8
python -m tests.targets.programs.stores line --wait-ms 100 --slots 4
"""

import argparse
import asyncio
import zlib
from collections.abc import Awaitable, Callable

from tests.targets.programs.clients import Http, Pool, Postgres, Redis, StoreError
from tests.targets.programs.served import Connection, port_of, serve

# What is done for a request until there is a body, or a reason to fail.
Action = Callable[[Connection], Awaitable[bytes]]
# Costs CPU time of the one thread of Redis, and nothing else.
REDIS_WORK = "local n = 0 for i = 1, tonumber(ARGV[1]) do n = n + i % 7 end return n"
# Books as many items to one account: those who wait walk along all that was booked meanwhile.
BOOKINGS = (
    "BEGIN; DO $$ BEGIN FOR i IN 1..{count} LOOP"
    " UPDATE account SET total = total + 1 WHERE id = 1; END LOOP; END $$"
)
DATABASE_WORK = "SELECT count(*) FROM generate_series(1, {count})"
DONE = b"done"


class Service:
    """An action for every request; what it may be asked of its pool."""

    def __init__(self, action: Action, metrics: Callable[[], str] = str) -> None:
        self._action = action
        self.metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, connection: Connection) -> None:
        """Begin to work on a request."""
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: Connection) -> None:
        try:
            body = await self._action(connection)
        except (StoreError, OSError, asyncio.IncompleteReadError):
            connection.answer(500, b"failed")
        else:
            connection.answer(200, body, "Content-Type: text/plain\r\n")


def query(options: argparse.Namespace) -> Service:
    """A statement that costs CPU time, on a pooled connection to PostgreSQL."""
    pool = Pool(options.pool, lambda: Postgres.open(options.store, "app"))

    async def action(_asker: Connection) -> bytes:
        await asyncio.sleep(options.wait_ms / 1000)
        async with pool.taken() as connection:
            await connection.query(DATABASE_WORK.format(count=options.work))
        return DONE

    return Service(action, pool.metrics)


def connect(options: argparse.Namespace) -> Service:
    """A connection to PostgreSQL for each request; who gets none tries once more, then fails."""

    async def opened() -> Postgres:
        try:
            return await Postgres.open(options.store, "app")
        except StoreError:
            await asyncio.sleep(options.retry_ms / 1000)
            return await Postgres.open(options.store, "app")

    async def action(_asker: Connection) -> bytes:
        connection = await opened()
        try:
            await asyncio.sleep(options.wait_ms / 1000)
            await connection.query("SELECT 1")
        finally:
            connection.close()
        return DONE

    return Service(action)


def lock(options: argparse.Namespace) -> Service:
    """A transaction that holds one row of PostgreSQL while the service does something else."""
    pool = Pool(options.pool, lambda: Postgres.open(options.store, "app"))

    async def action(_asker: Connection) -> bytes:
        await asyncio.sleep(options.wait_ms / 1000)
        async with pool.taken() as connection:
            await connection.query(BOOKINGS.format(count=options.work))
            await asyncio.sleep(options.hold_ms / 1000)
            await connection.query("COMMIT")
        return DONE

    return Service(action, pool.metrics)


def redis(options: argparse.Namespace) -> Service:
    """A script on a pooled connection to Redis."""
    pool = Pool(options.pool, lambda: Redis.open(options.store))

    async def action(_asker: Connection) -> bytes:
        await asyncio.sleep(options.wait_ms / 1000)
        async with pool.taken() as connection:
            await connection.say("EVAL", REDIS_WORK, "0", f"{options.work}")
        return DONE

    return Service(action, pool.metrics)


def downstream(options: argparse.Namespace) -> Service:
    """Another service, on a pooled connection."""
    pool = Pool(options.pool, lambda: Http.open(options.store))

    async def action(_asker: Connection) -> bytes:
        async with pool.taken() as connection:
            return await connection.get()

    return Service(action, pool.metrics)


def line(options: argparse.Namespace) -> Service:
    """A wait in one of so many slots, then another one, one after the other.

    Whoever has gone when his turn comes is not worked for.
    """
    slots, lock = asyncio.Semaphore(options.slots), asyncio.Lock()
    body = compressible(options.body_bytes) if options.body_bytes else DONE

    async def action(asker: Connection) -> bytes:
        async with slots:
            if asker.transport is None:
                return DONE
            await asyncio.sleep(options.wait_ms / 1000)
        if options.hold_ms:
            async with lock:
                await asyncio.sleep(options.hold_ms / 1000)
        return body

    return Service(action)


def compressible(length: int) -> bytes:
    """Always the same text, of orders: it takes time to compress and becomes small."""
    lines = (f'{{"order":{i},"sum":{zlib.crc32(b"%d" % i)}}}\n' for i in range(length // 20))
    return "".join(lines).encode()[:length]


KINDS = {made.__name__: made for made in (query, connect, lock, redis, downstream, line)}


async def main(options: argparse.Namespace) -> None:
    """Serve as the kind that was asked for."""
    service = KINDS[options.kind](options)
    await serve(service.ask, options.port, service.metrics)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    port_of(parser)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--store", type=int, default=0)
    parser.add_argument("--pool", type=int, default=64)
    parser.add_argument("--slots", type=int, default=10_000)
    parser.add_argument("--work", type=int, default=0)
    parser.add_argument("--body-bytes", type=int, default=0)
    parser.add_argument("--wait-ms", type=float, default=0.0)
    parser.add_argument("--hold-ms", type=float, default=0.0)
    parser.add_argument("--retry-ms", type=float, default=0.0)
    asyncio.run(main(parser.parse_args()))
