"""How fast is a plain aiohttp client? `aiohttp_client.py URL CONNECTIONS SECONDS [BODY_FILE]`."""

import asyncio
import json
import sys
import time
from pathlib import Path

import aiohttp


async def visit(
    session: aiohttp.ClientSession, url: str, body: bytes | None, end_s: float
) -> tuple[int, int]:
    """Requests one after the other until the end; how many, and how many of them failed."""
    requests = failures = 0
    method = "GET" if body is None else "POST"
    while time.monotonic() < end_s:
        requests += 1
        try:
            async with session.request(method, url, data=body) as answer:
                await answer.read()
                failures += answer.status >= 400
        except (aiohttp.ClientError, OSError):
            failures += 1
    return requests, failures


async def load(url: str, connections: int, seconds: int, body: bytes | None) -> None:
    """Keep one request in flight on each connection, then print what came of it."""
    connector = aiohttp.TCPConnector(limit=connections, ssl=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        end_s = time.monotonic() + seconds
        counts = await asyncio.gather(
            *(visit(session, url, body, end_s) for _ in range(connections))
        )
    told = {"requests": sum(row[0] for row in counts), "failures": sum(row[1] for row in counts)}
    print(json.dumps(told))


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(
        load(
            given[0],
            int(given[1]),
            int(given[2]),
            Path(given[3]).read_bytes() if len(given) > 3 else None,
        )
    )
