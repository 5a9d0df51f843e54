"""What does one visitor do? Two calls with a check between them."""


async def browse(client, row):
    """Read the page, then send an order and look whether it comes back.

    `client` has the methods of an aiohttp session and reaches the target only, so paths are enough.
    `row` is one line of test data; it is empty in this version. An exception, such as that of an
    assert, counts as a failed check.
    """
    async with client.get("/") as response:
        await response.read()
    order = {"sku": row.get("sku", "A-1"), "count": 2}
    async with client.post("/echo", json=order) as response:
        assert response.status == 200
        assert await response.json(content_type=None) == order
