"""What does one visitor do? Two calls with a check between them."""

import aiohttp


async def browse(client: aiohttp.ClientSession, row: dict[str, str]) -> None:
    """Read the page, then send something and look whether it comes back.

    `client` is bound to the target, so paths are enough. `row` is one line of test data; it is
    empty in this version. An exception, such as that of an assert, counts as a failed check.
    """
    async with client.get("/") as response:
        await response.read()
    order = {"sku": row.get("sku", "A-1"), "count": 2}
    async with client.post("/echo", json=order) as response:
        assert response.status == 200
        assert await response.json() == order
