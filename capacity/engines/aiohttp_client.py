"""What can a scenario's `client` do? What aiohttp's session can, but with the target only."""

from typing import Any

from yarl import URL

from capacity.engines.aiohttp_call import Call, UserLoop, Workplace


class TargetClient:
    """The client that a scenario gets. It reaches the target only; paths are relative to it.

    Every method takes what aiohttp's own takes and gives an async context manager:
    `async with client.post("/cart", json={...}) as response`. Redirects are not followed unless
    the call says `allow_redirects=True`; the chain counts as one call then.
    """

    def __init__(self, workplace: Workplace, user: UserLoop) -> None:
        self._workplace = workplace
        self._user = user

    def request(self, method: str, url: str | URL, **options: Any) -> Call:
        """Make any request."""
        if not (isinstance(url, str) and url.startswith("/") and not url.startswith("//")):
            origin = self._workplace.origin
            url = origin.join(URL(url))
            if url.origin() != origin.origin():
                raise ValueError(f"{url} is not on the target {origin}")
        options.setdefault("allow_redirects", False)
        return Call(self._workplace, self._user, method, url, options)

    def get(self, url: str | URL, **options: Any) -> Call:
        """Make a GET request."""
        return self.request("GET", url, **options)

    def head(self, url: str | URL, **options: Any) -> Call:
        """Make a HEAD request."""
        return self.request("HEAD", url, **options)

    def options(self, url: str | URL, **options: Any) -> Call:
        """Make an OPTIONS request."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str | URL, **options: Any) -> Call:
        """Make a POST request."""
        return self.request("POST", url, **options)

    def put(self, url: str | URL, **options: Any) -> Call:
        """Make a PUT request."""
        return self.request("PUT", url, **options)

    def patch(self, url: str | URL, **options: Any) -> Call:
        """Make a PATCH request."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str | URL, **options: Any) -> Call:
        """Make a DELETE request."""
        return self.request("DELETE", url, **options)
